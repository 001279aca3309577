import { useEffect, useRef, useState } from "react";
import type { Photo } from "../api/types";
import { t } from "../i18n";
import { averageColour } from "../lib/blurhash";
import { steady } from "../lib/steady";
import { Icon } from "./Icon";

/** Stored photos and videos; a press shows them large, or plays them. */
export function Photos({ photos, tagged, min = 104 }: { photos: Photo[]; tagged?: boolean; min?: number }) {
  const [at, setAt] = useState<number | null>(null);
  const ready = photos.filter((p) => p.state === "ready" && (p.large_url || p.small_url));
  const one = (p: Photo, i: number) => p.state === "ready" && p.small_url ? (
    <button key={p.id} className="thumb" style={tint(p.blurhash)} onClick={() => setAt(ready.indexOf(p))} aria-label={t(p.video_url ? "video_play" : "photo_big", { n: i + 1 })}>
      <img src={steady(p.small_url)} alt={t("photo_alt", { n: i + 1 })} loading="lazy" />
      {p.video_url && <span className="thumb__play"><Icon name="play" size={22} />{clock(p.duration_ms ?? 0)}</span>}
      {tagged && <span className="thumb__tag">{t(p.purpose === "after" ? "photo_after" : "photo_before")}</span>}
    </button>
  ) : (
    <div key={p.id} className="thumb">{t(p.state === "failed" ? "photo_broken" : "photo_pending")}</div>
  );
  return (
    <>
      <div className="thumbs" style={{ gridTemplateColumns: `repeat(auto-fill, minmax(${min}px, 1fr))` }}>
        {photos.map((p, i) => p.findings?.length ? <figure key={p.id} className="doubted">{one(p, i)}<figcaption><b><Icon name="alert" size={15} />{t("finding_title")}</b>{p.findings.map((f) => <span key={f.code}>{f.detail}</span>)}</figcaption></figure> : one(p, i))}
      </div>
      {at !== null && <Lightbox photos={ready} at={at} go={setAt} />}
    </>
  );
}

/** Until the picture comes, its place has the picture's colour. */
function tint(blurhash: string | null | undefined): { background: string } | undefined {
  const background = averageColour(blurhash);
  return background ? { background } : undefined;
}

function clock(ms: number): string {
  const seconds = Math.round(ms / 1000);
  return `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, "0")}`;
}

function Lightbox({ photos, at, go }: { photos: Photo[]; at: number; go: (at: number | null) => void }) {
  const ref = useRef<HTMLDialogElement>(null);
  const photo = photos[at];
  const step = (by: number) => go((at + by + photos.length) % photos.length);
  useEffect(() => { const d = ref.current!; if (!d.open) d.showModal(); return () => d.close(); }, []);
  if (!photo) return null;
  return (
    <dialog ref={ref} className="lightbox" aria-label={t("photo_alt", { n: at + 1 })} onCancel={(e) => { e.preventDefault(); go(null); }}
      onKeyDown={(e) => { e.stopPropagation(); if (e.key === "ArrowLeft") step(-1); if (e.key === "ArrowRight") step(1); }}>
      <div className="lightbox__frame">
        <div className="lightbox__bar"><span className="num">{at + 1}/{photos.length} · {t(photo.purpose === "after" ? "photo_after" : "photo_before")}</span>
          <button className="icon-button" onClick={() => go(null)} aria-label={t("close")}><Icon name="x" /></button></div>
        <div className="lightbox__stage" onClick={(e) => { if (e.target === e.currentTarget) go(null); }}>
          {photo.video_url
            ? <video key={photo.id} src={steady(photo.video_url)} poster={steady(photo.large_url) ?? undefined} controls playsInline preload="metadata" aria-label={t("photo_alt", { n: at + 1 })} />
            : <img src={steady(photo.large_url ?? photo.small_url) ?? ""} style={tint(photo.blurhash)} alt={t("photo_alt", { n: at + 1 })} />}
          {photos.length > 1 && <>
            <button className="icon-button lightbox__nav lightbox__nav--l" onClick={() => step(-1)} aria-label={t("photo_prev")}><Icon name="left" /></button>
            <button className="icon-button lightbox__nav lightbox__nav--r" onClick={() => step(1)} aria-label={t("photo_next")}><Icon name="right" /></button>
          </>}
        </div>
      </div>
    </dialog>
  );
}
