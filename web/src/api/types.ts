/**
 * Wire shapes. They come from openapi.json (`npm run types`); what the document leaves open
 * (a status is one of seven, GeoJSON, a JSON Schema) is said here.
 */
import type { components } from "./schema";

type S = components["schemas"];
type With<T, Change> = Omit<T, keyof Change> & Change;

export type Lang = "vi" | "en";
export type LocalText = Record<Lang, string>;
export type Status = "received" | "assigned" | "in_progress" | "waiting" | "resolved" | "closed" | "rejected";
export type Position = { lat: number; lon: number; accuracy_m?: number | null };
export type Named = S["Labelled"];
export interface Page<T> { items: T[]; next_cursor?: string | null }

export type Person = S["PersonOut"];
export type ConsentText = S["ConsentTextOut"];
export type Consents = With<S["ConsentsOut"], { current: Record<string, boolean | null> }>;
export type Decision = S["ConsentIn"];
export type RequestKind = S["RequestIn"]["kind"];
export type DataRequestDetail = S["RequestOut"];
export type DataRequest = With<S["RequestItem"], { status: Status }>;
export interface Tokens { access_token: string; refresh_token?: string | null; expires_in: number }
export type OwnSession = S["OwnSessionOut"];
export type StaffSession = S["StaffSessionOut"];
export type Factors = S["FactorsOut"];
export type Passkey = S["PasskeyOut"];
export type Provider = S["ProviderOut"];

export type Category = With<S["CategoryOut"], { questions: JsonSchema; children: Category[] }>;
export interface JsonSchema {
  type?: string;
  title?: string | LocalText;
  title_en?: string;
  position?: number;
  properties?: Record<string, JsonSchema>;
  required?: string[];
  enum?: (string | number)[];
  oneOf?: { const: string | number; title?: string | LocalText; title_en?: string }[];
  items?: JsonSchema;
  format?: string;
  maxLength?: number;
  minimum?: number;
  maximum?: number;
}

export type Area = S["AreaOut"];
export type Department = S["DepartmentOut"];
export type NearbyCase = With<S["NearbyOut"], { status: Status }> & { photo_url?: string | null };
export type Upload = S["UploadOut"];
export type Transfer = S["TransferOut"];
export type CityNow = S["CityOut"];
export type ReportDraft = S["ReportIn"];
export type SosCall = S["SosIn"];
export type SosKind = NonNullable<SosCall["kind"]>;
export type SosFiled = S["SosFiledOut"];
export type SosLine = S["SosLineOut"];
export type FiledReport = With<S["FiledOut"], { status: Status }>;

export type Photo = S["PhotoOut"];
export type Box = S["BoxOut"];
export type PhotoPublication = S["PublicationOut"];
export type PhotoDecision = S["DecisionIn"];
export type WaitingPhoto = S["WaitingPhotoOut"];
export type PublicStep = With<S["TimelineOut"], { status: Status }>;
export type Choice = S["ChoiceOut"];
export type Field = S["FieldOut"];
export type FieldType = Field["type"];
export type Action = S["ActionOut"];

export type ReportView = With<S["ReportOut"], { status: Status; timeline: PublicStep[] }>;
export type MyReport = With<S["MyReportOut"], { status: Status }>;

export type CaseItem = With<S["CaseItem"], { status: Status }>;
export type CaseEvent = S["CaseEventOut"];
export type CaseClock = S["ClockOut"];
export type CaseView = With<S["CaseOut"], { status: Status; relatives: Relative[] }>;
export type Explanation = S["Explanation"];
export type CaseReporter = S["CaseReporterOut"];
export type CaseReporters = S["CaseReportersOut"];
export type Relative = With<S["RelativeOut"], { status: Status }>;
export type Duplicate = With<S["DuplicateOut"], { status: Status }>;
export type Colleague = S["ColleagueOut"];
export type FittingAnswer = S["FittingAnswerOut"];
export type BulkResult = S["BulkOut"];
export type SavedView = S["ViewOut"];
export type ViewDraft = S["ViewIn"];
export type InboxItem = With<S["NotificationOut"], { data: { case_id?: string; report_id?: string; photo_url?: string | null } }>;

export interface IncidentProps {
  id: string;
  code: string;
  category: string;
  category_name: string;
  category_name_en?: string | null;
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
