/** problem+json (RFC 9457) as errors that a form can show at its fields. */
export type Way = "passkey" | "totp" | "password" | "sign_in";
export interface Problem { ways?: Way[]; title?: string; status?: number; code?: string; detail?: string; errors?: { pointer: string; detail: string }[] }

export class ApiError extends Error {
  override name = "ApiError";
  readonly status: number;
  readonly code: string;
  readonly fields: { pointer: string; detail: string }[];
  readonly ways: Way[];
  constructor(status: number, problem: Problem) {
    super(problem.detail || problem.title || `HTTP ${status}`);
    this.status = status;
    this.code = problem.code ?? `http_${status}`;
    this.fields = problem.errors ?? [];
    this.ways = problem.ways ?? [];
  }
  /** What the server says about one field of the form: `/reason`, `/form/reason` or `/photos/0`. */
  field(name: string): string | undefined { return fieldMessage(this.fields, name); }
}

/** No answer at all: offline, or the server is away. The request may or may not have arrived. */
export class NetworkError extends Error { override name = "NetworkError"; }

export function fieldMessage(errors: { pointer: string; detail: string }[], name: string): string | undefined {
  return errors.find(({ pointer }) => pointer.split("/").filter((s) => s && s !== "#").includes(name))?.detail;
}
