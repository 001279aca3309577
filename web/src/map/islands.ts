/** Hoàng Sa and Trường Sa belong on every map of Việt Nam. Principal islands, positions to about a kilometre. */
import { t } from "../i18n";

const hoangSa = [[111.606, 16.534], [112.34, 16.835], [111.2, 15.783], [112.733, 16.667], [111.51, 16.45], [111.76, 16.465], [112.27, 16.97]];
const truongSa = [[111.92, 8.645], [114.331, 11.43], [114.33, 9.886], [114.367, 10.18], [114.48, 10.375], [113.69, 8.967], [112.91, 7.87], [114.366, 10.376], [112.925, 8.85], [113.02, 8.86], [115.2, 10.8]];

const point = (coordinates: number[], properties: GeoJSON.GeoJsonProperties): GeoJSON.Feature => ({ type: "Feature", properties, geometry: { type: "Point", coordinates } });
export const islands = (): GeoJSON.FeatureCollection => ({
  type: "FeatureCollection",
  features: [
    ...[...hoangSa, ...truongSa].map((at) => point(at, { kind: "island" })),
    point([111.95, 16.2], { kind: "name", name: t("hoang_sa") }),
    point([113.6, 9.3], { kind: "name", name: t("truong_sa") }),
    point([112.6, 13.1], { kind: "sea", name: t("sea") }),
  ],
});
