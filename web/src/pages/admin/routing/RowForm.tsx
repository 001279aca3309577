import { useState } from "react";
import { AddButton, Group, RemoveButton } from "../parts";
import { CheckAt, ChipsAt, Field, LabelAt, NumberAt, PicksAt, SelectAt, TextAt, useDoc, WordsAt } from "../form";
import { pointer, valueAt } from "../pointer";
import { w } from "../words";
import type { Near, When } from "./document";
import { assignOptions, type City, classOptions, priorityOptions, reviewOptions, sourceOptions, weekdayOptions } from "./options";

/** One rule: all of its conditions must hold; within one, any value may. */
export function RowForm({ at, city, move, count, index }: { at: string; city: City; index: number; count: number; move: (to: number) => void }) {
  const { doc, readOnly } = useDoc();
  const when = (valueAt(doc, `${at}/when`) ?? {}) as When;
  return (
    <div className="stack">
      <div className="pair"><TextAt at={`${at}/id`} label={w("row_id")} mono empty="" />{!readOnly && <Position index={index} count={count} move={move} />}</div>
      <LabelAt at={`${at}/reason`} label={w("reason")} />
      <Group title={w("conditions")}>
        <div className="pair"><PicksAt at={`${at}/when/category`} label={w("categories")} options={[]} groups={city.categories} /><PicksAt at={`${at}/when/area`} label={w("areas")} options={city.areas} /></div>
        <div className="pair"><WordsAt at={`${at}/when/words`} label={w("cond_words")} hint={w("words_hint")} /><ChipsAt at={`${at}/when/source`} label={w("sources")} options={sourceOptions()} /></div>
        <div className="pair"><ChipsAt at={`${at}/when/weekdays`} label={w("weekdays")} options={weekdayOptions()} numbers /><HoursAt at={`${at}/when/hours`} value={when.hours ?? null} /></div>
        <div className="pair"><NearAt at={`${at}/when/near`} list={when.near ?? []} /><AnswersAt at={`${at}/when/answers`} record={when.answers ?? {}} city={city} /></div>
        <div className="pair"><ChipsAt at={`${at}/when/review`} label={w("cond_review")} hint={w("cond_review_hint")} options={reviewOptions()} /><NumberAt at={`${at}/when/trust_below`} label={w("cond_trust")} hint={w("cond_trust_hint")} min={1} max={100} step={1} /></div>
      </Group>
      <Outcome at={`${at}/then`} city={city} />
    </div>
  );
}

export function Outcome({ at, city }: { at: string; city: City }) {
  const { doc, set } = useDoc();
  return (
    <Group title={w("outcome")}>
      <div className="pair"><SelectAt at={`${at}/department`} label={w("department")} options={city.departments} empty="" /><PicksAt at={`${at}/co_departments`} label={w("co_departments")} options={city.departments} /></div>
      <div className="trio">
        <Field at={`${at}/priority`} label={w("priority")}>{(wired) => <select {...wired} className="input input--small" value={String(valueAt(doc, `${at}/priority`))} onChange={(e) => set(`${at}/priority`, Number(e.target.value))}>{priorityOptions().map((o) => <option key={o.value} value={o.value}>{o.label}</option>)}</select>}</Field>
        <SelectAt at={`${at}/class`} label={w("case_class")} options={classOptions()} />
        <NumberAt at={`${at}/hours`} label={w("working_hours")} min={0.5} max={2000} step={0.5} />
        <SelectAt at={`${at}/assign`} label={w("assign")} options={assignOptions()} none={w("assign_none")} />
        <CheckAt at={`${at}/verify`} label={w("verify")} />
      </div>
    </Group>
  );
}

function Position({ index, count, move }: { index: number; count: number; move: (to: number) => void }) {
  const [typed, setTyped] = useState("");
  const go = () => { const n = Number(typed); if (typed && Number.isInteger(n)) move(n - 1); setTyped(""); };
  return <div className="field f"><label>{w("position_of", { n: index + 1, count })}<span className="inline"><input className="input input--small num" type="number" min={1} max={count} placeholder={String(index + 1)} value={typed} onChange={(e) => setTyped(e.target.value)} onKeyDown={(e) => { if (e.key === "Enter") { e.preventDefault(); go(); } }} /><button type="button" className="btn btn--small" disabled={!typed} onClick={go}>{w("move_there")}</button></span></label></div>;
}

function HoursAt({ at, value }: { at: string; value: { start: string; end: string } | null }) {
  const { set, readOnly } = useDoc();
  return (
    <div className="field f" data-at={at} tabIndex={-1}>
      <label className="check check--s"><input type="checkbox" disabled={readOnly} checked={value !== null} onChange={(e) => set(at, e.target.checked ? { start: "22:00", end: "06:00" } : undefined)} /><span>{w("hours_of_day")}</span></label>
      {value && <div className="line line--2"><TextAt at={`${at}/start`} label={w("from_hour")} type="time" empty="" /><TextAt at={`${at}/end`} label={w("to_hour")} type="time" empty="" /></div>}
    </div>
  );
}

function NearAt({ at, list }: { at: string; list: Near[] }) {
  const { set, readOnly } = useDoc();
  return (
    <div className="field f"><span className="field__label">{w("near")}</span>
      {list.map((_, i) => (
        <div key={i} className="line line--3" data-at={`${at}/${i}`} tabIndex={-1}>
          <TextAt at={`${at}/${i}/layer`} label={w("layer")} empty="" mono /><WordsAt at={`${at}/${i}/kind`} label={w("kinds")} /><NumberAt at={`${at}/${i}/metres`} label={w("metres")} min={0} max={500} />
          {!readOnly && <RemoveButton label={w("remove")} onClick={() => set(`${at}/${i}`, undefined)} />}
        </div>
      ))}
      {!list.length && readOnly && <span className="muted small">{w("none")}</span>}
      {!readOnly && <div><AddButton label={w("add_near")} onClick={() => set(at, [...list, { layer: "roads", kind: [], metres: 15 }])} /></div>}
    </div>
  );
}

/** Answers come as texts, numbers or yes/no; what looks like one of these is meant so. */
const answerOf = (typed: string): unknown => (typed === "true" ? true : typed === "false" ? false : /^-?\d+(\.\d+)?$/.test(typed) ? Number(typed) : typed);

function AnswersAt({ at, record, city }: { at: string; record: Record<string, unknown[]>; city: City }) {
  const { set, readOnly } = useDoc();
  const free = Object.keys(city.questions).filter((q) => !(q in record));
  return (
    <div className="field f"><span className="field__label">{w("answers")}</span>
      {Object.keys(record).map((q) => {
        const asked = city.questions[q], place = at + pointer(q);
        return (
          <div key={q} className="line line--1" data-at={place} tabIndex={-1}>
            {asked?.values.length ? <ChipsAt at={place} label={asked.label} options={asked.values} /> : <WordsAt at={place} label={asked?.label ?? q} parse={answerOf} />}
            {!readOnly && <RemoveButton label={w("remove_named", { name: asked?.label ?? q })} onClick={() => { const { [q]: _, ...rest } = record; set(at, Object.keys(rest).length ? rest : undefined); }} />}
          </div>
        );
      })}
      {!Object.keys(record).length && readOnly && <span className="muted small">{w("none")}</span>}
      {!readOnly && free.length > 0 && <select className="input input--small" aria-label={w("add_answer")} value="" onChange={(e) => set(at, { ...record, [e.target.value]: [] })}><option value="">{w("add_answer")}</option>{free.map((q) => <option key={q} value={q}>{city.questions[q]!.label} ({q})</option>)}</select>}
    </div>
  );
}
