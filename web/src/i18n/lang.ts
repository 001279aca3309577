import type { Lang, LocalText } from "../api/types";

const listeners = new Set<() => void>();
let lang: Lang = read();

function read(): Lang {
  try { return localStorage.getItem("ht.lang") === "en" ? "en" : "vi"; } catch { return "vi"; }
}
export const currentLang = (): Lang => lang;
export function setLang(next: Lang): void {
  lang = next;
  try { localStorage.setItem("ht.lang", next); } catch { /* not remembered */ }
  document.documentElement.lang = next;
  listeners.forEach((tell) => tell());
}
export function onLang(tell: () => void): () => void {
  listeners.add(tell);
  return () => listeners.delete(tell);
}
/** A text in the reader's language; servers may already have chosen one. */
export function local(text: LocalText | string | null | undefined, of: Lang = lang): string {
  if (!text) return "";
  return typeof text === "string" ? text : text[of] || text.vi || text.en || "";
}
