import { cityNow } from "../../api/endpoints";
import { t } from "../../i18n";
import { useLoad, usePoll } from "../../lib/hooks";
import { Note } from "../../ui/bits";

const EVERY_MS = 60_000;

/** Where the city has turned the emergency mode on, and the way to call for help. */
export function EmergencyBanner({ here }: { here: boolean }) {
  const { data, reload } = useLoad("city", cityNow);
  usePoll(reload, EVERY_MS);
  if (!data?.sos.length) return null;
  return (
    <div className="emergency"><Note kind="danger"><div className="stack stack--tight">
      {data.sos.map(({ area, message }) => <p key={area.code}><b>{area.name}:</b> {message}</p>)}
      {!here && <div><a className="btn btn--small btn--danger" href="#/sos">{t("sos_title")}</a></div>}
    </div></Note></div>
  );
}
