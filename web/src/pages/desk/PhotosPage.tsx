import { useEffect, useRef, useState } from "react";
import { decidePhoto, oneCase, waitingPhotos } from "../../api/endpoints";
import { ApiError } from "../../api/errors";
import type { PhotoDecision, WaitingPhoto } from "../../api/types";
import { t } from "../../i18n";
import { useLoad } from "../../lib/hooks";
import { Empty, errorText, Failure, Skeleton } from "../../ui/bits";
import { Icon } from "../../ui/Icon";
import { toast } from "../../ui/Toasts";
import { PhotoReview } from "./PhotoReview";

const UNDO_S = 6;
interface Held { item: WaitingPhoto; decision: PhotoDecision; timer: ReturnType<typeof setTimeout> }

/** The photos that wait for somebody, one after the other. A decision is held back for some seconds, in which it can be undone; the next one, or leaving, sends it. */
export function PhotosPage({ back }: { back: string }) {
  const { data, error, loading, reload, set } = useLoad("photos:waiting", () => waitingPhotos());
  const [done, setDone] = useState<ReadonlySet<string>>(new Set());
  const [held, setHeld] = useState<Held | null>(null);
  const last = useRef<Held | null>(null);
  last.current = held;
  const left = (data?.items ?? []).filter((item) => !done.has(item.photo.id));
  const current = left[0];

  const send = async ({ item, decision, timer }: Held, leaving = false) => {
    clearTimeout(timer);
    if (last.current?.item === item) { last.current = null; setHeld(null); }
    try { await decidePhoto(item.photo.id, item.photo.publication!.rev, decision, leaving); } catch (problem) {
      toast(`${item.case.code}: ${errorText(problem)}`);
      if (!(problem instanceof ApiError && problem.status === 409)) setDone((ids) => new Set([...ids].filter((id) => id !== item.photo.id)));
      else reload();
    }
  };
  const sendNow = useRef(send);
  sendNow.current = send;
  useEffect(() => {
    const leave = () => { if (last.current) void sendNow.current(last.current, true); };
    window.addEventListener("pagehide", leave);
    return () => { window.removeEventListener("pagehide", leave); leave(); };
  }, []);
  const fetching = useRef(false);
  useEffect(() => { // the next page before this one ends
    if (!data?.next_cursor || left.length > 5 || fetching.current) return;
    fetching.current = true;
    waitingPhotos(data.next_cursor).then(
      (page) => { fetching.current = false; set({ items: [...data.items, ...page.items], next_cursor: page.next_cursor ?? null }); },
      (problem: unknown) => { fetching.current = false; toast(errorText(problem)); }, // the next decision asks again
    );
  }, [data, left.length, set]);

  const decide = (item: WaitingPhoto) => (decision: PhotoDecision) => {
    if (last.current) void send(last.current);
    const next: Held = { item, decision, timer: setTimeout(() => void sendNow.current(next), UNDO_S * 1000) };
    last.current = next;
    setHeld(next);
    setDone(new Set([...done, item.photo.id]));
  };
  const undo = () => {
    if (!held) return;
    clearTimeout(held.timer);
    last.current = null;
    setHeld(null);
    setDone(new Set([...done].filter((id) => id !== held.item.photo.id)));
  };
  return (
    <section className="photos" aria-labelledby="photos-title">
      <header className="row photos__head"><a className="icon-button" href={back} aria-label={t("back")}><Icon name="left" /></a><h1 id="photos-title">{t("photos_title")}</h1>{data && <span className="badge num">{left.length}{data.next_cursor ? "+" : ""}</span>}</header>
      {error ? <Failure error={error} retry={reload} /> : !data || (loading && !current) || (!current && data.next_cursor) ? <Skeleton height={420} /> : current ? (
        <article className="card pad stack">
          <p className="row small"><a className="strong num" href={`#/case/${current.case.id}`}>{current.case.code}</a><span>{current.case.category.name}</span><span className="muted">{current.case.department.name}</span><span className="badge">{t(current.photo.purpose === "after" ? "photo_after" : "photo_before")}</span></p>
          <p className="small muted ellipsis">{current.case.summary}</p>
          <PhotoReview key={current.photo.id} photo={current.photo} publication={current.photo.publication!} decide={decide(current)} skip={() => setDone(new Set([...done, current.photo.id]))} />
        </article>
      ) : <Empty icon="check"><p className="strong">{t("photos_none")}</p><p className="small">{t("photos_none_hint")}</p><button className="btn btn--small" onClick={() => { setDone(new Set()); reload(); }}>{t("photos_again")}</button></Empty>}
      {held && <div className="photos__held" role="status"><span>{t(held.decision.decision === "approved" ? "photos_held_approved" : "photos_held_withheld", { code: held.item.case.code })}</span><button className="btn btn--small" onClick={undo}>{t("photos_undo")}</button></div>}
    </section>
  );
}

/** One photo of a case, decided on from there, also for a second time. */
export function CasePhotoPage({ caseId, photoId }: { caseId: string; photoId: string }) {
  const back = `#/case/${caseId}`;
  const { data, error, reload } = useLoad(`case-photo:${caseId}`, () => oneCase(caseId).then((r) => r.data));
  const photo = data?.photos.find((p) => p.id === photoId);
  const decide = async (decision: PhotoDecision) => {
    try { await decidePhoto(photoId, photo!.publication!.rev, decision); location.hash = back; } catch (problem) { toast(errorText(problem)); reload(); }
  };
  return (
    <section className="photos">
      <header className="row photos__head"><a className="icon-button" href={back} aria-label={t("back")}><Icon name="left" /></a><h1>{t("photos_one", { code: data?.code ?? "" })}</h1></header>
      {error ? <Failure error={error} retry={reload} /> : !data ? <Skeleton height={420} /> : photo?.publication ? <article className="card pad"><PhotoReview key={photo.publication.rev} photo={photo} publication={photo.publication} decide={(d) => void decide(d)} /></article> : <Empty icon="camera">{t("photo_pending")}</Empty>}
    </section>
  );
}
