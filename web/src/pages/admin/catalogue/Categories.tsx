import { useState } from "react";
import { currentLang } from "../../../i18n";
import { useLoad } from "../../../lib/hooks";
import { Dot, Failure, Skeleton } from "../../../ui/bits";
import { Icon } from "../../../ui/Icon";
import { toast } from "../../../ui/Toasts";
import { type CategoryRow, categoryRows, putCategory } from "../adminApi";
import { CheckAt, NumberAt, SelectAt, TextAt } from "../form";
import { FormDialog, Table } from "../parts";
import { w, type Word } from "../words";
import { QuestionsAt } from "./QuestionsAt";
import { inTree } from "./tree";

const VISIBILITIES = ["exact", "rounded", "hidden"];
const PHOTOS = ["after_approval", "never"];
const FLAGS = ["photo_required", "after_photo_required", "publish_check"] as const;
const nameOf = (c: CategoryRow): string => (currentLang() === "en" && c.name_en) || c.name;
const PLACES = ["/parent", "/name", "/name_en", "/questions", "/visibility", "/photos_public", "/target_on_time", "/position", "/active", "/code", ...FLAGS.map((f) => `/${f}`)];

export function Categories() {
  const { data, error, reload } = useLoad("admin:categories", categoryRows);
  const [editing, setEditing] = useState<CategoryRow | null>(null);
  if (error) return <Failure error={error} retry={reload} />;
  if (!data) return <Skeleton height={300} />;
  const rows = inTree(data);
  const blank = (parent: string): CategoryRow => ({ code: `${parent}.`, parent, name: "", name_en: "", questions: {}, photo_required: false, after_photo_required: false, visibility: "exact", target_on_time: 90, publish_check: false, photos_public: "after_approval", position: Math.max(0, ...data.filter((c) => c.parent === parent).map((c) => c.position)) + 10, active: true });
  return (
    <div className="stack">
      <h1>{w("tab_categories")} <span className="muted num">{data.length}</span></h1>
      <Table label={w("tab_categories")} head={[w("name"), w("flags"), w("questions"), w("visibility"), w("target_on_time"), ""]}>
        {rows.map(({ row: c, depth }) => (
          <tr key={c.code} className={`${c.active ? "" : "off"} ${depth ? "" : "rootrow"}`}>
            <td style={{ paddingLeft: 14 + depth * 22 }}><span className="row" style={{ flexWrap: "nowrap", gap: 8 }}>{!depth && <Dot root={c.code} />}<span><button type="button" className="linklike" onClick={() => setEditing(c)}>{nameOf(c)}</button> <span className="mono muted">{c.code}</span></span></span></td>
            <td><span className="wraps">{FLAGS.filter((f) => c[f]).map((f) => <span key={f} className="mini">{w(`${f}_short` as Word)}</span>)}{c.photos_public === "never" && <span className="mini mini--danger">{w("photos_never_short")}</span>}</span></td>
            <td className="num">{Object.keys((c.questions as { properties?: object }).properties ?? {}).length || ""}</td>
            <td>{depth > 0 && <span className={`mini ${c.visibility === "hidden" ? "mini--danger" : c.visibility === "rounded" ? "mini--warn" : ""}`}>{w(`visibility_${c.visibility}` as Word)}</span>}</td>
            <td className="num">{c.target_on_time !== null ? `${c.target_on_time}%` : depth > 0 && c.active && !data.some((x) => x.parent === c.code) ? <span className="field__warning">{w("missing")}</span> : ""}</td>
            <td className="orow__tools">{c.active ? <button type="button" className="icon-button icon-button--s" aria-label={`${w("add_category")}: ${nameOf(c)}`} title={w("add_category")} onClick={() => setEditing(blank(c.code))}><Icon name="plus" size={16} /></button> : <span className="badge">{w("retired")}</span>}</td>
          </tr>
        ))}
      </Table>
      {editing && <CategoryForm start={editing} all={data} close={() => setEditing(null)} saved={reload} />}
    </div>
  );
}

function CategoryForm({ start, all, close, saved }: { start: CategoryRow; all: CategoryRow[]; close: () => void; saved: () => void }) {
  const fresh = !all.some((c) => c.code === start.code), root = start.parent === null;
  return (
    <FormDialog title={fresh ? w("add_category") : nameOf(start)} start={start} places={PLACES} close={close} send={async ({ code, ...body }) => { await putCategory(code || "-", body); toast(w("saved")); saved(); }}>
      {() => <>
        {fresh && <TextAt at="/code" label={w("code_name")} hint={w("category_code_hint")} mono empty="" />}
        <TextAt at="/name" label={w("in_vi", { label: w("name") })} empty="" /><TextAt at="/name_en" label={w("in_en", { label: w("name") })} empty="" />
        {!root && <SelectAt at="/parent" label={w("parent")} empty={null} options={inTree(all).filter(({ row }) => row.active && row.code !== start.code && !row.code.startsWith(`${start.code}.`)).map(({ row, depth }) => ({ value: row.code, label: `${"  ".repeat(depth)}${nameOf(row)}` }))} />}
        <div className="pair"><NumberAt at="/target_on_time" label={w("target_on_time")} hint={w("target_hint")} empty={null} min={1} max={100} step={1} /><SelectAt at="/visibility" label={w("visibility")} options={VISIBILITIES.map((v) => ({ value: v, label: w(`visibility_${v}_long` as Word) }))} /></div>
        <div className="stack stack--tight">{FLAGS.map((f) => <CheckAt key={f} at={`/${f}`} label={w(f)} />)}</div>
        <SelectAt at="/photos_public" label={w("photos_public")} options={PHOTOS.map((v) => ({ value: v, label: w(`photos_${v}` as Word) }))} />
        <NumberAt at="/position" label={w("position")} hint={w("position_hint")} min={0} step={1} />
        <QuestionsAt at="/questions" />
        {!root && <CheckAt at="/active" label={w("active")} hint={w("category_active_hint")} />}
      </>}
    </FormDialog>
  );
}
