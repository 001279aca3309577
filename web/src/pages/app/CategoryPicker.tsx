import { useState } from "react";
import type { Category } from "../../api/types";
import { local, t } from "../../i18n";
import { rootOf } from "../../lib/categories";
import { Icon, iconFor } from "../../ui/Icon";

const tint = (code: string) => ({ "--dot": `var(--c-${code}, var(--c-other))` }) as React.CSSProperties;

/** Six big fields first, then the kinds inside the one that was pressed. */
export function CategoryPicker({ tree, value, pick, error }: { tree: Category[]; value: Category | undefined; pick: (code: string | null) => void; error: string | undefined }) {
  const [opened, setOpened] = useState<string | null>(null);
  const root = (value && rootOf(tree, value.code)) ?? tree.find((c) => c.code === opened);
  const wrong = error && <span className="field__error" role="alert">{error}</span>;
  if (!root) return (
    <fieldset className="field"><legend className="field__label" style={{ marginBottom: 8 }}>{t("what_category")}</legend>
      <div className="tiles">{tree.map((c) => (
        <button key={c.code} type="button" className="tile" style={tint(c.code)} onClick={() => { setOpened(c.code); if (!c.children.length) pick(c.code); }}>
          <span className="tile__icon"><Icon name={iconFor(c.code)} size={24} /></span>{local(c.name)}
        </button>))}</div>{wrong}
    </fieldset>
  );
  return (
    <fieldset className="field"><legend className="sr">{t("what_category")}</legend>
      <div className="picked" style={tint(root.code)}><span className="tile__icon"><Icon name={iconFor(root.code)} size={22} /></span><b>{local(root.name)}</b>
        <button type="button" className="btn btn--small btn--plain" onClick={() => { pick(null); setOpened(null); }}>{t("what_change")}</button></div>
      <div className="choices">{root.children.map((c) => (
        <button key={c.code} type="button" className="chip" aria-pressed={value?.code === c.code} onClick={() => pick(c.code)}>{local(c.name)}{value?.code === c.code && <Icon name="check" size={16} />}</button>))}</div>{wrong}
    </fieldset>
  );
}
