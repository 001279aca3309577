import { useEffect } from "react";
import type { Live } from "../../lib/useFeed";
import { useMap } from "../context";

const MOST = 20; // a flood is seen as a flood
const LASTS = 2600; // ms, as in base.css

/** A ring that spreads where a case was just opened. */
export function Pulses({ live: { subscribe } }: { live: Live }) {
  const tools = useMap();
  useEffect(() => {
    let shown = 0;
    return subscribe((event) => {
      if (event.type !== "case.opened" || shown >= MOST || document.hidden) return;
      const { lon, lat } = event.location;
      if (!tools.map.getBounds().contains([lon, lat])) return;
      shown++;
      // by now the library is there; the page itself stays small
      void import("maplibre-gl").then(({ Marker }) => {
        if (tools.gone) return;
        const element = document.createElement("i");
        element.className = "pulse";
        element.setAttribute("aria-hidden", "true");
        const marker = new Marker({ element }).setLngLat([lon, lat]).addTo(tools.map);
        setTimeout(() => { marker.remove(); shown--; }, LASTS);
      });
    });
  }, [tools, subscribe]);
  return null;
}
