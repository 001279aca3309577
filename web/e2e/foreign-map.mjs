// A map of somebody else's: another origin, MapLibre straight from its package, our layers by their public addresses.
//   node e2e/foreign-map.mjs LON LAT [OUT_DIR]
// BASE_URL (default http://127.0.0.1:8000), CHROMIUM. Prints one line of JSON: what was drawn and what went wrong.
import { createReadStream } from "node:fs";
import { createServer } from "node:http";
import { basename } from "node:path";
import { fileURLToPath } from "node:url";
import { chromium } from "playwright-core";

const base = process.env.BASE_URL ?? "http://127.0.0.1:8000";
const centre = process.argv.slice(2, 4).map(Number), out = process.argv[4];
const library = fileURLToPath(new URL("../node_modules/maplibre-gl/dist/", import.meta.url));
const PAGE = `<!doctype html><meta charset="utf-8"><link rel="icon" href="data:,"><link rel="stylesheet" href="/maplibre-gl.css">
<style>html, body, #map { height: 100%; margin: 0 }</style><div id="map"></div>
<script type="module">
  import * as maplibregl from "/maplibre-gl.mjs";
  window.maplibregl = maplibregl;
</script>`;

/** The other site: its page, and the files of MapLibre. */
function serveSite() {
  const server = createServer((request, response) => {
    const name = basename(new URL(request.url, "http://site").pathname);
    if (!name.startsWith("maplibre-gl")) return response.setHeader("Content-Type", "text/html").end(PAGE);
    response.setHeader("Content-Type", name.endsWith(".css") ? "text/css" : "text/javascript");
    createReadStream(library + name).on("error", () => response.writeHead(404).end()).pipe(response);
  });
  return new Promise((resolve) => server.listen(0, "127.0.0.1", () => resolve(server)));
}

/** In the page: a map with the tiles of cases and areas. */
function draw({ base, centre }) {
  const cases = { source: "cases", "source-layer": "open_cases", type: "circle" };
  const map = new maplibregl.Map({
    container: "map",
    center: centre,
    zoom: 10,
    fadeDuration: 0,
    style: {
      version: 8,
      sources: {
        cases: { type: "vector", url: `${base}/tiles/open_cases.json` },
        areas: { type: "vector", url: `${base}/tiles/areas.json` },
      },
      layers: [
        { id: "areas", source: "areas", "source-layer": "areas", type: "line", paint: { "line-color": "#00f" } },
        { ...cases, id: "clusters", filter: ["has", "count"], paint: { "circle-color": "#f00", "circle-radius": 12 } },
        { ...cases, id: "points", filter: ["!", ["has", "count"]], paint: { "circle-color": "#0a0", "circle-radius": 8 } },
      ],
    },
  });
  window.map = map;
  window.mapErrors = [];
  map.on("error", ({ error }) => window.mapErrors.push(error.message));
}

/** In the page: what a zoom shows, once nothing more is on its way. */
async function look(zoom) {
  await new Promise((resolve, reject) => {
    map.once("idle", resolve);
    map.once("error", ({ error }) => reject(error));
    map.jumpTo({ zoom });
    map.triggerRepaint();
  });
  const of = (layer) => map.queryRenderedFeatures({ layers: [layer] });
  const bounds = map.getBounds();
  return {
    clusters: of("clusters").map(({ properties }) => properties),
    points: of("points").map(({ properties }) => properties),
    areas: [...new Set(of("areas").map(({ properties }) => properties.name))],
    bounds: [bounds.getWest(), bounds.getSouth(), bounds.getEast(), bounds.getNorth()],
  };
}

/** In the page: the other forms of the same layer, by what a browser lets a foreign page read of them. */
async function readOthers(base) {
  const count = async (path) => (await (await fetch(base + path)).json()).features.length;
  const opened = new Promise((resolve) => {
    const feed = new EventSource(`${base}/v1/incidents/stream`);
    feed.onopen = () => (feed.close(), resolve(true));
    feed.onerror = () => (feed.close(), resolve(false));
  });
  return {
    incidents: await count("/v1/incidents.geojson"),
    ogc: await count("/ogc/collections/open_cases/items?limit=1000"),
    feed: await opened,
  };
}

/** In the page: what must stay closed to it; each of these is refused by the browser. */
async function tryClosed(base) {
  const attempts = {
    categories: () => fetch(`${base}/v1/categories`),
    cases: () => fetch(`${base}/v1/cases`),
    "tiles with a token": () => fetch(`${base}/tiles/open_cases.json`, { headers: { Authorization: "Bearer x" } }),
    "tiles with cookies": () => fetch(`${base}/tiles/open_cases.json`, { credentials: "include" }),
  };
  const refused = await Promise.all(Object.values(attempts).map((attempt) => attempt().then(() => false, () => true)));
  return Object.fromEntries(Object.keys(attempts).map((name, i) => [name, refused[i] ? "refused" : "read"]));
}

const site = await serveSite();
const browser = await chromium.launch({
  executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium",
  args: ["--no-sandbox", "--disable-background-networking", "--use-angle=swiftshader", "--enable-unsafe-swiftshader", "--ignore-gpu-blocklist"],
});
try {
  const page = await browser.newPage({ viewport: { width: 1000, height: 800 } });
  const problems = [];
  page.on("console", (message) => message.type() === "error" && problems.push(message.text()));
  page.on("pageerror", (error) => problems.push(error.message));
  await page.goto(`http://127.0.0.1:${site.address().port}/`);
  await page.waitForFunction(() => "maplibregl" in window);
  await page.evaluate(draw, { base, centre });

  const zooms = {};
  for (const zoom of [10, 16]) {
    zooms[zoom] = await page.evaluate(look, zoom);
    if (out) await page.screenshot({ path: `${out}/foreign-map-z${zoom}.png` });
  }
  const others = await page.evaluate(readOthers, base);
  problems.push(...(await page.evaluate(() => window.mapErrors)));
  const wentWrong = [...problems]; // what follows is refused on purpose, which the console reports
  const closed = await page.evaluate(tryClosed, base);
  console.log(JSON.stringify({ zooms, others, closed, problems: wentWrong }));
} finally {
  await browser.close();
  site.close();
}
