import { type FormEvent, useEffect, useState } from "react";
import { actOnAll, undoAll } from "../../api/casework";
import { oneCase } from "../../api/endpoints";
import { ApiError, NetworkError } from "../../api/errors";
import type { BulkResult, CaseItem } from "../../api/types";
import { t } from "../../i18n";
import { alike, MOST_CASES, type Offer, offersOf, secondsLeft, undoDeadline, whyNot } from "../../lib/bulk";
import { body, check, type Values } from "../../lib/form";
import { useNow } from "../../lib/hooks";
import { errorText, Failure, Note, Spinner } from "../../ui/bits";
import { FormCase } from "../../ui/CaseFields";
import { Dialog } from "../../ui/Dialog";
import { FormFields } from "../../ui/FormFields";
import { Icon } from "../../ui/Icon";
import { caseChanged } from "./useCases";

/** What came of it: which cases, and until when it can be taken back. */
export interface Outcome { action: string; label: string; result: BulkResult; cases: CaseItem[]; deadline: number | null; undone?: BulkResult }
const ASKED = 6;

/** The steps that the ticked cases offer, its form once, then each case's own result. */
export function BulkDialog({ items, me, close, done }: { items: CaseItem[]; me: string | undefined; close: () => void; done: (outcome: Outcome) => void }) {
  const [cases] = useState(() => items.slice(0, MOST_CASES)); // as they were seen: a refresh must not change what is agreed to
  const [offers, setOffers] = useState<Offer[] | null>(null);
  const [failure, setFailure] = useState<unknown>(null);
  const [chosen, setChosen] = useState<Offer | null>(null);
  useEffect(() => {
    let alive = true;
    Promise.all(alike(cases, me).slice(0, ASKED).map(async (group) => ({ lead: group[0]!.id, size: group.length, actions: (await oneCase(group[0]!.id)).data.actions })))
      .then((groups) => { if (alive) setOffers(offersOf(groups)); }, (error: unknown) => { if (alive) setFailure(error); });
    return () => { alive = false; };
  }, [cases, me]);
  const title = chosen ? `${chosen.action.label} · ${t("bulk_n", { n: cases.length })}` : t("bulk_title", { n: cases.length });
  return (
    <Dialog title={title} onClose={close}>
      {items.length > MOST_CASES && <Note kind="warn">{t("bulk_most", { n: MOST_CASES })}</Note>}
      {Boolean(failure) && <Failure error={failure} />}
      {!offers && !failure && <p className="row muted"><Spinner />{t("bulk_loading")}</p>}
      {offers?.length === 0 && <Note>{t("bulk_nothing")}</Note>}
      {offers && !chosen && offers.length > 0 && <ul className="bulk__offers" aria-label={t("bulk_pick")}>{offers.map((o) => (
        <li key={o.action.action}><button className="bulk__offer" onClick={() => setChosen(o)}><b>{o.action.label}</b>{o.count < cases.length && <span className="muted small num">{t("bulk_some", { n: o.count, of: cases.length })}</span>}<Icon name="right" size={18} /></button></li>))}</ul>}
      {chosen && <BulkForm offer={chosen} cases={cases} back={() => setChosen(null)} done={done} />}
    </Dialog>
  );
}

function BulkForm({ offer, cases, back, done }: { offer: Offer; cases: CaseItem[]; back: () => void; done: (outcome: Outcome) => void }) {
  const { action, lead } = offer;
  const [values, setValues] = useState<Values>({});
  const [wrong, setWrong] = useState<Record<string, string | undefined>>({});
  const [problem, setProblem] = useState("");
  const [busy, setBusy] = useState(false);
  async function submit(e: FormEvent) {
    e.preventDefault();
    const missing = check(action.form, values);
    setWrong(missing);
    if (Object.keys(missing).length) return;
    setBusy(true);
    setProblem("");
    try {
      const { result, serverNow } = await actOnAll(action.action, cases.map(({ id, rev }) => ({ id, rev })), body(action.form, values));
      done({ action: action.action, label: action.label, result, cases, deadline: undoDeadline(result.undo_until, serverNow, Date.now()) });
    } catch (error) {
      setBusy(false);
      // each case is a transaction of its own, so without an answer some of it may be done
      setProblem(error instanceof NetworkError ? t("bulk_unsure") : error instanceof ApiError && error.fields.length ? error.fields.map((f) => f.detail).join(" ") : errorText(error));
    }
    caseChanged();
  }
  return (
    <FormCase.Provider value={lead}>
      <form className="stack" onSubmit={(e) => void submit(e)} noValidate>
        {problem && <Note kind="danger">{problem}</Note>}
        {action.form.length === 0 && <p>{t("action_sure", { label: action.label })}</p>}
        <FormFields fields={action.form} values={values} errors={wrong} onChange={(v) => { setValues(v); setWrong({}); }} />
        {!action.undo && <p className="muted small">{t("bulk_not_undoable")}</p>}
        <div className="dialog__foot"><button type="button" className="btn" onClick={back} disabled={busy}>{t("bulk_other")}</button>
          <button className={`btn ${action.style === "danger" ? "btn--danger-full" : "btn--primary"}`} disabled={busy}>{busy && <Spinner />}{t("bulk_go", { n: cases.length })}</button></div>
      </form>
    </FormCase.Provider>
  );
}

const counts = (r: BulkResult) => ({ done: r.done, failed: r.items.length - r.done });
export function summary({ result, undone }: Outcome): string {
  if (undone) return t(counts(undone).failed ? "bulk_undone_some" : "bulk_undone", counts(undone));
  return t(counts(result).failed ? "bulk_result" : "bulk_result_all", counts(result));
}

/** "Hoàn tác", for as long as the server takes it. */
export function UndoButton({ outcome, undone, small }: { outcome: Outcome; undone: (result: BulkResult) => void; small?: boolean }) {
  const now = useNow(500);
  const [busy, setBusy] = useState(false);
  const [problem, setProblem] = useState("");
  const left = secondsLeft(outcome.deadline, now);
  if (outcome.undone) return null;
  async function undo() {
    setBusy(true);
    setProblem("");
    try { undone(await undoAll(outcome.result.id)); } catch (error) { setProblem(errorText(error)); }
    setBusy(false);
    caseChanged();
  }
  return (
    <>
      {left > 0 && <button className={`btn num ${small ? "btn--small" : ""}`} disabled={busy} onClick={() => void undo()}>{busy && <Spinner />}{busy ? t("bulk_undoing") : t("bulk_undo", { n: left })}</button>}
      {problem && <span className="field__error" role="alert">{problem}</span>}
    </>
  );
}

export function ResultDialog({ outcome, undone, close, href }: { outcome: Outcome; undone: (result: BulkResult) => void; close: () => void; href: (id: string) => string }) {
  const result = outcome.undone ?? outcome.result;
  const failed = counts(result).failed;
  const of = (id: string) => outcome.cases.find((c) => c.id === id);
  // what was refused comes first: it is what remains to be done
  const items = [...result.items].sort((a, b) => Number(a.problem === null) - Number(b.problem === null));
  return (
    <Dialog title={outcome.label} onClose={close}>
      <Note kind={failed ? "warn" : "ok"}><span role="status">{summary(outcome)}</span></Note>
      <ul className="bulk__results">{items.map((item) => (
        <li key={item.id} className={item.problem ? "bulk__no" : "bulk__yes"}><Icon name={item.problem ? "alert" : "check"} size={18} />
          <span><a className="num" href={href(item.id)} onClick={close}>{of(item.id)?.code ?? item.id.slice(0, 8)}</a> <span className="muted small">{of(item.id)?.summary}</span><br /><span className="small">{whyNot(item, outcome) ?? t("bulk_done")}</span></span></li>))}</ul>
      <div className="dialog__foot"><UndoButton outcome={outcome} undone={undone} /><button className="btn btn--primary" onClick={close}>{t("close")}</button></div>
    </Dialog>
  );
}
