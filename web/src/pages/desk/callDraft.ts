/** A call is entered with the caller on the line: nothing of it is kept on this computer afterwards. */
import { ApiError } from "../../api/errors";
import { fileReport } from "../../api/endpoints";
import type { FiledReport, ReportDraft } from "../../api/types";
import { uuid } from "../../lib/text";
import { type Draft, newDraft } from "../app/draft";

/** Made once, so that sending twice files once; without what the citizen's page remembers of its own reporter. */
export const newCall = (): Draft => ({ ...newDraft(), id: uuid(), contact: { name: "", phone: "", email: "" } });

/** Sends the draft; when the first try did arrive, its receipt is asked for with the very same body. */
export async function sendCall(id: string, body: ReportDraft, sent: ReportDraft | null): Promise<FiledReport> {
  try { return await fileReport(id, body); }
  catch (error) {
    if (!(error instanceof ApiError && error.status === 409 && sent)) throw error;
    return fileReport(id, sent);
  }
}
