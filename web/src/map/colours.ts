/** WebGL cannot read CSS variables: the map's own palette, kept in step with styles/tokens.css. */
import type { Theme } from "../ui/theme";

export const ROOTS = ["traffic", "environment", "energy", "waste", "security", "urban_order"] as const;
export interface Palette {
  sea: string; land: string; ward: string; wardLine: string; label: string; halo: string; water: string; island: string;
  stroke: string; late: string; cluster: string; clusterText: string; clusterRing: string; pick: string; other: string; ramp: readonly [few: string, some: string, many: string]; roots: Record<(typeof ROOTS)[number], string>;
}
export const palettes: Record<Theme, Palette> = {
  light: {
    sea: "#cfe2ea", land: "#ecebe4", ward: "#fbfaf6", wardLine: "#b5bfb6", label: "#44534e", halo: "#ffffff", water: "#5f8796", island: "#fbfaf6",
    stroke: "#ffffff", late: "#d92d20", cluster: "#17443f", clusterText: "#ffffff", clusterRing: "#ffffff", pick: "#0b6b63", other: "#5b6b66", ramp: ["#ffe9b0", "#f59a4a", "#b3231c"],
    roots: { traffic: "#2563c9", environment: "#1f8a4c", energy: "#c98a00", waste: "#8a5630", security: "#b12a6b", urban_order: "#6a45c2" },
  },
  dark: {
    sea: "#081820", land: "#0f1817", ward: "#1d2b29", wardLine: "#435a54", label: "#b4c5bf", halo: "#0d1615", water: "#4d7482", island: "#2a3a37",
    stroke: "#0c1413", late: "#ff5a4a", cluster: "#d9ece7", clusterText: "#0c2420", clusterRing: "#0c1413", pick: "#4fc7b8", other: "#93a5a0", ramp: ["#3b3a6b", "#b0487e", "#ffb45c"],
    roots: { traffic: "#6fa3ff", environment: "#55c98a", energy: "#f0b429", waste: "#cf9468", security: "#f278b1", urban_order: "#a98bf5" },
  },
};
