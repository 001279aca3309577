import { useEffect, useMemo, useRef, useState } from "react";
import { local } from "../../../i18n";
import { fold } from "../../../lib/text";
import { Icon } from "../../../ui/Icon";
import { AddButton, OpenRow, Table } from "../parts";
import { LabelAt, useDoc } from "../form";
import { w } from "../words";
import type { Ruleset } from "./document";
import type { City } from "./options";
import { Outcome, RowForm } from "./RowForm";
import { copyOf, moved, newRow, withRow } from "./rows";
import { Conditions, OutcomeText } from "./summary";

interface Props { rules: Ruleset; city: City; opened: string | null; open: (place: string | null) => void; replace: (rules: Ruleset) => void }

/** The grid: rows in their order, the first that matches wins; what no row takes goes to the last. */
export function RowTable({ rules, city, opened, open, replace }: Props) {
  const { readOnly } = useDoc();
  const [q, setQ] = useState("");
  const box = useRef<HTMLDivElement>(null);
  const [focus, setFocus] = useState<{ row: number; tool: string } | null>(null);
  // the button goes with its row, and the keyboard with the button
  useEffect(() => { if (focus) box.current?.querySelector<HTMLElement>(`[data-tool="${focus.row}:${focus.tool}"]`)?.focus(); }, [focus]);
  const { rows } = rules;
  const shown = useMemo(() => {
    const wanted = fold(q.trim());
    return rows.map((row, index) => ({ row, index })).filter(({ row }) => !wanted || fold([row.id, row.reason.vi, row.reason.en, ...(row.when.words ?? []), ...(row.when.category ?? []).flatMap((c) => [c, city.name("categories", c)]), city.name("departments", row.then.department)].join(" ")).includes(wanted));
  }, [rows, q, city]);
  const move = (from: number, to: number, tool?: string) => {
    const target = Math.max(0, Math.min(rows.length - 1, to));
    replace({ ...rules, rows: moved(rows, from, target) });
    if (opened === `/rows/${from}`) open(`/rows/${target}`);
    if (tool) setFocus({ row: target, tool });
  };
  const insert = (at: number, row: Ruleset["rows"][number]) => { replace({ ...rules, rows: withRow(rows, at, row) }); open(`/rows/${at}`); };
  const heads = ["", "#", w("reason"), w("conditions"), w("outcome"), ...(readOnly ? [] : [<span key="t" className="sr">{w("tools")}</span>])];
  return (
    <div className="stack" ref={box}>
      <div className="between"><div className="search"><Icon name="search" size={16} /><input className="input input--small" type="search" aria-label={w("rows_search")} placeholder={w("rows_search")} value={q} onChange={(e) => setQ(e.target.value)} /></div>
        <span className="muted small num" role="status">{w("rows_n", { n: shown.length, all: rows.length })}</span></div>
      <Table label={w("tab_routing")} head={heads}>
        {shown.map(({ row, index }) => {
          const at = `/rows/${index}`;
          const tool = (name: string, label: string, icon: React.ReactNode, run: () => void, off = false) => <button type="button" className="icon-button icon-button--s" data-tool={`${index}:${name}`} aria-label={`${label}: ${row.id}`} title={label} disabled={off} onClick={run}>{icon}</button>;
          return (
            <OpenRow key={index} at={at} columns={heads.length} open={opened === at} toggle={() => open(opened === at ? null : at)} label={w("open_named", { name: row.id })}
              cells={[<span className="num muted">{index + 1}</span>, <><b>{local(row.reason) || <i className="muted">{w("no_reason")}</i>}</b><br /><span className="mono muted">{row.id}</span></>, <Conditions when={row.when} city={city} />, <OutcomeText then={row.then} city={city} />]}
              {...(readOnly ? {} : { tools: <span className="tools">
                {tool("up", w("move_up"), <span className="up"><Icon name="down" size={15} /></span>, () => move(index, index - 1, "up"), index === 0)}
                {tool("down", w("move_down"), <Icon name="down" size={15} />, () => move(index, index + 1, "down"), index === rows.length - 1)}
                {tool("copy", w("duplicate"), <Icon name="copy" size={15} />, () => insert(index + 1, copyOf(rows, row)))}
                {tool("remove", w("remove"), <Icon name="x" size={15} />, () => { replace({ ...rules, rows: rows.filter((_, i) => i !== index) }); open(null); })}
              </span> })}>
              {() => <RowForm at={at} city={city} index={index} count={rows.length} move={(to) => move(index, to)} />}
            </OpenRow>
          );
        })}
        <OpenRow at="/default" columns={heads.length} open={opened === "/default"} toggle={() => open(opened === "/default" ? null : "/default")} label={w("open_named", { name: w("otherwise") })}
          cells={["∗", <b key="r">{local(rules.default.reason)}</b>, <span key="c" className="muted small">{w("otherwise")}</span>, <OutcomeText key="o" then={rules.default.then} city={city} />]} {...(readOnly ? {} : { tools: <span /> })}>
          {() => <div className="stack"><LabelAt at="/default/reason" label={w("reason")} /><Outcome at="/default/then" city={city} /></div>}
        </OpenRow>
      </Table>
      {!readOnly && <div className="row"><AddButton label={w("add_row")} onClick={() => { setQ(""); insert(rows.length, newRow(rows, rules.default.then.department)); }} /><AddButton label={w("add_row_first")} onClick={() => { setQ(""); insert(0, newRow(rows, rules.default.then.department)); }} /></div>}
    </div>
  );
}
