/** Wire shapes. Once openapi.json exists these names point into schema.d.ts (see `npm run types`). */

export type Lang = "vi" | "en";
export type LocalText = Record<Lang, string>;
export type Status = "received" | "assigned" | "in_progress" | "waiting" | "resolved" | "closed" | "rejected";
export interface Position { lat: number; lon: number; accuracy_m?: number | null }
export interface Named { code: string; name: string }
export interface Page<T> { items: T[]; next_cursor?: string | null }

export interface Person { id: string; name: string; role: string; department: Named | null }
export interface Tokens { access_token: string; refresh_token?: string | null; expires_in: number }
export interface StaffTokens extends Tokens { person: Person }

export interface Category {
  code: string;
  name: LocalText;
  parent: string | null;
  photo_required: boolean;
  after_photo_required?: boolean;
  questions?: JsonSchema | null;
  children: Category[];
}
export interface JsonSchema {
  type?: string;
  title?: string | LocalText;
  description?: string | LocalText;
  properties?: Record<string, JsonSchema>;
  required?: string[];
  enum?: (string | number)[];
  oneOf?: { const: string | number; title?: string | LocalText }[];
  items?: JsonSchema;
  format?: string;
  maxLength?: number;
  minimum?: number;
  maximum?: number;
}

export interface Area { kind: string; code: string; name: LocalText; distance_m: number; approximate: boolean }
export interface NearbyCase { id: string; code: string; category: string | Named; status: Status; distance_m: number; opened_at: string; photo_url: string | null }
export interface Upload { upload_id: string; width: number; height: number; taken_at: string | null; location: Position | null }

export interface ReportDraft {
  category: string;
  location: Position;
  description: string;
  address?: string;
  uploads: string[];
  answers: Record<string, unknown>;
  anonymous: boolean;
  contact?: { name?: string; phone?: string; email?: string };
}
export interface FiledReport { id: string; code: string; status: Status; area: Named | null; department: Named | null; due_at: string | null; track_token: string }

export interface Photo { id: string; purpose: "report" | "after"; state: "pending" | "ready" | "failed"; small_url: string | null; large_url: string | null }
export interface PublicStep { at: string; label: string; text?: string | null; status: Status }

export type FieldType = "text" | "number" | "date" | "choice" | "photo" | "department" | "rating";
export interface Choice { value: string; label: string }
export interface Field {
  name: string;
  type: FieldType;
  label: string;
  required?: boolean;
  max_length?: number | null;
  min?: number | null;
  max?: number | null;
  choices?: Choice[] | null;
  multiple?: boolean | null;
}
export interface Action { action: string; label: string; style: "primary" | "default" | "danger"; form: Field[] }

export interface ReportView {
  id: string;
  code: string;
  status: Status;
  status_label: string;
  category: Named;
  location: Position | null;
  address: string | null;
  description?: string;
  area: Named | null;
  department: Named | null;
  filed_at: string;
  due_at: string | null;
  overdue: boolean;
  answer: string | null;
  rating: number | { score: number; comment?: string | null } | null;
  photos?: Photo[];
  timeline?: PublicStep[];
  actions?: Action[];
}

export interface CaseItem {
  id: string;
  code: string;
  category: Named;
  summary: string;
  address: string | null;
  location: Position;
  area: Named | null;
  department: Named | null;
  state: string;
  state_label: string;
  status: Status;
  status_label: string;
  priority: number;
  class: string | null;
  due_at: string | null;
  overdue: boolean;
  opened_at: string;
  updated_at: string;
  rev: number;
  photo_url: string | null;
}
export interface CaseReport { id: string; code: string; description: string; filed_at: string; source: string; photos?: Photo[] }
export interface CaseEvent {
  rev: number;
  seq: number;
  kind: "step" | "mark" | "note";
  at: string;
  action?: string | null;
  label: string;
  actor: { role: string; name: string | null } | null;
  from_state?: string | null;
  to_state?: string | null;
  text?: string | null;
  form?: Record<string, unknown> | null;
}
export interface CaseClock { name: string; label: string; started_at: string; due_at: string | null; paused: boolean; overdue: boolean }
export interface CaseView extends CaseItem {
  reports: CaseReport[];
  photos: Photo[];
  timeline: CaseEvent[];
  clocks: CaseClock[];
  actions: Action[];
  answer: string | null;
  rating: ReportView["rating"];
}
export interface Explanation {
  department: Named | string | null;
  rule: { id: string; reason: string } | null;
  inputs: Record<string, unknown>;
  process_version?: string | number | null;
  ruleset_version?: string | number | null;
  area?: Named | string | null;
  [key: string]: unknown;
}
export interface Department { code: string; name: LocalText }

export interface IncidentProps {
  id: string;
  code: string;
  category: string;
  category_name: string;
  root: string;
  status: Status;
  priority: number;
  overdue: boolean;
  due_at: string | null;
  opened_at: string;
  department: string | null;
}
export type Incidents = GeoJSON.FeatureCollection<GeoJSON.Point, IncidentProps>;
export interface WardProps { code: string; name: string; name_en?: string | null; approximate?: boolean }
export type Wards = GeoJSON.FeatureCollection<GeoJSON.Polygon | GeoJSON.MultiPolygon, WardProps>;

export interface InboxItem {
  id: string;
  title: string;
  body: string;
  data: { case_id?: string; report_id?: string; photo_url?: string | null };
  created_at: string;
  read_at: string | null;
}
