/** Words of this page alone; t() has those that all pages share. */
import { currentLang } from "../../../i18n";
import { en } from "./en";
import { vi } from "./vi";

export type Word = keyof typeof vi;
type Params = Record<string, string | number>;

/** A word that nobody has thought of (a role of a newer server) is shown as it came. */
export function w(word: Word, params?: Params): string {
  const text = (currentLang() === "en" ? en : vi)[word] ?? String(word).replace(/^[a-z]+_/, "");
  return params ? text.replace(/\{(\w+)\}/g, (all, name: string) => String(params[name] ?? all)) : text;
}
/** What a key of a document is called where its place is told. */
export const keyWord = (key: string): string => {
  const word = `key_${key}`;
  return word in vi ? w(word as Word) : key;
};
