/** Times as people read them. The city's clock counts, not the reader's. */
import { t } from "../i18n";
import { currentLang } from "../i18n/lang";

export const CITY_ZONE = "Asia/Ho_Chi_Minh";
const MINUTE = 60_000, HOUR = 60 * MINUTE, DAY = 24 * HOUR;

export interface Span { days: number; hours: number; minutes: number }
export function span(ms: number): Span {
  const abs = Math.abs(ms);
  return { days: Math.floor(abs / DAY), hours: Math.floor((abs % DAY) / HOUR), minutes: Math.floor((abs % HOUR) / MINUTE) };
}

/** At most two units: "2 ngày 4 giờ", "35 phút". */
export function spanText(ms: number): string {
  const { days, hours, minutes } = span(ms);
  if (days > 0) return hours > 0 && days < 10 ? `${t("days", { n: days })} ${t("hours", { n: hours })}` : t("days", { n: days });
  if (hours > 0) return minutes > 0 ? `${t("hours", { n: hours })} ${t("minutes", { n: minutes })}` : t("hours", { n: hours });
  return t("minutes", { n: Math.max(1, minutes) });
}

export type Urgency = "late" | "soon" | "calm" | "none";
export function urgency(due: string | null | undefined, now: number, overdue?: boolean): Urgency {
  if (overdue) return "late";
  if (!due) return "none";
  const left = Date.parse(due) - now;
  return left < 0 ? "late" : left < 4 * HOUR ? "soon" : "calm";
}

export function remaining(due: string | null | undefined, now: number): string {
  if (!due) return t("no_due");
  const left = Date.parse(due) - now;
  if (Math.abs(left) < MINUTE) return t("due_now");
  return left < 0 ? t("late", { time: spanText(left) }) : t("left", { time: spanText(left) });
}

export function ago(at: string, now: number): string {
  const passed = now - Date.parse(at);
  return passed < MINUTE ? t("just_now") : t("time_ago", { time: spanText(passed).split(" ").slice(0, 2).join(" ") });
}

const format = (options: Intl.DateTimeFormatOptions) => (at: string | number | Date): string =>
  new Intl.DateTimeFormat(currentLang() === "vi" ? "vi-VN" : "en-GB", { timeZone: CITY_ZONE, ...options }).format(new Date(at));

export const clockTime = format({ hour: "2-digit", minute: "2-digit", second: "2-digit" });
export const shortDate = format({ day: "2-digit", month: "2-digit", year: "numeric" });
const timeOnly = format({ hour: "2-digit", minute: "2-digit" });
export const dateTime = (at: string | number | Date): string => `${timeOnly(at)}, ${shortDate(at)}`;

/** The calendar day in the city, for "today". */
export const cityDay = (at: string | number | Date): string => {
  // en-CA writes 2026-11-23
  return new Intl.DateTimeFormat("en-CA", { timeZone: CITY_ZONE }).format(new Date(at));
};
