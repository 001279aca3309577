/** Back from an identity provider: staff are where they were, and hear what went wrong. */
import { type Return, takeReturn } from "../api/oidc";
import { session, signInStaff } from "../api/session";
import { ownSession } from "../api/staff";
import { type Key, t } from "../i18n";
import { toast } from "./Toasts";

const TOLD = ["account_unknown", "account_closed", "role_unknown", "oidc_refused", "oidc_unavailable", "oidc_state_invalid", "handover_invalid"];
export const problemText = (code: string): string => t((TOLD.includes(code) ? `problem_${code}` : "problem_other") as Key);

let returned: Return | null = null;
/** What the page for signing in has to tell. */
export const staffProblem = (): string => (returned?.problem ? problemText(returned.problem) : "");

export function comeBackAsStaff(): void {
  returned = takeReturn("staff", "#/");
  if (!returned || !session("staff")) return;
  const { problem } = returned;
  // who was signed in all the time wanted to prove it; whoever was not meets the page for signing in
  if (problem) toast(problemText(problem));
  else ownSession().then((own) => { signInStaff(own.person); toast(t("proof_given")); if (own.limited) location.hash = "#/account"; }, () => undefined);
}
