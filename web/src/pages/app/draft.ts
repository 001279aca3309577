/** The draft survives a closed tab; its id is made once, so that sending twice files once. */
import type { ConsentText, Decision, Position, ReportDraft } from "../../api/types";
import { keep, load } from "../../lib/store";
import { uuid } from "../../lib/text";
import type { Sent } from "../../ui/PhotoField";

export interface Draft {
  id: string;
  photos: Sent[];
  location: Position | null;
  address: string;
  category: string | null;
  description: string;
  answers: Record<string, unknown>;
  anonymous: boolean;
  shows_children: boolean;
  /** The purposes agreed to, each by its own tick: none is ticked in advance, or kept for the next report. */
  consents: string[];
  /** Whether the photos may be shown to everybody; null as long as nothing was answered. */
  publish_photo: boolean | null;
  contact: { name: string; phone: string; email: string };
  /** What the server said against it, when it was handed in later. */
  refusal: Refusal | null;
  /** What went out first: a retry must carry the same body, whatever was typed since. */
  sent: ReportDraft | null;
}
export interface Refusal { code: string; text: string; fields: { pointer: string; detail: string }[] }
const KEY = "ht.draft";
const contact = (): Draft["contact"] => load("ht.contact", { name: "", phone: "", email: "" });
export const newDraft = (): Draft => ({ id: uuid(), photos: [], location: null, address: "", category: null, description: "", answers: {}, anonymous: false, shows_children: false, consents: [], publish_photo: null, contact: contact(), refusal: null, sent: null });
export const loadDraft = (): Draft => ({ ...newDraft(), ...load<Partial<Draft>>(KEY, {}) });
export const keepDraft = (draft: Draft): void => keep(KEY, draft);
export const dropDraft = (): void => keep(KEY, null);
export const isBlank = (d: Draft): boolean => !d.photos.length && !d.location && !d.category && !d.description;

export const hasContact = (d: Draft): boolean => !d.anonymous && Object.values(d.contact).some((value) => value.trim());

export function bodyOf(d: Draft, answers: Record<string, unknown>, texts: ConsentText[] = []): ReportDraft {
  const given = Object.fromEntries(Object.entries(d.contact).map(([k, v]) => [k, v.trim()]).filter(([, v]) => v));
  const consents = decisionsOf(d, texts);
  return {
    category: d.category!,
    location: { lat: round(d.location!.lat), lon: round(d.location!.lon), ...(d.location!.accuracy_m ? { accuracy_m: Math.round(d.location!.accuracy_m) } : {}) },
    description: d.description.trim(),
    ...(d.address.trim() ? { address: d.address.trim() } : {}),
    uploads: d.photos.flatMap((p) => p.upload_id ?? []),
    answers,
    anonymous: d.anonymous,
    shows_children: d.photos.length > 0 && d.shows_children,
    ...(hasContact(d) ? { contact: given } : {}),
    ...(hasContact(d) || consents.length ? { consents } : {}),
  };
}
/** As far as it can be had back from what was to be sent. */
export const draftOf = (id: string, body: ReportDraft): Draft => ({
  ...newDraft(), id, photos: (body.uploads ?? []).map((upload_id) => ({ upload_id, preview: null })), location: body.location, address: body.address ?? "", category: body.category, description: body.description,
  answers: body.answers ?? {}, anonymous: body.anonymous ?? false, shows_children: body.shows_children ?? false,
  consents: (body.consents ?? []).filter((c) => c.purpose !== PUBLISH_PHOTO).map((c) => c.purpose),
  publish_photo: body.consents?.find((c) => c.purpose === PUBLISH_PHOTO)?.given ?? null, sent: body,
});

export const PUBLISH_PHOTO = "publish_photo";
/** Only what was really decided: about the contact where there is one, about the photos where there are some. */
function decisionsOf(d: Draft, texts: ConsentText[]): Decision[] {
  return texts.flatMap(({ purpose, version }) => {
    if (purpose === PUBLISH_PHOTO) return d.photos.length > 0 && d.publish_photo !== null ? [{ purpose, version, given: d.publish_photo }] : [];
    return hasContact(d) && d.consents.includes(purpose) ? [{ purpose, version, given: true }] : [];
  });
}
const round = (n: number): number => Math.round(n * 1e6) / 1e6;

export interface Mine { id: string; token: string; code: string; category: string; at: string }
export const mine = (): Mine[] => load<Mine[]>("ht.mine", []);
export const addMine = (m: Mine): void => keep("ht.mine", [m, ...mine().filter((x) => x.id !== m.id)].slice(0, 200));
export const forgetMine = (id: string): void => keep("ht.mine", mine().filter((x) => x.id !== id));
