import { useState } from "react";
import { explainCase } from "../../api/endpoints";
import { type Key, t } from "../../i18n";
import { distanceText } from "../../lib/geo";
import { useLoad } from "../../lib/hooks";
import { dateTime } from "../../lib/time";
import { Failure, Skeleton } from "../../ui/bits";
import { Icon } from "../../ui/Icon";
import { sourceLabel } from "./sources";

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
          <p className="quote">{data.reason}</p>
          {data.verified_first && <p className="small row" style={{ flexWrap: "nowrap", alignItems: "start" }}><Icon name="info" size={18} />{t("why_verified_text")}</p>}
          <dl className="facts">
            <dt>{t("why_department")}</dt><dd>{data.department.name}</dd>
            {data.overruled_by && <><dt>{t("why_overruled")}</dt><dd>{data.overruled_by.name}</dd></>}
            <dt>{t("list_category")}</dt><dd>{data.category.name}</dd>
            <dt>{t("why_area")}</dt><dd>{data.area.name}</dd>
            {data.words.length > 0 && <><dt>{t("why_words")}</dt><dd>{data.words.join(", ")}</dd></>}
            {data.near.length > 0 && <><dt>{t("why_near")}</dt><dd>{data.near.map((n) => t("why_near_item", { name: n.name || n.kind, distance: distanceText(n.distance_m) })).join("; ")}</dd></>}
            <dt>{t("why_source")}</dt><dd>{sourceLabel(data.source)}</dd>
            {data.at && <><dt>{t("why_at")}</dt><dd className="num">{dateTime(data.at)}</dd></>}
            <dt>{t("why_priority")}</dt><dd>{t(`priority_${data.priority}` as Key)}</dd>
            <dt>{t("why_hours")}</dt><dd className="num">{t("why_hours_n", { n: data.hours })}</dd>
            {data.rule && <><dt>{t("why_rule")}</dt><dd className="num">{data.rule}</dd></>}
            <dt>{t("why_versions")}</dt><dd className="num">{t("why_rules", { n: data.ruleset_version })}, {t("why_process", { n: data.process_version })}</dd>
          </dl>
        </>}
      </div>
    </details>
  );
}
