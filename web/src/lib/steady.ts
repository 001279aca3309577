/**
 * Links to photos are signed anew with every answer; the same photo under a new link would be
 * fetched again at every refresh. The first link is kept for as long as it is good.
 */
const kept = new Map<string, { url: string; until: number }>();
const MARGIN = 10 * 60_000;

export function steady<T extends string | null | undefined>(url: T, now = Date.now()): T {
  if (!url) return url;
  const [path = "", search = ""] = url.split("?");
  const expires = Number(new URLSearchParams(search).get("expires"));
  if (!expires) return url;
  const old = kept.get(path);
  if (old && old.until - MARGIN > now) return old.url as T;
  kept.set(path, { url, until: expires * 1000 });
  return url;
}
