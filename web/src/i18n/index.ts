import { useSyncExternalStore } from "react";
import type { Lang } from "../api/types";
import { en } from "./en";
import { currentLang, onLang } from "./lang";
import { vi } from "./vi";

export { currentLang, local, setLang } from "./lang";
export type Key = keyof typeof vi;
type Params = Record<string, string | number>;

const words: Record<Lang, Record<Key, string>> = { vi, en };

export function t(key: Key, params?: Params): string {
  const text = words[currentLang()][key];
  return params ? text.replace(/\{(\w+)\}/g, (all, name: string) => String(params[name] ?? all)) : text;
}
/** Re-renders the component when the language is switched. */
export function useLang(): Lang {
  return useSyncExternalStore(onLang, currentLang);
}
export const statusLabel = (status: string): string => {
  const key = `status_${status}` as Key;
  return key in vi ? t(key) : status;
};
