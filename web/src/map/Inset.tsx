import { t } from "../i18n";
import { COAST, INSET } from "./insetPath";

const at = (lon: number, lat: number) => ({ x: (lon - INSET.west) * INSET.scale, y: (INSET.north - lat) * INSET.scale });
/** The whole country with Hoàng Sa and Trường Sa, whatever the big map shows. */
export function Inset({ here, onClick }: { here: [number, number] | null; onClick: () => void }) {
  const groups = [{ ...at(111.9, 16.4), name: "Hoàng Sa" }, { ...at(113.7, 9.6), name: "Trường Sa" }];
  const city = here && at(here[0], here[1]);
  return (
    <button className="inset" onClick={onClick} aria-label="Việt Nam – Hoàng Sa, Trường Sa" title={t("map_label") + ": Việt Nam"}>
      <svg viewBox={`0 0 ${INSET.width} ${INSET.height}`} width={118} height={118} aria-hidden="true">
        <path d={COAST} className="inset__land" />
        {groups.map((g) => <g key={g.name}>
          {[[-7, -3], [0, 2], [6, -5], [9, 3], [-3, 6]].map(([dx = 0, dy = 0], i) => <circle key={i} cx={g.x + dx} cy={g.y + dy} r={1.7} className="inset__isle" />)}
          <text x={Math.min(g.x, INSET.width - 26)} y={g.y + 19} textAnchor="middle" className="inset__name">{g.name}</text>
          <text x={Math.min(g.x, INSET.width - 26)} y={g.y + 29} textAnchor="middle" className="inset__name">(Việt Nam)</text>
        </g>)}
        {city && <circle cx={city.x} cy={city.y} r={5} className="inset__here" />}
      </svg>
    </button>
  );
}
