import type { ConsentText } from "../../api/types";
import { t } from "../../i18n";

/** Asked once there are photos: neither answer is chosen in advance, and pressing it again takes it back. */
export function PhotoConsent({ text, answer, choose }: { text: ConsentText; answer: boolean | null; choose: (answer: boolean | null) => void }) {
  const choice = (value: boolean, label: string) => (
    <button type="button" className={`btn btn--small ${answer === value ? "btn--primary" : ""}`} aria-pressed={answer === value} onClick={() => choose(answer === value ? null : value)}>{label}</button>
  );
  return (
    <fieldset className="stack consents"><legend className="small">{t("consent_photo")}</legend>
      <p className="small" id="photo-consent">{text.text}</p>
      <div className="consent__choice" role="group" aria-labelledby="photo-consent">
        {choice(true, t("consent_yes"))}{choice(false, t("consent_no"))}
        {answer === null && <span className="muted small">{t("consent_photo_none")}</span>}
      </div>
    </fieldset>
  );
}
