import type { PublicStep } from "../api/types";
import { dateTime } from "../lib/time";
import { tones } from "./bits";

const tone: Record<string, string> = { info: "var(--info)", brand: "var(--brand)", warn: "var(--warn)", ok: "var(--ok)", danger: "var(--danger)" };
export function PublicTimeline({ steps }: { steps: PublicStep[] }) {
  return (
    <ol className="timeline">
      {steps.map((s, i) => (
        <li key={`${s.at}${i}`} style={{ "--tone": tone[tones[s.status] ?? "info"] } as React.CSSProperties}>
          <p className="strong">{s.label}</p><time className="muted small num" dateTime={s.at}>{dateTime(s.at)}</time>
          {s.text && <p className="quote pre">{s.text}</p>}
        </li>
      ))}
    </ol>
  );
}
