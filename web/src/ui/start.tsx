import { type ReactNode, StrictMode } from "react";
import { createRoot } from "react-dom/client";
import { type Realm, realm, setRealm } from "../api/session";
import { currentLang } from "../i18n/lang";
import { useLang } from "../i18n";
import "../styles";
import { comeBackAsStaff } from "./comeBack";
import { StepUp } from "./StepUp";
import { startTheme, type Theme } from "./theme";
import { Toasts } from "./Toasts";

function Frame({ page: Page }: { page: () => ReactNode }) {
  useLang();
  return <><Page />{realm() === "staff" && <StepUp />}<Toasts /></>;
}

export function start(page: () => ReactNode, options: { realm: Realm; theme?: Theme }): void {
  setRealm(options.realm);
  if (options.realm === "staff") comeBackAsStaff();
  startTheme(options.theme);
  document.documentElement.lang = currentLang();
  createRoot(document.getElementById("root")!).render(<StrictMode><Frame page={page} /></StrictMode>);
}
