/** Where a place of a process is, in words: "Bước “Duyệt” › Biểu mẫu › Ghi chú". */
import { local } from "../../../i18n";
import { segments, valueAt } from "../pointer";
import { keyWord, w, type Word } from "../words";
import type { Process, Text } from "./document";

/** Where a value may be of several kinds, the server also names the kind that it tried. */
const TRIED = /^(constrained-|dict\[|list\[|tuple|str$|bool$|float$|int$)/;
const PARTS: Record<string, Word> = { states: "part_state", actions: "part_action", clocks: "part_clock" };

export function placeIn(documents: (Process | undefined)[]) {
  const label = (at: string): string => {
    for (const d of documents) { const text = (valueAt(d, at) as { label?: Text } | undefined)?.label; if (text) return local(text); }
    return "";
  };
  return (at: string): string => {
    const [part = "", name, ...rest] = segments(at);
    const kind = PARTS[part];
    const words: string[] = [];
    let here = `/${part}`;
    if (kind && name !== undefined) { here += `/${name}`; words.push(`${w(kind)} “${label(here) || name}”`); } else words.push(keyWord(part), ...(name === undefined ? [] : [keyWord(name)]));
    for (const s of rest.filter((x) => !TRIED.test(x))) {
      here += `/${s}`;
      words.push(label(here) || (/^\d+$/.test(s) ? String(Number(s) + 1) : keyWord(s)));
    }
    return words.filter(Boolean).join(" › ");
  };
}
