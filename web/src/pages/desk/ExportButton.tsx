import { useState } from "react";
import { type CaseFilter, casesTable } from "../../api/endpoints";
import { ApiError } from "../../api/errors";
import { t } from "../../i18n";
import { errorText, Spinner } from "../../ui/bits";
import { Icon } from "../../ui/Icon";
import { toast } from "../../ui/Toasts";

/** Everything behind the filter as a table; the server asks for a fresh proof and notes it. */
export function ExportButton({ filter }: { filter: CaseFilter }) {
  const [busy, setBusy] = useState(false);
  async function take() {
    setBusy(true);
    try {
      const { file, name } = await casesTable(filter);
      const link = document.createElement("a");
      link.href = URL.createObjectURL(file);
      link.download = name;
      link.click();
      setTimeout(() => URL.revokeObjectURL(link.href), 10_000);
    } catch (error) {
      // whoever closes the question who they are wants no file any more
      if (!(error instanceof ApiError && error.code === "step_up_required")) toast(errorText(error));
    } finally { setBusy(false); }
  }
  return <button className="btn btn--small btn--plain" onClick={() => void take()} disabled={busy} title={t("list_export_hint")}>{busy ? <Spinner /> : <Icon name="down" size={16} />}{t("list_export")}</button>;
}
