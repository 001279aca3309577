import { Fragment, type ReactNode } from "react";
import { t, type Key } from "../../../i18n";
import { w, type Word } from "../words";
import type { Then, When } from "./document";
import type { City } from "./options";

const MANY = 3;
const listed = (names: string[]): string => (names.length <= MANY + 1 ? names.join(", ") : w("and_others", { list: names.slice(0, MANY).join(", "), n: names.length - MANY }));

/** The conditions of a rule in a few words; the whole list is in the title. */
export function Conditions({ when, city }: { when: When; city: City }) {
  const parts: [Word, string[]][] = [
    ["categories", (when.category ?? []).map((c) => city.name("categories", c))], ["areas", (when.area ?? []).map((c) => city.name("areas", c))],
    ["cond_words", when.words ?? []], ["near", (when.near ?? []).map((n) => `${n.layer}${n.kind?.length ? ` (${n.kind.join(", ")})` : ""} ≤ ${n.metres ?? 0} m`)],
    ["answers", Object.entries(when.answers ?? {}).map(([q, v]) => `${city.questions[q]?.label ?? q}: ${v.map((x) => city.questions[q]?.values.find((o) => o.value === String(x))?.label ?? String(x)).join("/")}`)],
    ["sources", (when.source ?? []).map((s) => w(`source_${s}` as Word))], ["weekdays", (when.weekdays ?? []).map((d) => w(`weekday_${d}` as Word))],
    ["cond_review", (when.review ?? []).map((r) => w(`review_${r}` as Word))], ["cond_trust", when.trust_below != null ? [String(when.trust_below)] : []],
    ["hours_of_day", when.hours ? [`${when.hours.start.slice(0, 5)}–${when.hours.end.slice(0, 5)}`] : []],
  ];
  const used = parts.filter(([, v]) => v.length);
  if (!used.length) return <span className="muted small">{w("always")}</span>;
  return <dl className="conds">{used.map(([k, v]) => <Fragment key={k}><dt>{w(k)}</dt><dd title={v.join(", ")}>{listed(v)}</dd></Fragment>)}</dl>;
}

export const PriorityMark = ({ n }: { n: number }): ReactNode => <span className={`mini ${n === 1 ? "mini--danger" : n === 2 ? "mini--warn" : ""}`}>{t(`priority_${n}` as Key)}</span>;

export function OutcomeText({ then, city }: { then: Then; city: City }) {
  return (
    <div className="outcome"><b>{city.name("departments", then.department)}</b>
      {(then.co_departments ?? []).length > 0 && <span className="small muted">{w("with", { list: then.co_departments!.map((d) => city.name("departments", d)).join(", ") })}</span>}
      <span className="wraps"><PriorityMark n={then.priority} /><span className="mini">{w(`class_${then.class}` as Word)}</span><span className="mini num">{w("n_hours", { n: then.hours })}</span>{then.verify && <span className="mini">{w("verify_short")}</span>}{then.assign && <span className="mini">{w(`assign_${then.assign}` as Word)}</span>}</span>
    </div>
  );
}
