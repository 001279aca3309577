import { useEffect } from "react";
import { noteAbsence, notePresence } from "../../api/casework";
import { ApiError } from "../../api/errors";

const EVERY = 15_000;

/** Tells colleagues that this case is open here, for as long as somebody can see it. */
export function usePresence(id: string, active: boolean): void {
  useEffect(() => {
    if (!active) return;
    let refused = false, said = false;
    const tell = () => {
      if (document.hidden || refused) return;
      said = true;
      notePresence(id).catch((error: unknown) => { refused = error instanceof ApiError && error.status < 500; });
    };
    const leave = () => { if (said && !refused) noteAbsence(id).catch(() => undefined); said = false; };
    const turned = () => { if (document.hidden) leave(); else tell(); };
    tell();
    const timer = setInterval(tell, EVERY);
    document.addEventListener("visibilitychange", turned);
    window.addEventListener("pagehide", leave);
    return () => { clearInterval(timer); document.removeEventListener("visibilitychange", turned); window.removeEventListener("pagehide", leave); leave(); };
  }, [id, active]);
}
