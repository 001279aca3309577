import { w, type Word } from "../words";
import { Categories } from "./Categories";
import { Departments } from "./Departments";
import { Users } from "./Users";
import { Webhooks } from "./Webhooks";

const LISTS = ["departments", "categories", "users", "webhooks"] as const;
export function CatalogueTab({ path }: { path: string[] }) {
  const list = LISTS.find((l) => l === path[0]) ?? "departments";
  return (
    <div className="stack">
      <nav className="segments" aria-label={w("tab_catalogue")}>{LISTS.map((l) => <a key={l} href={`#/catalogue/${l}`} aria-current={l === list ? "page" : undefined}>{w(`tab_${l}` as Word)}</a>)}</nav>
      {list === "departments" ? <Departments /> : list === "categories" ? <Categories /> : list === "users" ? <Users /> : <Webhooks />}
    </div>
  );
}
