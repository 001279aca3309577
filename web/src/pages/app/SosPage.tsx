import { type FormEvent, useEffect, useState } from "react";
import { callForHelp } from "../../api/endpoints";
import { NetworkError } from "../../api/errors";
import type { Position, SosFiled, SosKind } from "../../api/types";
import { t } from "../../i18n";
import { keep, load } from "../../lib/store";
import { uuid } from "../../lib/text";
import { errorText, Note, Spinner } from "../../ui/bits";
import { Icon } from "../../ui/Icon";
import { addMine } from "./draft";

const KINDS: SosKind[] = ["trapped", "medical", "boat", "food", "other"];
const GROUPS = ["children", "elderly", "pregnant", "injured"] as const;
type Counts = Record<(typeof GROUPS)[number] | "people", number>;

/** One screen, no map and no photo: what a rescuer needs, in two kilobytes. */
export function SosPage() {
  const [id, setId] = useState(uuid);
  const [kind, setKind] = useState<SosKind>("trapped");
  const [counts, setCounts] = useState<Counts>({ people: 1, children: 0, elderly: 0, pregnant: 0, injured: 0 });
  const [at, setAt] = useState<Position | null>(null);
  const [noPlace, setNoPlace] = useState(false);
  const [phone, setPhone] = useState(() => load("ht.contact", { phone: "" }).phone);
  const [note, setNote] = useState("");
  const [busy, setBusy] = useState(false);
  const [problem, setProblem] = useState<unknown>(null);
  const [done, setDone] = useState<SosFiled | null>(null);

  const locate = () => navigator.geolocation.getCurrentPosition(
    ({ coords }) => { setNoPlace(false); setAt({ lat: coords.latitude, lon: coords.longitude, accuracy_m: Math.round(coords.accuracy) }); },
    () => setNoPlace(true), { enableHighAccuracy: true, timeout: 20_000 });
  useEffect(locate, []);
  // what was changed is another call: the id of the first would be refused
  const change = (act: () => void) => { act(); setId(uuid()); };

  async function send(e: FormEvent) {
    e.preventDefault();
    if (!at || busy) return;
    setBusy(true);
    setProblem(null);
    try {
      const filed = await callForHelp(id, { kind, ...counts, location: at, note: note.trim(), ...(phone.trim() ? { phone: phone.trim() } : {}) });
      addMine({ id: filed.id, token: filed.track_token, code: filed.code, category: t("sos_title"), at: new Date().toISOString() });
      keep("ht.contact", { ...load("ht.contact", { name: "", phone: "", email: "" }), phone: phone.trim() });
      setDone(filed);
    } catch (error) { setProblem(error); } finally { setBusy(false); }
  }
  const sms = at ? `SOS ${at.lat.toFixed(5)} ${at.lon.toFixed(5)} ${counts.people} nguoi${counts.children ? ` ${counts.children} tre em` : ""} ${note}` : `SOS ${counts.people} nguoi ${note}`;

  if (done) return <div className="card pad stack"><h1>{t("sos_done")}</h1><p className="num strong">{done.code}</p><p>{t("sos_done_hint")}</p><a className="btn" href="tel:112"><Icon name="phone" />112</a></div>;
  return (
    <form className="stack" onSubmit={(e) => void send(e)} noValidate>
      <header><h1>{t("sos_title")}</h1><p className="muted">{t("sos_lead")} <a href="tel:112"><b>112</b></a></p></header>
      <section className="card pad stack">
        <div className="row" role="radiogroup" aria-label={t("sos_what")} style={{ flexWrap: "wrap", gap: 8 }}>
          {KINDS.map((each) => <button key={each} type="button" role="radio" aria-checked={kind === each} className={`btn ${kind === each ? "btn--primary" : ""}`} onClick={() => change(() => setKind(each))}>{t(`sos_kind_${each}`)}</button>)}
        </div>
        {(["people", ...GROUPS] as const).map((name) => (
          <div key={name} className="between"><label htmlFor={`sos-${name}`}>{t(`sos_${name}`)}</label>
            <input id={`sos-${name}`} className="input" style={{ maxWidth: 96 }} type="number" inputMode="numeric" min={name === "people" ? 1 : 0} max={999} value={counts[name]}
              onChange={(e) => change(() => setCounts({ ...counts, [name]: Math.max(name === "people" ? 1 : 0, Math.min(999, Math.round(Number(e.target.value)) || 0)) }))} /></div>))}
      </section>
      <section className="card pad stack">
        <div className="between" style={{ flexWrap: "nowrap" }}><span className="row num" style={{ flexWrap: "nowrap", gap: 8 }}><Icon name="pin" />{at ? `${at.lat.toFixed(5)}, ${at.lon.toFixed(5)} (± ${at.accuracy_m ?? "?"} m)` : t("sos_locating")}</span><button type="button" className="btn btn--small" style={{ flex: "none" }} onClick={() => change(locate)}>{t("sos_again")}</button></div>
        {noPlace && <Note kind="warn" icon="pin">{t("sos_no_place")}</Note>}
        <div className="field"><label htmlFor="sos-phone">{t("contact_phone")}</label><input id="sos-phone" className="input" type="tel" autoComplete="tel" value={phone} onChange={(e) => change(() => setPhone(e.target.value))} /></div>
        <div className="field"><label htmlFor="sos-note">{t("sos_note")}</label><textarea id="sos-note" className="input" rows={2} maxLength={300} value={note} onChange={(e) => change(() => setNote(e.target.value))} /></div>
      </section>
      {Boolean(problem) && <Note kind="danger" icon={problem instanceof NetworkError ? "offline" : "alert"}>{problem instanceof NetworkError ? t("sos_offline") : errorText(problem)}</Note>}
      <button className="btn btn--primary btn--big" disabled={busy || !at}>{busy ? <><Spinner />{t("app_sending")}</> : t("sos_send")}</button>
      <a className="btn" href={`sms:?body=${encodeURIComponent(sms)}`}><Icon name="phone" />{t("sos_sms")}</a>
    </form>
  );
}
