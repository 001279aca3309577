// The live map of the operations centre, by itself: node e2e/ioc.mjs [OUT_DIR]
// BASE_URL (default http://127.0.0.1:8000), CHROMIUM, STAFF (an operator), PASSWORD. Ends with status 0 when all of it worked.
// It files reports, the last ones a surge: run it against a demo. PATIENCE: milliseconds for a map, on a slow machine.
import { randomUUID } from "node:crypto";
import { mkdirSync } from "node:fs";
import { chromium } from "playwright-core";

const base = process.env.BASE_URL ?? "http://127.0.0.1:8000";
const out = process.argv[2] ?? process.env.OUT_DIR ?? "screenshots";
const staff = process.env.STAFF ?? "operator", password = process.env.PASSWORD ?? "demo";
mkdirSync(out, { recursive: true });
const browser = await chromium.launch({
  executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium",
  args: ["--headless", "--no-sandbox", "--disable-gpu", "--disable-background-networking", "--use-angle=swiftshader", "--enable-unsafe-swiftshader"],
});
const say = (text) => console.log(`ok  ${text}`);
const fail = (text) => { console.log(`NOT ${text}`); process.exitCode = 1; };
const check = (right, text) => (right ? say(text) : fail(text));
let picture = 0;
const shot = (page, name) => page.screenshot({ path: `${out}/ioc-${String(++picture).padStart(2, "0")}-${name}.png` });

async function open({ theme = "dark", viewport = { width: 1440, height: 900 }, phone = false } = {}) {
  const context = await browser.newContext({ viewport, colorScheme: theme, isMobile: phone, hasTouch: phone, deviceScaleFactor: phone ? 2 : 1, locale: "vi-VN", timezoneId: "Asia/Ho_Chi_Minh" });
  await context.addInitScript((t) => localStorage.setItem("ht.theme", t), theme);
  const page = await context.newPage();
  const asked = [];
  page.on("pageerror", (e) => fail(`page error: ${e.message}`));
  page.on("console", (m) => { if (m.type() === "error" && !/GPU|WebGL|401|404|ERR_INTERNET_DISCONNECTED/.test(m.text())) fail(`console: ${m.text()}`); });
  page.on("request", (r) => { asked.push(r.url()); if (!r.url().startsWith(base) && !/^(data|blob|about):/.test(r.url())) fail(`outside: ${r.url()}`); });
  return { context, page, asked };
}
async function signIn(page) {
  await page.goto(`${base}/desk`);
  await page.fill("#user", staff);
  await page.fill("#password", password);
  await page.click("form button");
  await page.waitForSelector(".cases__list .case-row");
}
const live = (page) => page.waitForSelector(".stamp__dot:not(.stamp__dot--wait)", { timeout: 15_000 });
const drawn = (page) => page.waitForSelector(".map__canvas[data-idle]", { timeout: Number(process.env.PATIENCE ?? 25_000) });
const number = async (page, name) => Number((await page.innerText(`.count--${name} .count__n`)).replace(/\D/g, ""));
const settled = (page) => page.waitForTimeout(1200);
async function file(category, lat, lon) {
  const id = randomUUID();
  const answer = await fetch(`${base}/v1/reports/${id}`, { method: "PUT", headers: { "Content-Type": "application/json" }, body: JSON.stringify({ category, location: { lat, lon }, description: "Thử bản đồ trực tiếp" }) });
  if (!answer.ok) throw new Error(`filing: ${answer.status} ${await answer.text()}`);
  return answer.json();
}
const isTile = (url) => url.includes("/tiles/open_cases/") && !url.includes("/0/0/0.mvt");

try {
  const { page, asked } = await open();
  await signIn(page);
  asked.length = 0;
  await page.goto(`${base}/ioc`);
  await live(page);
  await page.waitForSelector(".live__row");
  await drawn(page);
  await settled(page);
  await shot(page, "city");
  check(asked.some(isTile), "the map is made of tiles");
  check(asked.filter((u) => u.includes("incidents.geojson")).every((u) => u.includes("limit=200") && u.includes("bbox=")), "the list asks for the first 200 in view only");
  const open_ = await number(page, "open"), roots = (await page.$$eval(".rootchip b", (all) => all.map((b) => Number(b.textContent)))).reduce((a, b) => a + b, 0);
  check(open_ > 0 && roots === open_, `${open_} open cases, and as many by category`);

  // a report appears by itself, and only what it touches is asked for again
  await page.click('.segment button:has-text("Mới nhất")');
  await settled(page);
  asked.length = 0;
  const before = Date.now();
  const filed = await file("environment.noise", 16.4637, 107.5909);
  const acknowledged = Date.now();
  await Promise.all([page.waitForSelector(".pulse", { state: "attached", timeout: 5000 }), page.waitForRequest((r) => isTile(r.url()), { timeout: 5000 })]);
  const seen = Date.now() - acknowledged;
  check(seen < 1000, `${filed.code} is on the map ${seen} ms after it was acknowledged (filed in ${acknowledged - before} ms)`);
  await page.waitForTimeout(300);
  await shot(page, "pulse");
  await page.waitForFunction((n) => Number(document.querySelector(".count--open .count__n").textContent.replace(/\D/g, "")) === n, open_ + 1, { timeout: 6000 });
  say("the number of open cases has followed");
  await settled(page);
  const tiles = new Set(asked.filter(isTile));
  check(tiles.size === 1, `one tile was asked for again: ${[...tiles].map((u) => u.split("/open_cases/")[1]).join(" ")}`);

  // list to card; the map goes where single cases are, and a click on one opens its card
  await page.click(".live__row");
  await page.waitForSelector(".casecard");
  check((await page.innerText(".casecard")).includes(filed.code), "the newest row is the one just filed; its card is open");
  await page.waitForTimeout(900);
  await drawn(page);
  await shot(page, "card");
  await page.keyboard.press("Escape");
  await page.waitForSelector(".casecard", { state: "detached" });
  const box = await page.locator(".map__canvas").boundingBox();
  // the map has gone to the case: it stands in the middle of what the panel leaves free
  const middle = { x: box.x + box.width / 2 + (424 - 70) / 2, y: box.y + box.height / 2 };
  await page.mouse.click(middle.x, middle.y);
  await page.waitForSelector(".casecard", { timeout: 5000 });
  say(`a click on a point opens ${await page.innerText(".casecard b.num")}`);
  // withdrawn, it leaves the map: its tile is asked for again, empty or not
  asked.length = 0;
  const withdrawn = await fetch(`${base}/v1/reports/${filed.id}/actions/withdraw?track_token=${filed.track_token}`, { method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify({ reason: "Thử xong" }) });
  if (!withdrawn.ok) throw new Error(`withdrawing: ${withdrawn.status} ${await withdrawn.text()}`);
  await page.waitForSelector(`.live__row[data-id="${await caseOf(page, filed.code)}"]`, { state: "detached", timeout: 5000 });
  await settled(page);
  check(asked.some(isTile), "a withdrawn report leaves list and map");
  check(/Đóng|đóng|Rút|rút|Xong|xong|chối/.test(await page.innerText(".casecard .badge")), `the open card says so: ${await page.innerText(".casecard .badge")}`);
  await drawn(page);
  await shot(page, "withdrawn");
  await page.keyboard.press("Escape");

  // a cluster is zoomed into
  await page.click(".map__tools button >> nth=2");
  await page.waitForTimeout(900);
  await drawn(page);
  const zoomed = page.waitForRequest((r) => isTile(r.url()), { timeout: 8000 });
  const spot = await clusterOnScreen(page);
  await page.mouse.click(spot.x, spot.y);
  const level = Number((await zoomed).url().match(/open_cases\/(\d+)/)[1]);
  await page.waitForTimeout(900);
  await drawn(page);
  await shot(page, "zoomed");
  check(level >= 10, `a click on a cluster leads closer, to zoom ${level}`);
  await page.click(".map__tools button >> nth=2");
  await settled(page);

  // a filter acts on tiles, list and feed alike
  asked.length = 0;
  await drawn(page);
  const mapNow = () => page.locator(".map__canvas").screenshot();
  const unfiltered = await mapNow();
  await page.click(".rootchip >> nth=1");
  await settled(page);
  await drawn(page);
  check(!unfiltered.equals(await mapNow()), "another category is another map");
  await page.selectOption('select[aria-label="Tuổi"]', { label: "dưới 24 giờ" });
  await settled(page);
  await drawn(page);
  const wanted = "category=environment";
  check(asked.some((u) => isTile(u) && u.includes(wanted) && u.includes("max_age_h=24")), "tiles are filtered by category and age");
  check(asked.some((u) => u.includes("incidents.geojson") && u.includes(wanted) && u.includes("max_age_h=24")), "so is the list");
  check(asked.some((u) => u.includes("/stream") && u.includes(wanted) && !u.includes("age")), "so is the feed, which knows no age");
  await shot(page, "filtered");
  await page.click(".ioc__clear");
  await settled(page);
  await page.click(".count--overdue");
  await settled(page);
  const overdue = await number(page, "overdue");
  check((await page.$$(".live__row .due--late")).length === (await page.$$(".live__row")).length && overdue > 0, `${overdue} overdue: the list shows only those`);
  await page.click(".count--overdue");

  // overlays are off until somebody wants them, and each figure leads to its cases
  check(!asked.some((u) => u.includes("/v1/stats/heat")), "no overlay was loaded before it was switched on");
  await Promise.all([page.waitForResponse((r) => r.url().includes("/v1/stats/heat")), page.click('.overlays button:has-text("Mật độ")')]);
  await drawn(page);
  await settled(page);
  await shot(page, "heat");
  const moved = page.waitForResponse((r) => r.url().includes("/v1/stats/heat") && r.ok());
  await page.focus('.slider input[type="range"]');
  for (let i = 0; i < 5; i++) await page.keyboard.press("ArrowLeft");
  say(`the slider moves the period of the grid: ${new URL((await moved).url()).searchParams.get("to")}`);
  const opened = Number((await page.innerText(".slider__cases")).replace(/\D/g, ""));
  await page.click(".slider__cases");
  await page.waitForSelector(".live__head--drill");
  await page.waitForSelector('.live__row, .live .empty');
  await settled(page);
  check((await page.$$(".live__row")).length > 0, `${opened} new cases of the period lead to a list of them`);
  await page.click('.overlays button:has-text("Mật độ")');
  await Promise.all([page.waitForResponse((r) => r.url().includes("/v1/stats/areas")), page.click('.overlays button:has-text("Theo phường")')]);
  await drawn(page);
  await settled(page);
  await shot(page, "areas");
  check(/1\.000 dân|chưa có dân số/.test(await page.innerText(".overlays__legend")), `the wards' colours say what they count: ${(await page.innerText(".overlays__legend")).split("\n")[0]}`);
  await page.click(".live__head--drill .icon-button");
  await page.click('.overlays button:has-text("Theo phường")');
  await Promise.all([page.waitForResponse((r) => r.url().includes("/v1/stats/hotspots")), page.click('.overlays button:has-text("Điểm nóng")')]);
  await page.waitForTimeout(600);
  await shot(page, "hotspots");
  await page.click('.overlays button:has-text("Điểm nóng")');
  await page.click(".count--resolved");
  await page.waitForSelector(".live__head--drill");
  say("what was done today leads to its cases");
  await page.click(".live__head--drill .icon-button");

  // a surge is told, leads to its cases, and is taken in hand
  const [lon, lat] = await quietPlace(page);
  for (let i = 0; i < 6; i++) await file("security.disorder", lat + i / 20_000, lon);
  const banner = await page.waitForSelector(".surge", { timeout: 100_000 }).catch(() => null);
  check(banner, "a surge is shown");
  if (banner) {
    await shot(page, "surge");
    await page.click(".surge .btn >> nth=0");
    await page.waitForSelector(".live__head--drill");
    await page.waitForSelector(".live__row");
    check((await page.$$(".live__row")).length >= 5, "with its cases");
    // an earlier run may have left one behind, which is shown next
    for (let turn = 0; turn < 10 && (await page.locator(".surge").count()); turn++) {
      const was = await page.innerText(".surge");
      await page.click(".surge .btn--primary");
      await page.waitForFunction((text) => document.querySelector(".surge")?.innerText !== text, was);
    }
    await page.waitForSelector(".surge", { state: "detached" });
    say("and acknowledged");
  }

  // a lost line is said, and the page comes back by itself
  await page.context().setOffline(true);
  const lost = await page.waitForSelector(".stamp--off", { timeout: 60_000 }).catch(() => null);
  check(lost, `offline: ${lost ? await lost.innerText() : "nothing said"}`);
  await page.context().setOffline(false);
  await live(page);
  say("back online: live again");

  for (const [name, options] of [["light", { theme: "light" }], ["phone", { theme: "dark", phone: true, viewport: { width: 390, height: 844 } }], ["phone-light", { theme: "light", phone: true, viewport: { width: 390, height: 844 } }]]) {
    const other = await open(options);
    await other.page.goto(`${base}/ioc`);
    await live(other.page);
    await other.page.waitForSelector(".live__row");
    await drawn(other.page);
    await settled(other.page);
    await shot(other.page, name);
    const over = await other.page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
    check(over <= 0, `${name}: fits the screen, without signing in`);
    await other.context.close();
  }
} catch (error) {
  console.log(String(error).split("\n").slice(0, 3).join("\n"));
  process.exitCode = 1;
} finally { await browser.close(); }

/** The id of the case whose card is open. */
async function caseOf(page, code) {
  if ((await page.innerText(".casecard b.num")) !== code) throw new Error(`the card is not that of ${code}`);
  return (await page.getAttribute(".casecard a.btn--primary", "href")).split("/").pop();
}

/** Where a case is open, in a ward without an alert: one that goes on would take new reports in. */
async function quietPlace(page) {
  const get = async (path) => (await page.request.get(base + path)).json();
  const busy = (await get("/v1/alerts?open=true")).items.map((a) => a.area.code);
  for (const { geometry } of (await get("/v1/incidents.geojson?limit=1000")).features) {
    const [lon, lat] = geometry.coordinates;
    const { areas } = await get(`/v1/areas/locate?lat=${lat}&lon=${lon}`);
    if (areas.length && !areas.some((a) => busy.includes(a.code))) return geometry.coordinates;
  }
  throw new Error("every ward has an alert");
}

/** Where a cluster is drawn: the first place, from the middle of the free part outwards, over which the pointer changes. */
async function clusterOnScreen(page) {
  const { width, height } = page.viewportSize();
  const from = { x: (424 + width - 70) / 2, y: height / 2 };
  for (let radius = 0; radius < 300; radius += 14)
    for (let turn = 0; turn < 2 * Math.PI; turn += radius ? 14 / radius : 7) {
      const x = from.x + radius * Math.cos(turn), y = from.y + radius * Math.sin(turn);
      await page.mouse.move(x, y);
      if (await page.evaluate(() => document.querySelector(".maplibregl-canvas").style.cursor === "pointer")) return { x, y };
    }
  throw new Error("no cluster on the screen");
}
