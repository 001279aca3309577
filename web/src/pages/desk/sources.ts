import { type Key, t } from "../../i18n";
import { vi } from "../../i18n/vi";

/** Words for a code; one that this page does not know is shown as it is called. */
const words = (prefix: string, code: string): string => (`${prefix}_${code}` in vi ? t(`${prefix}_${code}` as Key) : code);
/** Where a report came from. */
export const sourceLabel = (source: string): string => words("source", source);
/** Who took a step, where no name is known. */
export const roleLabel = (role: string): string => words("actor", role);
