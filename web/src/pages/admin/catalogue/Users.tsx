import { useEffect, useRef, useState } from "react";
import { departments } from "../../../api/endpoints";
import { local } from "../../../i18n";
import { useLoad } from "../../../lib/hooks";
import { Empty, Failure, Skeleton, Spinner } from "../../../ui/bits";
import { toast } from "../../../ui/Toasts";
import { type Account, addUser, putUser, type UserFilter, users } from "../adminApi";
import { CheckAt, type Option, SelectAt, TextAt } from "../form";
import { AddButton, FormDialog, Table } from "../parts";
import { w, type Word } from "../words";
import { Access } from "./Access";

const ROLES = ["staff", "supervisor", "operator", "leader", "analyst", "admin"];
const roleOptions = (): Option[] => ROLES.map((r) => ({ value: r, label: w(`role_${r}` as Word) }));
type UserDoc = { id: string; username: string; name: string; role: string; department: string | null; email: string | null; language: string; active: boolean; password: string | null };
const BLANK: UserDoc = { id: "", username: "", name: "", role: "staff", department: null, email: null, language: "vi", active: true, password: null };

export function Users() {
  const [filter, setFilter] = useState<UserFilter>({});
  const key = JSON.stringify(filter);
  const first = useLoad(`admin:users:${key}`, () => users(filter));
  const [more, setMore] = useState<{ key: string; items: Account[]; next: string | null } | null>(null);
  const [busy, setBusy] = useState(false);
  const [editing, setEditing] = useState<UserDoc | null>(null);
  const units = (useLoad("departments", departments).data ?? []).map((d) => ({ value: d.code, label: local(d.name) }));
  const latest = useRef(key);
  latest.current = key;
  useEffect(() => setMore(null), [first.data]);
  const extra = more?.key === key ? more : null;
  const list = [...(first.data?.items ?? []), ...(extra?.items ?? [])], next = extra ? extra.next : (first.data?.next_cursor ?? null);
  const loadMore = async () => {
    setBusy(true);
    try { const page = await users(filter, next); if (latest.current === key) setMore({ key, items: [...(extra?.items ?? []), ...page.items], next: page.next_cursor ?? null }); } finally { setBusy(false); }
  };
  const pick = (name: keyof UserFilter, label: string, options: Option[]) => <select className="input input--small auto" aria-label={label} value={filter[name] ?? ""} onChange={(e) => setFilter({ ...filter, [name]: e.target.value || undefined } as UserFilter)}><option value="">{label}: {w("any")}</option>{options.map((o) => <option key={o.value} value={o.value}>{o.label}</option>)}</select>;
  return (
    <div className="stack">
      <div className="between wraps"><h1>{w("tab_users")}</h1><div className="row">{pick("department", w("department"), units)}{pick("role", w("role"), roleOptions())}<AddButton label={w("add_user")} onClick={() => setEditing(BLANK)} /></div></div>
      {Boolean(first.error) && <Failure error={first.error} retry={first.reload} />}
      {!first.data && !first.error && <Skeleton height={300} />}
      {first.data && !list.length && <Empty icon="users"><p>{w("users_none")}</p></Empty>}
      {list.length > 0 && <Table label={w("tab_users")} head={[w("name"), w("username"), w("role"), w("department"), "Email", ""]}>
        {list.map((u) => <tr key={u.id} className={u.active ? "" : "off"}><td><button type="button" className="linklike" onClick={() => setEditing({ ...u, password: null })}>{u.name}</button></td><td className="mono">{u.username}</td><td>{w(`role_${u.role}` as Word)}</td><td>{units.find((o) => o.value === u.department)?.label ?? u.department ?? ""}</td><td>{u.email ?? ""}</td><td>{!u.active && <span className="badge">{w("closed_account")}</span>}</td></tr>)}
      </Table>}
      {next && <div><button className="btn btn--small" disabled={busy} onClick={() => void loadMore()}>{busy && <Spinner />}{w("load_more")}</button></div>}
      {editing && <UserForm start={editing} units={units} close={() => setEditing(null)} saved={first.reload} />}
    </div>
  );
}

function UserForm({ start, units, close, saved }: { start: UserDoc; units: Option[]; close: () => void; saved: () => void }) {
  const fresh = !start.id;
  const send = async (d: UserDoc) => {
    const { name, role, department, email, language, active } = d;
    const password = d.password ? { password: d.password } : {};
    if (fresh) await addUser({ username: d.username, name, role, department, email, language, ...password });
    else await putUser(d.id, { name, role, department, email, language, active, ...password });
    toast(w("saved")); saved();
  };
  return (
    <FormDialog title={fresh ? w("add_user") : start.username} start={start} places={["/username", "/name", "/role", "/department", "/email", "/language", "/password", "/active"]} close={close} send={send}>
      {() => <>
        {fresh && <TextAt at="/username" label={w("username")} hint={w("username_hint")} mono empty="" />}
        <TextAt at="/name" label={w("person_name")} empty="" />
        <div className="pair"><SelectAt at="/role" label={w("role")} options={roleOptions()} empty="" /><SelectAt at="/language" label={w("language")} options={[{ value: "vi", label: "Tiếng Việt" }, { value: "en", label: "English" }]} /></div>
        <SelectAt at="/department" label={w("department")} empty={null} none={w("none")} options={units} />
        <TextAt at="/email" label="Email" type="email" empty={null} />
        <TextAt at="/password" label={fresh ? w("password") : w("password_new")} hint={w(fresh ? "password_hint" : "password_keep")} type="password" auto="new-password" empty={null} />
        {!fresh && <CheckAt at="/active" label={w("account_open")} hint={w("account_hint")} />}
        {!fresh && <Access id={start.id} />}
      </>}
    </FormDialog>
  );
}
