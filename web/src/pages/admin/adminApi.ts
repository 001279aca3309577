/** Calls of this page alone; what other pages call too is in api/endpoints. */
import { call, get, post, query } from "../../api/client";
import type { components } from "../../api/schema";
import type { Page } from "../../api/types";

type S = components["schemas"];
export type Kind = "processes" | "routing";
export type Version = S["VersionOut"];
export interface Versioned<D> extends Version { document: D }
export type Problem = S["ProblemOut"];
export type Check = S["CheckOut"];
export type Trial = S["TrialOut"];
export type StateCount = S["StateCountOut"];
export type Migration = S["MigrationOut"];
export type Overruled = S["OverruledOut"];
export type Calendar = S["CalendarOut"];
export type CalendarDays = S["CalendarDaysOut"];
export type Day = S["DayOut"];
export type DepartmentRow = S["DepartmentRowOut"];
export type CategoryRow = S["CategoryRowOut"];
export type Account = S["AccountOut"];
export type Webhook = S["WebhookOut"];
export type WebhookPut = S["WebhookPutOut"];

const seg = encodeURIComponent;
const put = async <T>(path: string, body: unknown): Promise<T> => (await call<T>(path, { method: "PUT", body })).data;
const remove = (path: string): Promise<unknown> => call(path, { method: "DELETE" });
const items = <T>(path: string): Promise<T[]> => get<{ items: T[] }>(path).then((r) => r.items);
const admin = "/v1/admin";

export const versions = (kind: Kind) => items<Version>(`${admin}/${kind}`);
export const version = <D>(kind: Kind, n: number) => get<Versioned<D>>(`${admin}/${kind}/${n}`);
export const addDraft = (kind: Kind, document: unknown, note: string) => post<Version>(`${admin}/${kind}`, { document, note });
export const deleteDraft = (kind: Kind, n: number) => remove(`${admin}/${kind}/${n}`);
export const checkVersion = (kind: Kind, n: number) => post<Check>(`${admin}/${kind}/${n}/check`, undefined);
export const publishVersion = (kind: Kind, n: number) => post<Version>(`${admin}/${kind}/${n}/publish`, undefined);
export const migrationPlan = (n: number) => items<StateCount>(`${admin}/processes/${n}/migrate`);
export const startMigration = (n: number, states: Record<string, string>) => post<Migration>(`${admin}/processes/${n}/migrate`, { states });
export const migrations = () => items<Migration>(`${admin}/processes/migrations`);
export const overruled = (days: number) => items<Overruled>(`${admin}/routing/overruled${query({ days })}`);

export const calendars = () => items<Calendar>(`${admin}/calendars`);
export const calendar = (code: string, year: number) => get<CalendarDays>(`${admin}/calendars/${seg(code)}${query({ year })}`);
export const putCalendar = (code: string, body: S["CalendarIn"]) => put<Calendar>(`${admin}/calendars/${seg(code)}`, body);
export const putDay = (code: string, day: string, body: S["DayIn"]) => put<Day>(`${admin}/calendars/${seg(code)}/days/${seg(day)}`, body);
export const deleteDay = (code: string, day: string) => remove(`${admin}/calendars/${seg(code)}/days/${seg(day)}`);

export const departmentRows = () => items<DepartmentRow>(`${admin}/departments`);
export const putDepartment = (code: string, body: unknown) => put<DepartmentRow>(`${admin}/departments/${seg(code)}`, body);
export const categoryRows = () => items<CategoryRow>(`${admin}/categories`);
export const putCategory = (code: string, body: unknown) => put<CategoryRow>(`${admin}/categories/${seg(code)}`, body);
export type UserFilter = { department?: string; role?: string; active?: string };
export const users = (filter: UserFilter, cursor?: string | null) => get<Page<Account>>(`${admin}/users${query({ ...filter, limit: 100, cursor: cursor ?? undefined })}`);
export const addUser = (body: unknown) => post<Account>(`${admin}/users`, body);
export const putUser = (id: string, body: unknown) => put<Account>(`${admin}/users/${seg(id)}`, body);
export const userSessions = (id: string) => items<S["StaffSessionOut"]>(`${admin}/users/${seg(id)}/sessions`);
export const endUserSessions = (id: string) => remove(`${admin}/users/${seg(id)}/sessions`);
export const resetUserFactors = (id: string) => remove(`${admin}/users/${seg(id)}/factors`);
export const webhooks = () => items<Webhook>(`${admin}/webhooks`);
export const putWebhook = (name: string, body: unknown) => put<WebhookPut>(`${admin}/webhooks/${seg(name)}`, body);
export const retireWebhook = (name: string) => remove(`${admin}/webhooks/${seg(name)}`);
