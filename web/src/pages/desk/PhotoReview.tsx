import { useEffect, useRef, useState, type PointerEvent } from "react";
import type { Box, Photo, PhotoDecision, PhotoPublication } from "../../api/types";
import { t, type Key } from "../../i18n";
import { steady } from "../../lib/steady";
import { Note } from "../../ui/bits";
import { Icon } from "../../ui/Icon";
import { undecided } from "./Publications";
import { bare, boxBetween, pointAt, type Point } from "./boxes";

const LEAST_REASON = 10;
const share = (n: number): string => `${n * 100}%`;
const place = (b: Box) => ({ left: share(b.x), top: share(b.y), width: share(b.w), height: share(b.h) });
/** Keys mean something only while nobody types. */
const typing = (e: KeyboardEvent): boolean => e.ctrlKey || e.metaKey || e.altKey || (e.target as HTMLElement).matches("textarea, select, input:not([type=checkbox])") || Boolean(document.querySelector("dialog[open]"));

/** One photo with what will be covered: drag to draw, press a box to take it away; D, G, S and Z do what the buttons do. */
export function PhotoReview({ photo, publication, decide, skip }: { photo: Photo; publication: PhotoPublication; decide: (decision: PhotoDecision) => void; skip?: () => void }) {
  const [boxes, setBoxes] = useState<Box[]>(undecided(publication) ? publication.found : publication.boxes);
  const [past, setPast] = useState<Box[][]>([]);
  const [children, setChildren] = useState(publication.shows_children);
  const [overrule, setOverrule] = useState(publication.overruled);
  const [whole, setWhole] = useState(publication.video);
  const [reason, setReason] = useState(publication.reason ?? "");
  const [from, setFrom] = useState<Point | null>(null);
  const [to, setTo] = useState<Point | null>(null);
  const stage = useRef<HTMLDivElement>(null);
  const drawn = from && to ? boxBetween(from, to) : null;
  const against = [...publication.against.map((r) => r.detail), ...(children && !publication.against.some((r) => r.code === "photo_shows_children") ? [t("photo_against_children")] : [])];
  const excepted = overrule && publication.may_overrule && reason.trim().length >= LEAST_REASON;
  const approvable = publication.may_decide && (against.length === 0 || excepted);

  const change = (next: Box[]) => { setPast([...past, boxes]); setBoxes(next); };
  const undo = () => { const last = past.at(-1); if (last) { setBoxes(last); setPast(past.slice(0, -1)); } };
  const send = (decision: PhotoDecision["decision"]) => {
    if (decision === "approved" ? !approvable : !publication.may_decide) return;
    decide({ decision, boxes: decision === "approved" && !whole ? boxes.map(bare) : [], video: decision === "approved" && whole, shows_children: children, overrule: decision === "approved" && against.length > 0, reason: reason.trim() || null });
  };
  const keys = useRef<(e: KeyboardEvent) => void>(() => undefined);
  keys.current = (e) => {
    if (typing(e)) return;
    const run = { d: () => send("approved"), g: () => send("withheld"), s: () => skip?.(), z: undo }[e.key.toLowerCase()];
    if (run) { e.preventDefault(); run(); }
  };
  useEffect(() => { const on = (e: KeyboardEvent) => keys.current(e); window.addEventListener("keydown", on); return () => window.removeEventListener("keydown", on); }, []);

  const at = (e: PointerEvent): Point => pointAt(e, stage.current!.getBoundingClientRect());
  const down = (e: PointerEvent) => {
    if (e.button !== 0 || !publication.may_decide || whole || (e.target as HTMLElement).closest(".rbox")) return;
    e.preventDefault();
    stage.current!.setPointerCapture(e.pointerId);
    setFrom(at(e)); setTo(at(e));
  };
  const up = () => { if (drawn) change([...boxes, drawn]); setFrom(null); setTo(null); };
  return (
    <div className="review">
      <div className="review__stage" ref={stage} style={{ aspectRatio: `${photo.width} / ${photo.height}`, "--ratio": photo.width / photo.height } as React.CSSProperties} onPointerDown={down} onPointerMove={(e) => { if (from) setTo(at(e)); }} onPointerUp={up} onPointerCancel={() => { setFrom(null); setTo(null); }}>
        <img src={steady(photo.large_url) ?? ""} alt={t("photo_alt", { n: 1 })} draggable={false} />
        {!whole && boxes.map((b, i) => (
          <button key={`${b.x} ${b.y} ${b.w} ${b.h} ${i}`} type="button" className={`rbox rbox--${b.kind}`} style={place(b)} disabled={!publication.may_decide} title={t("box_remove", { what: t(`box_${b.kind}` as Key) })} aria-label={t("box_remove", { what: t(`box_${b.kind}` as Key) })} onClick={() => change(boxes.filter((x) => x !== b))}><span>{t(`box_${b.kind}` as Key)}</span></button>
        ))}
        {drawn && <div className="rbox rbox--new" style={place(drawn)} />}
      </div>
      <div className="review__side stack">
        <p className="small muted">{t("review_how")}</p>
        {publication.examination !== "done" && <Note kind="warn">{t(publication.examination === "pending" ? "review_not_yet" : "review_not_examined")}</Note>}
        {publication.examination === "done" && <p className="small">{publication.found.length ? t("review_found", { n: publication.found.length }) : t("review_none_found")}</p>}
        <div className="row"><button type="button" className="btn btn--small" disabled={!past.length} onClick={undo}>{t("review_undo")} <kbd>Z</kbd></button><span className="small muted num">{t("review_boxes", { n: boxes.length })}</span></div>
        {photo.video_url && <>
          <video className="review__video" src={steady(photo.video_url)} controls playsInline preload="none" aria-label={t("review_video")} />
          <label className="check"><input type="checkbox" checked={whole} disabled={!publication.may_decide} onChange={(e) => setWhole(e.target.checked)} /><span><b>{t("review_whole")}</b><br /><span className="small muted">{t("review_whole_hint")}</span></span></label>
        </>}
        <label className="check"><input type="checkbox" checked={children} disabled={!publication.may_decide} onChange={(e) => setChildren(e.target.checked)} /><span>{t("photo_children")}</span></label>
        {against.length > 0 && <Note kind="warn">{against.join(" ")}</Note>}
        {against.length > 0 && publication.may_overrule && <>
          <label className="check"><input type="checkbox" checked={overrule} onChange={(e) => setOverrule(e.target.checked)} /><span>{t("review_overrule")}</span></label>
          {overrule && <label className="field"><span className="field__label">{t("review_reason")}</span><textarea className="input" rows={3} maxLength={500} value={reason} onChange={(e) => setReason(e.target.value)} /><span className="field__hint">{t("review_reason_hint", { n: LEAST_REASON })}</span></label>}
        </>}
        {publication.may_decide ? <div className="review__buttons">
          <button type="button" className="btn btn--primary" disabled={!approvable} onClick={() => send("approved")}><Icon name="check" size={18} />{t("review_approve")} <kbd>D</kbd></button>
          <button type="button" className="btn" onClick={() => send("withheld")}><Icon name="x" size={18} />{t("review_withhold")} <kbd>G</kbd></button>
          {skip && <button type="button" className="btn btn--plain" onClick={skip}>{t("review_skip")} <kbd>S</kbd></button>}
        </div> : <Note>{t("review_not_yours")}</Note>}
      </div>
    </div>
  );
}
