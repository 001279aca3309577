import { useState } from "react";
import { explainCase } from "../../api/endpoints";
import type { Explanation } from "../../api/types";
import { t } from "../../i18n";
import { useLoad } from "../../lib/hooks";
import { Failure, Skeleton } from "../../ui/bits";
import { Icon } from "../../ui/Icon";

const named = (x: Explanation["department"] | undefined): string => (!x ? "" : typeof x === "string" ? x : x.name);
const plain = (x: unknown): string => (x === null || x === undefined ? "–" : typeof x === "object" ? JSON.stringify(x) : typeof x === "boolean" ? t(x ? "yes" : "no") : String(x));

export function Explain({ id, rev }: { id: string; rev: number }) {
  const [open, setOpen] = useState(false);
  const { data, error, reload } = useLoad(open ? `explain:${id}:${rev}` : null, () => explainCase(id));
  return (
    <details className="card explain" onToggle={(e) => setOpen(e.currentTarget.open)}>
      <summary><Icon name="help" /><span className="strong">{t("case_why")}</span><Icon name="down" size={18} /></summary>
      <div className="explain__body">
        {!data && !error && <Skeleton height={90} />}
        {Boolean(error) && <Failure error={error} retry={reload} />}
        {data && <>
          {data.rule && <p className="quote">{data.rule.reason}</p>}
          <dl className="facts">
            {named(data.department) && <><dt>{t("why_department")}</dt><dd>{named(data.department)}</dd></>}
            {named(data.area) && <><dt>{t("why_area")}</dt><dd>{named(data.area)}</dd></>}
            {data.rule && <><dt>{t("why_rule")}</dt><dd className="num">{data.rule.id}</dd></>}
            {Object.entries(data.inputs ?? {}).map(([k, v]) => <div key={k} style={{ display: "contents" }}><dt>{k}</dt><dd>{plain(v)}</dd></div>)}
            {(data.process_version ?? data.ruleset_version) != null && <><dt>{t("why_versions")}</dt><dd className="num">{[data.process_version, data.ruleset_version].filter((v) => v != null).join(" / ")}</dd></>}
          </dl>
        </>}
      </div>
    </details>
  );
}
