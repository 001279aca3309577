import { Component, type ReactNode } from "react";
import { Note } from "../../../ui/bits";
import { w } from "../words";

/** A document typed as JSON may have any shape; what cannot be drawn must not take the page away. */
export class Boundary extends Component<{ of: unknown; children: ReactNode }, { broken: unknown }> {
  override state: { broken: unknown } = { broken: undefined };
  static getDerivedStateFromError(): { broken: unknown } { return { broken: true }; }
  override componentDidUpdate(before: { of: unknown }): void { if (before.of !== this.props.of && this.state.broken) this.setState({ broken: undefined }); }
  override render(): ReactNode { return this.state.broken ? <Note kind="danger">{w("cannot_draw")}</Note> : this.props.children; }
}
