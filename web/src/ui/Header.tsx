import { type ReactNode, useSyncExternalStore } from "react";
import { setLang, t, useLang } from "../i18n";
import { Icon } from "./Icon";
import mark from "./mark.svg";
import { onTheme, setTheme, theme } from "./theme";

export const useTheme = () => useSyncExternalStore(onTheme, theme);

export function Switches() {
  const lang = useLang(), now = useTheme();
  const other = lang === "vi" ? "en" : "vi";
  return (
    <>
      <button className="icon-button" onClick={() => setLang(other)} lang={other} aria-label={other === "en" ? "Switch to English" : "Chuyển sang tiếng Việt"}>{other.toUpperCase()}</button>
      <button className="icon-button" onClick={() => setTheme(now === "dark" ? "light" : "dark")} aria-label={`${t("theme")}: ${now === "dark" ? t("theme_light") : t("theme_dark")}`}><Icon name={now === "dark" ? "sun" : "moon"} /></button>
    </>
  );
}

export function Header({ title, children, home = "/", narrow }: { title?: string; children?: ReactNode; home?: string; narrow?: boolean }) {
  return (
    <header className="top">
      <a className="skip" href="#main" onClick={(e) => { e.preventDefault(); document.getElementById("main")?.focus(); }}>{t("skip")}</a>
      <a className={`top__brand ${narrow ? "top__brand--lone-s" : ""}`} href={home} aria-label={t("brand")}><img src={mark} alt="" /><span>{t("brand")}</span>{title && <small>{title}</small>}</a>
      <nav className="top__nav">{children}<Switches /></nav>
    </header>
  );
}
