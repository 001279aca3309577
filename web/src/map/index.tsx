import { lazy, Suspense } from "react";
import { t } from "../i18n";
import { Spinner } from "../ui/bits";
import type { MapProps } from "./MapView";

const Lazy = lazy(() => import("./MapView"));
/** The map library is a megabyte: it comes after the page can be read. */
export function Map(props: MapProps) {
  return <Suspense fallback={<section className={`map ${props.className ?? ""}`} style={props.style} aria-label={props.label}><div className="map__fail"><Spinner /><span className="sr">{t("loading")}</span></div></section>}><Lazy {...props} /></Suspense>;
}
