/** Back from an identity provider: the code is exchanged once, and is out of the address before anything is drawn. */
import { ApiError, NetworkError } from "../../api/errors";
import { exchange, takeReturn } from "../../api/oidc";
import { signIn } from "../../api/session";
import { me } from "../../api/endpoints";
import { t } from "../../i18n";
import { errorText } from "../../ui/bits";
import { problemText } from "../../ui/comeBack";
import { toast } from "../../ui/Toasts";

export type Coming = { state: "none" } | { state: "exchanging" } | { state: "failed"; text: string };
let coming: Coming = { state: "none" };
const listeners = new Set<() => void>();
const become = (next: Coming) => { coming = next; listeners.forEach((tell) => tell()); };
export const onComing = (tell: () => void) => { listeners.add(tell); return () => { listeners.delete(tell); }; };
export const comingNow = (): Coming => coming;
export const forgetComing = (): void => become({ state: "none" });

export async function comeBack(): Promise<void> {
  const told = takeReturn("citizen", "#/mine");
  if (!told) return;
  if (!told.code || !told.verifier) return become({ state: "failed", text: problemText(told.problem ?? "handover_invalid") });
  become({ state: "exchanging" });
  try {
    const tokens = await exchange(told.code, told.verifier);
    signIn(tokens, {}, "citizen");
    const person = await me().catch(() => undefined);
    if (person) signIn({ ...tokens, person }, {}, "citizen");
    toast(person?.name ? t("mine_signed_as", { name: person.name }) : t("signed_in"));
    become({ state: "none" });
  } catch (error) {
    become({ state: "failed", text: error instanceof ApiError ? problemText(error.code) : error instanceof NetworkError ? errorText(error) : problemText("") });
  }
}
