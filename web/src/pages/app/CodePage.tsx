import { reportByCode } from "../../api/endpoints";
import { ApiError } from "../../api/errors";
import { t } from "../../i18n";
import { useLoad, usePoll, useSession } from "../../lib/hooks";
import { Empty, Failure, Skeleton } from "../../ui/bits";
import { ReportSummary } from "../../ui/ReportSummary";
import { Ties } from "./Ties";

/** Somebody else's report, as anybody sees it who knows its code; whoever is signed in can join or follow it. */
export function CodePage({ code }: { code: string }) {
  const who = useSession("citizen");
  const { data, error, reload } = useLoad(`code:${code}:${who?.access_token ?? ""}`, () => reportByCode(code));
  usePoll(reload, 30_000);
  if (!data) {
    if (!error) return <div className="stack"><Skeleton height={60} /><Skeleton height={180} /></div>;
    return error instanceof ApiError && error.status < 500 ? <Empty icon="help"><h1 style={{ fontSize: "1.3rem" }}>{t("home_not_found", { code })}</h1><a className="btn" href="/">{t("home_find")}</a></Empty> : <Failure error={error} retry={reload} />;
  }
  return <section className="card pad stack" aria-label={data.code}><ReportSummary report={data} /><Ties report={data} changed={reload} /></section>;
}
