import { useState } from "react";
import { ApiError } from "../../api/errors";
import { errorText, Spinner } from "../../ui/bits";
import { Icon } from "../../ui/Icon";
import { toast } from "../../ui/Toasts";

/** Takes a file along for which the server asks for a fresh proof, and notes it. */
export function TakeButton({ label, hint, from, plain }: { label: string; hint: string; from: () => Promise<{ file: Blob; name: string }>; plain?: boolean }) {
  const [busy, setBusy] = useState(false);
  async function take() {
    setBusy(true);
    try {
      const { file, name } = await from();
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
  return <button className={plain ? "btn btn--small btn--plain" : "btn btn--small"} onClick={() => void take()} disabled={busy} title={hint}>{busy ? <Spinner /> : <Icon name="download" size={16} />}{label}</button>;
}
