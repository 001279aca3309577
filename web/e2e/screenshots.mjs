// Pictures of every page at the sizes people use: node e2e/screenshots.mjs [OUT_DIR]
// BASE_URL (default http://127.0.0.1:8000), CHROMIUM (default /usr/bin/chromium), STAFF, PASSWORD, ONLY=name,name
import { mkdirSync } from "node:fs";
import { chromium } from "playwright-core";

const base = process.env.BASE_URL ?? "http://127.0.0.1:8000";
const out = process.argv[2] ?? process.env.OUT_DIR ?? "screenshots";
const staff = process.env.STAFF ?? "operator", password = process.env.PASSWORD ?? "demo";
const only = process.env.ONLY?.split(",");
mkdirSync(out, { recursive: true });

const DESKTOP = { width: 1440, height: 900 }, WALL = { width: 1920, height: 1080 }, PHONE = { width: 390, height: 844 };
const browser = await chromium.launch({
  executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium",
  args: ["--no-sandbox", "--disable-background-networking", "--use-angle=swiftshader", "--enable-unsafe-swiftshader", "--ignore-gpu-blocklist"],
});
const problems = [];

/** One page in a fresh browser profile; anything that goes wrong or outside is reported at the end. */
async function shot(name, path, { size = DESKTOP, theme = "light", lang = "vi", full = false, steps } = {}) {
  if (only && !only.some((o) => name.startsWith(o))) return;
  const phone = size === PHONE;
  const context = await browser.newContext({ viewport: size, deviceScaleFactor: phone ? 2 : 1, colorScheme: theme, isMobile: phone, hasTouch: phone, locale: "vi-VN", timezoneId: "Asia/Ho_Chi_Minh", reducedMotion: "reduce" });
  await context.addInitScript(([t, l]) => { localStorage.setItem("ht.theme", t); localStorage.setItem("ht.lang", l); }, [theme, lang]);
  const page = await context.newPage();
  page.on("console", (m) => { if (m.type() === "error" && !/GPU|WebGL|401|404/.test(m.text())) problems.push(`${name}: ${m.text()}`); });
  page.on("pageerror", (e) => problems.push(`${name}: ${e.message}`));
  page.on("request", (r) => { if (!r.url().startsWith(base) && !/^(data|blob|about):/.test(r.url())) problems.push(`${name}: outside ${r.url()}`); });
  try {
    await page.goto(base + path, { waitUntil: "load" });
    if (steps) await steps(page);
    await page.waitForTimeout(900);
    if (await page.$(".map")) await page.waitForFunction(() => [...document.querySelectorAll(".map__canvas")].length > 0 && [...document.querySelectorAll(".map__canvas")].every((m) => m.hasAttribute("data-idle")), null, { timeout: 25_000 }).catch(() => problems.push(`${name}: the map is never idle`));
    await page.waitForTimeout(500);
    const overflow = await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
    if (overflow > 1) problems.push(`${name}: ${overflow}px wider than the screen`);
    await page.screenshot({ path: `${out}/${name}.png`, fullPage: full });
  } catch (e) { problems.push(`${name}: ${String(e).split("\n")[0]}`); await page.screenshot({ path: `${out}/${name}.png` }).catch(() => {}); }
  await context.close();
}

const signIn = async (page) => {
  await page.fill("#user", staff);
  await page.fill("#password", password);
  await page.click("form button");
  await page.waitForSelector(".cases__list .case-row");
};
const firstCase = async (page) => { await signIn(page); await page.click(".case-row >> nth=1"); await page.waitForSelector("#case-title"); };

await shot("public-desktop", "/", { full: true });
await shot("public-desktop-dark-en", "/", { theme: "dark", lang: "en" });
await shot("public-phone", "/", { size: PHONE, full: true });
await shot("ioc-wall-dark", "/ioc", { size: WALL, theme: "dark" });
await shot("ioc-wall-light", "/ioc", { size: WALL });
await shot("ioc-case", "/ioc", { size: WALL, theme: "dark", steps: async (p) => { await p.click(".live__row >> nth=2"); await p.waitForSelector(".casecard"); } });
await shot("ioc-desktop-overdue", "/ioc", { theme: "dark", steps: async (p) => { await p.waitForSelector(".live__row"); await p.click(".count--overdue"); } });
await shot("ioc-country", "/ioc", { size: WALL, steps: async (p) => { await p.waitForSelector(".live__row"); await p.click(".inset"); } });
await shot("ioc-phone", "/ioc", { size: PHONE, theme: "dark" });
await shot("desk-login", "/desk");
await shot("desk-list", "/desk", { steps: signIn });
await shot("desk-case", "/desk", { steps: firstCase });
await shot("desk-case-dark", "/desk", { theme: "dark", steps: firstCase });
await shot("desk-action", "/desk", { steps: async (p) => { await firstCase(p); await p.click(".case__actions .btn >> nth=0"); } });
await shot("desk-phone-list", "/desk", { size: PHONE, steps: signIn });
await shot("desk-phone-case", "/desk", { size: PHONE, steps: firstCase });
const ticked = async (page) => { await signIn(page); for (const n of [0, 1, 2]) await page.check(`.case-item__tick input >> nth=${n}`); };
await shot("desk-bulk", "/desk", { steps: async (p) => { await ticked(p); await p.click(".bulk .btn--primary"); await p.waitForSelector(".bulk__offer"); } });
await shot("desk-phone-bulk", "/desk", { size: PHONE, theme: "dark", steps: ticked });
const call = async (page) => { await signIn(page); await page.click(".top__call"); await page.waitForSelector(".call .tile"); };
await shot("desk-call", "/desk", { full: true, steps: call });
await shot("desk-phone-call-dark", "/desk", { size: PHONE, theme: "dark", full: true, steps: call });
await shot("app-phone", "/app", { size: PHONE, full: true });
await shot("app-desktop-dark", "/app", { theme: "dark", full: true });
await shot("app-phone-mine", "/app#/mine", { size: PHONE });
const docs = { steps: (p) => p.waitForSelector(".opblock") };
await shot("docs", "/docs", docs);
await shot("docs-phone", "/docs", { size: PHONE, ...docs });

await browser.close();
console.log(problems.length ? problems.join("\n") : "no problems");
process.exitCode = problems.length ? 1 : 0;
