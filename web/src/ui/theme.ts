export type Theme = "light" | "dark";
const system = () => matchMedia("(prefers-color-scheme: dark)");
const listeners = new Set<() => void>();
let chosen: Theme | null = null;
let fallback: Theme | null = null;

export const theme = (): Theme => chosen ?? fallback ?? (system().matches ? "dark" : "light");
export function setTheme(next: Theme): void {
  chosen = next;
  try { localStorage.setItem("ht.theme", next); } catch { /* not remembered */ }
  apply();
}
/** `preferred` is what a page looks like until somebody chooses (the wall of /ioc is dark). */
export function startTheme(preferred?: Theme): void {
  try { const kept = localStorage.getItem("ht.theme"); if (kept === "dark" || kept === "light") chosen = kept; } catch { /* none kept */ }
  fallback = preferred ?? null;
  system().addEventListener("change", apply);
  apply();
}
function apply(): void {
  document.documentElement.dataset.theme = theme();
  listeners.forEach((tell) => tell());
}
export const onTheme = (tell: () => void): (() => void) => { listeners.add(tell); return () => listeners.delete(tell); };
