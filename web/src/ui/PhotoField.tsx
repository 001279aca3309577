import { useEffect, useRef, useState } from "react";
import { sendPhoto } from "../api/endpoints";
import { NetworkError } from "../api/errors";
import type { Upload } from "../api/types";
import { t } from "../i18n";
import { shrink } from "../lib/image";
import { uuid } from "../lib/text";
import { errorText } from "./bits";
import { Icon } from "./Icon";

interface Going { key: string; preview: string; share: number; error?: string; file: File }
/** `key` tells it where this device keeps it; without an upload it waits there. `at`, `by`: when and by whom it was sent. */
export interface Sent { upload_id: string | null; preview: string | null; video?: boolean; key?: string; at?: number; by?: string; error?: string }
/** A device's own place for photos, for what may be sent later. */
export interface Keeper { keep(blob: Blob, name: string): Promise<string>; check(): Promise<void>; sent(photo: Sent, upload: Upload): Sent; drop(photo: Sent): void }
/** As the server takes them. */
const isVideo = (file: File): boolean => /^video\/(mp4|quicktime)$/.test(file.type) || /\.(mp4|mov)$/i.test(file.name);
const isPhoto = (file: File): boolean => file.type.startsWith("image/") || /\.(heic|heif)$/i.test(file.name);
interface Props { value: Sent[]; onChange: (next: Sent[]) => void; onBusy?: (busy: boolean) => void; onUploaded?: (upload: Upload) => void; max?: number; label: string; error?: string | undefined; big?: boolean; keeper?: Keeper }

/** Chooses, shrinks and sends photos and videos at once, with preview and progress; a failed one can be tried again. */
export function PhotoField({ value, onChange, onBusy, onUploaded, max = 5, label, error, big, keeper }: Props) {
  const [going, setGoing] = useState<Going[]>([]);
  const [over, setOver] = useState(false);
  const latest = useRef({ value, onChange });
  latest.current = { value, onChange };
  const busy = going.some((g) => !g.error);
  useEffect(() => { onBusy?.(busy); }, [busy]); // eslint-disable-line
  const patch = (key: string, change: Partial<Going>) => setGoing((list) => list.map((g) => (g.key === key ? { ...g, ...change } : g)));

  async function send(item: Going) {
    try {
      const { blob, name } = await shrink(item.file);
      const again = blob === item.file ? [name, blob.size, item.file.lastModified].join("/") : null;
      const key = await keeper?.keep(blob, name).catch(() => undefined); // no room, or none allowed: then it must be sent at once
      const photo: Sent = { upload_id: null, preview: await thumbnail(item.file), video: isVideo(item.file), ...(key ? { key } : {}) };
      const upload = await go(photo, () => sendPhoto(blob, name, again, (share) => patch(item.key, { share })));
      const sent = [...latest.current.value, upload ? (keeper?.sent(photo, upload) ?? { ...photo, upload_id: upload.upload_id }) : photo];
      latest.current.value = sent;
      latest.current.onChange(sent);
      setGoing((list) => list.filter((g) => g.key !== item.key));
      URL.revokeObjectURL(item.preview);
      if (upload) onUploaded?.(upload);
    } catch (e) {
      patch(item.key, { error: errorText(e) });
    }
  }
  /** The upload; null when there is no network and the photo is kept. */
  async function go(photo: Sent, send: () => Promise<Upload>): Promise<Upload | null> {
    if (!photo.key) return send();
    try { await keeper!.check(); return await send(); }
    catch (e) { if (e instanceof NetworkError) return null; keeper!.drop(photo); throw e; }
  }
  const remove = (photo: Sent) => { keeper?.drop(photo); onChange(value.filter((x) => x !== photo)); };
  function add(files: FileList | null) {
    const room = max - value.length - going.length;
    const items = [...(files ?? [])].filter((f) => isPhoto(f) || isVideo(f)).slice(0, Math.max(0, room))
      .map((file) => ({ key: uuid(), preview: URL.createObjectURL(file), share: 0, file }));
    setGoing((list) => [...list, ...items]);
    items.forEach((i) => void send(i));
  }
  const input = <input className="sr" type="file" accept="image/*,.heic,.heif,video/mp4,video/quicktime,.mp4,.mov" multiple aria-label={label} onChange={(e) => { add(e.target.files); e.target.value = ""; }} />;
  const none = value.length + going.length === 0;
  return (
    <div className="stack stack--tight">
      {none ? (
        <label className={`drop ${over ? "over" : ""}`} style={big ? {} : { minHeight: 92 }} onDragOver={(e) => { e.preventDefault(); setOver(true); }} onDragLeave={() => setOver(false)} onDrop={(e) => { e.preventDefault(); setOver(false); add(e.dataTransfer.files); }}>
          <Icon name="camera" size={big ? 36 : 26} />{t("photo_add")}{input}
        </label>
      ) : (
        <div className="thumbs">
          {value.map((s, i) => (
            <div key={s.key ?? s.upload_id} className="thumb">
              {s.preview ? <img src={s.preview} alt={t("photo_alt", { n: i + 1 })} /> : <Icon name={s.video ? "play" : "check"} size={30} />}
              <button type="button" className="thumb__x" aria-label={t("photo_remove", { n: i + 1 })} onClick={() => remove(s)}><Icon name="x" size={18} /></button>
              {s.error ? <span className="thumb__bar">{t("photo_refused")}</span> : !s.upload_id && <span className="thumb__bar"><Icon name="offline" size={14} /> {t("photo_waits")}</span>}
            </div>
          ))}
          {going.map((g) => (
            <div key={g.key} className="thumb">
              {isVideo(g.file) ? <Icon name="play" size={30} /> : <img src={g.preview} alt="" style={{ opacity: 0.55 }} onError={(e) => { e.currentTarget.style.display = "none"; }} />}
              {g.error ? <>
                <button type="button" className="thumb__x" aria-label={t("remove")} onClick={() => setGoing((l) => l.filter((x) => x.key !== g.key))}><Icon name="x" size={18} /></button>
                <button type="button" className="thumb__bar" style={{ border: 0, cursor: "pointer" }} title={g.error} onClick={() => { patch(g.key, { error: undefined as never, share: 0 }); void send(g); }}>{t("photo_failed")} · {t("retry")}</button>
              </> : <span className="thumb__bar" role="status">{t("photo_uploading", { share: Math.round(g.share * 100) })}</span>}
            </div>
          ))}
          {value.length + going.length < max && <label className="thumb thumb--add"><Icon name="plus" size={26} />{t("photo_more")}{input}</label>}
        </div>
      )}
      {going.map((g) => g.error && <span key={g.key} className="field__error" role="alert">{g.error}</span>)}
      {value.map((s) => s.error && <span key={s.key} className="field__error" role="alert">{s.error}</span>)}
      {error && <span className="field__error" role="alert">{error}</span>}
    </div>
  );
}

/** Small enough to lie in the draft; null where the browser cannot read the file (HEIC). */
async function thumbnail(file: File): Promise<string | null> {
  try {
    const bitmap = await createImageBitmap(file, { imageOrientation: "from-image", resizeWidth: 240, resizeQuality: "medium" });
    const canvas = Object.assign(document.createElement("canvas"), { width: bitmap.width, height: bitmap.height });
    canvas.getContext("2d")!.drawImage(bitmap, 0, 0);
    bitmap.close();
    return canvas.toDataURL("image/jpeg", 0.7);
  } catch { return null; }
}
