import { useState } from "react";
import { Note } from "../../../ui/bits";
import { w } from "../words";

/** The document as it is, for those who prefer it; taken over only when it can be read. */
export function JsonView({ value, readOnly, apply }: { value: unknown; readOnly: boolean; apply: (document: unknown) => void }) {
  const shown = JSON.stringify(value, null, 2);
  const [typed, setTyped] = useState<string | null>(null);
  const [wrong, setWrong] = useState("");
  const take = () => {
    try {
      const parsed: unknown = JSON.parse(typed ?? shown);
      if (parsed === null || typeof parsed !== "object" || Array.isArray(parsed)) throw new Error("{…}");
      apply(parsed); setTyped(null); setWrong("");
    } catch (e) { setWrong(w("json_wrong", { reason: (e as Error).message })); }
  };
  return (
    <div className="stack">
      <label className="sr" htmlFor="json">JSON</label>
      <textarea id="json" className="input mono json" spellCheck={false} readOnly={readOnly} aria-invalid={wrong ? true : undefined} value={typed ?? shown} onChange={(e) => { setTyped(e.target.value); setWrong(""); }} />
      {wrong && <Note kind="danger">{wrong}</Note>}
      {!readOnly && <div className="row"><button className="btn btn--small btn--primary" disabled={typed === null} onClick={take}>{w("json_apply")}</button>{typed !== null && <button className="btn btn--small" onClick={() => { setTyped(null); setWrong(""); }}>{w("json_reset")}</button>}</div>}
    </div>
  );
}
