import { useState } from "react";
import { t } from "../../../i18n";
import { useLoad } from "../../../lib/hooks";
import { Empty, Failure, Note, Skeleton } from "../../../ui/bits";
import { Dialog } from "../../../ui/Dialog";
import { Icon } from "../../../ui/Icon";
import { toast } from "../../../ui/Toasts";
import { putWebhook, type Webhook, webhooks } from "../adminApi";
import { CheckAt, TextAt } from "../form";
import { AddButton, FormDialog, Table } from "../parts";
import { w } from "../words";

type HookDoc = Webhook & { fresh: boolean; new_secret: boolean };

export function Webhooks() {
  const { data, error, reload } = useLoad("admin:webhooks", webhooks);
  const [editing, setEditing] = useState<HookDoc | null>(null);
  const [secret, setSecret] = useState<{ name: string; value: string } | null>(null);
  if (error) return <Failure error={error} retry={reload} />;
  if (!data) return <Skeleton height={200} />;
  return (
    <div className="stack">
      <div className="between wraps"><div><h1>{w("tab_webhooks")}</h1><p className="muted small">{w("webhooks_lead")}</p></div><AddButton label={w("add_webhook")} onClick={() => setEditing({ name: "", url: "https://", active: true, fresh: true, new_secret: false })} /></div>
      {!data.length ? <div className="card"><Empty icon="out"><p>{w("webhooks_none")}</p></Empty></div> : (
        <Table label={w("tab_webhooks")} head={[w("name"), "URL", ""]}>
          {data.map((h) => <tr key={h.name} className={h.active ? "" : "off"}><td><button type="button" className="linklike mono" onClick={() => setEditing({ ...h, fresh: false, new_secret: false })}>{h.name}</button></td><td className="mono breaks">{h.url}</td><td>{!h.active && <span className="badge">{w("retired")}</span>}</td></tr>)}
        </Table>
      )}
      {editing && (
        <FormDialog title={editing.fresh ? w("add_webhook") : editing.name} start={editing} places={["/url", "/active", "/new_secret", "/name"]} close={() => setEditing(null)}
          send={async (d) => { const made = await putWebhook(d.name || "-", { url: d.url ?? "", active: d.active, new_secret: d.new_secret }); toast(w("saved")); reload(); if (made.secret) setSecret({ name: made.name, value: made.secret }); }}>
          {() => <>
            {editing.fresh && <TextAt at="/name" label={w("code_name")} hint={w("code_hint")} mono empty="" />}
            <TextAt at="/url" label="URL" mono type="url" empty="" />
            <CheckAt at="/active" label={w("active")} />
            {!editing.fresh && <CheckAt at="/new_secret" label={w("new_secret")} hint={w("new_secret_hint")} />}
          </>}
        </FormDialog>
      )}
      {secret && <Secret {...secret} close={() => setSecret(null)} />}
    </div>
  );
}

/** The only time that the secret is seen. */
function Secret({ name, value, close }: { name: string; value: string; close: () => void }) {
  const [copied, setCopied] = useState(false);
  const copy = async () => { try { await navigator.clipboard.writeText(value); setCopied(true); } catch { document.querySelector<HTMLInputElement>("#secret")?.select(); } };
  return (
    <Dialog title={w("secret_title", { name })} onClose={close}>
      <Note kind="warn">{w("secret_once")}</Note>
      <div className="line line--1"><div className="field f"><label htmlFor="secret">{w("secret")}</label><input id="secret" className="input input--small mono" readOnly value={value} onFocus={(e) => e.currentTarget.select()} /></div><button className="btn btn--small" onClick={() => void copy()}><Icon name={copied ? "check" : "copy"} size={16} />{t(copied ? "copied" : "copy")}</button></div>
      <div className="dialog__foot"><button className="btn btn--primary" onClick={close}>{w("secret_done")}</button></div>
    </Dialog>
  );
}
