import { useEffect, useRef } from "react";
import { ApiError } from "../../api/errors";
import type { Upload } from "../../api/types";
import type { Keeper, Sent } from "../../ui/PhotoField";
import { checkReachable, dropPhotos, keepPhoto, sendKept, sentAs } from "./kept";

const EVERY_MS = 15_000;
export const keeper: Keeper = { keep: keepPhoto, check: checkReachable, sent: sentAs, drop: (photo) => void dropPhotos([photo]) };

/** Sends the draft's photos that still wait, while its form is open; `change` tells what became of one. */
export function useKeptPhotos(photos: Sent[], change: (key: string, next: Sent) => void, uploaded: (upload: Upload) => void): void {
  const latest = useRef({ photos, change, uploaded });
  latest.current = { photos, change, uploaded };
  const waits = photos.some((p) => p.key && !p.upload_id && !p.error);
  useEffect(() => {
    if (!waits) return;
    async function go() {
      for (const photo of latest.current.photos) {
        if (!photo.key || photo.upload_id || photo.error) continue;
        try { const upload = await sendKept(photo.key); latest.current.change(photo.key, sentAs(photo, upload)); latest.current.uploaded(upload); }
        catch (error) {
          if (!(error instanceof ApiError)) return; // no network: the next time
          if (error.status < 500 && error.status !== 429) latest.current.change(photo.key, { ...photo, error: error.fields[0]?.detail ?? error.message });
        }
      }
    }
    void go();
    const timer = setInterval(() => void go(), EVERY_MS), online = () => void go();
    addEventListener("online", online);
    return () => { clearInterval(timer); removeEventListener("online", online); };
  }, [waits]);
}
