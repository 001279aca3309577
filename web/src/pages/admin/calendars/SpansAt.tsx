import { useState } from "react";
import { Field, useDoc } from "../form";
import { valueAt } from "../pointer";
import { w } from "../words";
import { readSpans, spansText } from "./dates";

/** Open hours in one line; taken over when they can be read, and said so when not. */
export function SpansAt({ at, label, hint }: { at: string; label: string; hint?: string }) {
  const { doc, set } = useDoc();
  const kept = (valueAt(doc, at) ?? []) as string[][];
  const [typed, setTyped] = useState<string | null>(null);
  const wrong = typed !== null && readSpans(typed) === null;
  return <Field at={at} label={label} hint={hint}>{(wired) => <>
    <input {...wired} className="input input--small num" aria-invalid={wrong || wired["aria-invalid"]} placeholder={w("closed")} value={typed ?? spansText(kept)}
      onChange={(e) => { setTyped(e.target.value); const read = readSpans(e.target.value); if (read) set(at, read); }} onBlur={() => { if (!wrong) setTyped(null); }} />
    {wrong && <span className="field__error" role="alert">{w("spans_wrong")}</span>}
  </>}</Field>;
}
