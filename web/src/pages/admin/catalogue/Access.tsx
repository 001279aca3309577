import { useState } from "react";
import { type Key, t } from "../../../i18n";
import { deviceName } from "../../../lib/device";
import { useLoad } from "../../../lib/hooks";
import { dateTime } from "../../../lib/time";
import { errorText, Failure, Note, Skeleton, Spinner } from "../../../ui/bits";
import { toast } from "../../../ui/Toasts";
import { endUserSessions, resetUserFactors, userSessions } from "../adminApi";
import { Group } from "../parts";
import { w } from "../words";

/** Where somebody of staff is signed in, and the way back for whoever lost what they sign in with. */
export function Access({ id }: { id: string }) {
  const { data, error, reload } = useLoad(`admin:sessions:${id}`, () => userSessions(id));
  const own = data?.some((one) => one.current);
  return (
    <>
      <Group title={w("access_title")}>
        {Boolean(error) && <Failure error={error} retry={reload} />}
        {!data && !error && <Skeleton height={44} />}
        {data?.length === 0 && <p className="muted small">{w("access_none")}</p>}
        <ul className="access">{data?.map((one) => (
          <li key={one.id}><span className="breaks"><b>{deviceName(one.user_agent) || w("access_program")}</b>{one.current && <> <span className="badge">{w("access_here")}</span></>}<br />
            <small className="muted num" title={one.user_agent}>{t(`method_${one.method}` as Key)} · {w("access_since", { at: dateTime(one.created_at) })} · {w("access_seen", { at: dateTime(one.seen_at) })}</small></span></li>))}</ul>
        {data && data.length > 0 && <Asked label={w("access_end")} sure={w(own ? "access_end_own" : "access_end_sure")} yes={w("access_end")} run={async () => { await endUserSessions(id); toast(w("access_ended")); reload(); }} />}
      </Group>
      <Group title={w("factors_title")}>
        <p className="muted small">{w("factors_hint")}</p>
        <Asked label={w("factors_reset")} sure={w("factors_sure")} yes={w("factors_yes")} run={async () => { await resetUserFactors(id); toast(w("factors_done")); reload(); }} />
      </Group>
    </>
  );
}

/** Asks once more in its place; says why where it is refused. */
function Asked({ label, sure, yes, run }: { label: string; sure: string; yes: string; run: () => Promise<void> }) {
  const [asking, setAsking] = useState(false);
  const [busy, setBusy] = useState(false);
  const [wrong, setWrong] = useState("");
  async function go() {
    setBusy(true);
    setWrong("");
    try { await run(); setAsking(false); } catch (error) { setWrong(errorText(error)); }
    setBusy(false);
  }
  if (!asking) return <div><button type="button" className="btn btn--small" onClick={() => setAsking(true)}>{label}</button></div>;
  return (
    <div className="stack stack--s">
      {wrong ? <Note kind="danger">{wrong}</Note> : <Note kind="warn">{sure}</Note>}
      <div className="row"><button type="button" className="btn btn--small" onClick={() => setAsking(false)}>{w("cancel")}</button><button type="button" className="btn btn--small btn--danger-full" autoFocus disabled={busy} onClick={() => void go()}>{busy && <Spinner />}{yes}</button></div>
    </div>
  );
}
