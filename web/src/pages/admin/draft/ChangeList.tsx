import { currentLang, local } from "../../../i18n";
import type { Change } from "../diff";
import { w } from "../words";

const FIRST = 40;
/** Short enough for one line; labels in the reader's language. */
function brief(value: unknown, name: (code: string) => string): string {
  if (value === undefined || value === null || value === "") return "–";
  if (typeof value === "boolean") return w(value ? "yes" : "no");
  if (typeof value === "object") {
    const v = value as { label?: unknown; id?: unknown; name?: unknown };
    if (v.label && typeof v.label === "object") return `“${local(v.label as Record<"vi" | "en", string>, currentLang())}”`;
    if (typeof v.id === "string") return v.id;
    if (Array.isArray(value) && value.every((x) => typeof x !== "object")) return value.map((x) => name(String(x))).join(", ") || "–";
    const text = JSON.stringify(value);
    return text.length > 90 ? `${text.slice(0, 90)}…` : text;
  }
  return name(String(value));
}

/** What a draft changes, one line each. */
export function ChangeList({ changes, place, name }: { changes: Change[]; place: (at: string) => string; name: (code: string) => string }) {
  if (!changes.length) return <p className="muted">{w("no_changes")}</p>;
  return (
    <ul className="changes">
      {changes.slice(0, FIRST).map((c, n) => (
        <li key={n}>
          <span className="changes__at">{place(c.at)}</span>
          {"before" in c && "after" in c && c.before === undefined && c.after === undefined ? <span>{w("order_changed")}</span>
            : <span>{c.before !== undefined && <del>{brief(c.before, name)}</del>} {c.after === undefined ? <i className="muted">{w("removed")}</i> : <ins>{brief(c.after, name)}</ins>}</span>}
        </li>
      ))}
      {changes.length > FIRST && <li className="muted">{w("and_more", { n: changes.length - FIRST })}</li>}
    </ul>
  );
}
