import type { ReactNode } from "react";
import { ApiError, NetworkError } from "../api/errors";
import type { Status } from "../api/types";
import { statusLabel, t } from "../i18n";
import { remaining, urgency } from "../lib/time";
import { Icon, type IconName } from "./Icon";

/** The shared statuses are a fixed vocabulary; a process has its own states and labels. */
export const tones: Record<Status, string> = { received: "info", assigned: "info", in_progress: "brand", waiting: "warn", resolved: "ok", closed: "ok", rejected: "danger" };
export const StatusBadge = ({ status, label, plain }: { status: Status; label?: string | undefined; plain?: boolean }) =>
  <span className={plain ? "badge" : `badge badge--${tones[status] ?? "info"}`}>{label || statusLabel(status)}</span>;

export function Due({ at, now, overdue, done }: { at: string | null | undefined; now: number; overdue?: boolean | undefined; done?: boolean | undefined }) {
  if (!at) return null;
  if (done) return overdue ? <span className="due due--late"><Icon name="alert" size={16} />{t("overdue")}</span> : null;
  const level = urgency(at, now, overdue);
  const text = remaining(at, now);
  // a paused clock may be late on the server's account although the date lies ahead
  return <span className={`due due--${level}`}><Icon name={level === "late" ? "alert" : "clock"} size={16} />{overdue && Date.parse(at) > now ? t("overdue") : text}</span>;
}

export const Dot = ({ root }: { root: string | undefined }) => <span className="dot" style={{ "--dot": `var(--c-${root ?? "other"}, var(--c-other))` } as React.CSSProperties} />;
export const Spinner = () => <span className="spinner" role="status" aria-label={t("loading")} />;
export const Note = ({ kind = "info", icon, children }: { kind?: "info" | "danger" | "warn" | "ok"; icon?: IconName; children: ReactNode }) => (
  <div className={`note note--${kind}`} role={kind === "danger" ? "alert" : undefined}>
    <Icon name={icon ?? (kind === "danger" || kind === "warn" ? "alert" : kind === "ok" ? "check" : "info")} /><div>{children}</div>
  </div>
);
export function errorText(error: unknown): string {
  if (error instanceof NetworkError) return t("error_network");
  if (error instanceof ApiError && error.message) return error.message;
  return t("error_unknown");
}
export function Failure({ error, retry }: { error: unknown; retry?: () => void }) {
  return <Note kind="danger" icon={error instanceof NetworkError ? "offline" : "alert"}>{errorText(error)} {retry && <button className="btn btn--small" onClick={retry}>{t("retry")}</button>}</Note>;
}
export const Empty = ({ icon = "list", children }: { icon?: IconName; children: ReactNode }) => <div className="empty"><Icon name={icon} size={36} />{children}</div>;
export const Skeleton = ({ height }: { height: number }) => <div className="skeleton" style={{ height }} aria-hidden="true" />;
