import { useState } from "react";
import { readReporters } from "../../api/endpoints";
import type { CaseReporter } from "../../api/types";
import { t } from "../../i18n";
import { Failure } from "../../ui/bits";
import { Icon } from "../../ui/Icon";

/** Who filed the reports: shown when somebody asks and says why, which is noted. */
export function Reporters({ id }: { id: string }) {
  const [found, setFound] = useState<CaseReporter[] | null>(null);
  const [reason, setReason] = useState("");
  const [error, setError] = useState<unknown>(null);
  const ask = () => {
    setError(null);
    readReporters(id, reason.trim()).then((answer) => setFound(answer.items), setError);
  };
  if (found) {
    return found.length === 0 ? <p className="small muted">{t("reporters_none")}</p> : (
      <ul className="stack">
        {found.map((r) => (
          <li key={r.report_id} className="small row">
            <Icon name="user" size={16} /><b>{r.name}</b>
            {r.phone && <a className="num" href={`tel:${r.phone}`}>{r.phone}</a>}
            {r.restricted && <span className="chip">{t("reporter_restricted")}</span>}
            {r.email && <a href={`mailto:${r.email}`}>{r.email}</a>}
          </li>
        ))}
      </ul>
    );
  }
  return (
    <form className="stack" onSubmit={(e) => { e.preventDefault(); ask(); }}>
      <label className="small" htmlFor="reporters_reason">{t("reporters_reason")}</label>
      <div className="row">
        <input id="reporters_reason" className="input input--small" style={{ flex: "1 1 180px", width: "auto" }} value={reason} maxLength={300} required onChange={(e) => setReason(e.target.value)} />
        <button type="submit" className="btn" disabled={!reason.trim()}><Icon name="user" size={16} />{t("reporters_show")}</button>
      </div>
      <p className="small muted">{t("reporters_noted")}</p>
      {Boolean(error) && <Failure error={error} retry={ask} />}
    </form>
  );
}
