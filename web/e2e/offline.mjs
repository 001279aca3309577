// A field day without a network, through the citizens' page alone: node e2e/offline.mjs [OUT_DIR]
// BASE_URL, CHROMIUM, THEME as in journey.mjs; the city's demo mode (one-time code 000000). Offline, a report with two photos
// and one outside the city are sent, and one with a file that is no photo; the page is closed; opened online it hands them in:
// the photos lie at the server byte for byte, the others are told with their reasons: one is corrected and sent, one discarded. Status 0 when all of it worked.
import { mkdirSync } from "node:fs";
import { chromium } from "playwright-core";

const base = process.env.BASE_URL ?? "http://127.0.0.1:8000";
const out = process.argv[2] ?? process.env.OUT_DIR ?? "screenshots", theme = process.env.THEME ?? "light";
mkdirSync(out, { recursive: true });
const browser = await chromium.launch({
  executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium",
  args: ["--no-sandbox", "--disable-background-networking", "--use-angle=swiftshader", "--enable-unsafe-swiftshader", "--ignore-gpu-blocklist"],
});
const HERE = { latitude: 16.4637, longitude: 107.5909, accuracy: 12 }, ELSEWHERE = { latitude: 21.0285, longitude: 105.8542, accuracy: 12 };
const phone = await browser.newContext({ locale: "vi-VN", timezoneId: "Asia/Ho_Chi_Minh", reducedMotion: "reduce", colorScheme: theme, viewport: { width: 390, height: 844 }, isMobile: true, hasTouch: true, deviceScaleFactor: 2 });
// the browser's own would answer for half a minute with where one was
await phone.addInitScript(() => { navigator.geolocation.getCurrentPosition = (tell) => tell({ coords: window.here }); });
const say = (text) => console.log(`ok  ${text}`);
const must = (yes, text) => { if (!yes) throw new Error(text); };
let number = 0;
const shot = async (page, name) => {
  await page.screenshot({ path: `${out}/offline-${theme}-${String(++number).padStart(2, "0")}-${name}.png`, fullPage: true });
  const over = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
  if (over > 0) { console.log(`${name}: the page is ${over} px too wide`); process.exitCode = 1; }
};
const open = async (hash) => {
  const page = await phone.newPage();
  page.on("pageerror", (e) => { console.log(`page error: ${e.message}`); process.exitCode = 1; });
  await page.goto(`${base}/app${hash}`);
  return page;
};
/** A photo that no server has seen before; noise does not shrink. */
const noise = (page, width, height) => page.evaluate(async ([w, h, seed]) => {
  const canvas = Object.assign(document.createElement("canvas"), { width: w, height: h }), c = canvas.getContext("2d");
  const image = c.createImageData(w, h), words = new Uint32Array(image.data.buffer);
  for (let i = 0, x = seed; i < words.length; i++) { x = (Math.imul(x, 1664525) + 1013904223) >>> 0; words[i] = x | 0xff000000; }
  c.putImageData(image, 0, 0);
  const blob = await new Promise((done) => canvas.toBlob(done, "image/jpeg", 0.9));
  return new Promise((done) => { const r = new FileReader(); r.onload = () => done(r.result.split(",")[1]); r.readAsDataURL(blob); });
}, [width, height, Date.now() >>> 0]).then((text) => Buffer.from(text, "base64"));
const filed = (page) => page.evaluate(() => JSON.parse(localStorage.getItem("ht.mine") ?? "[]"));

async function fill(page, story) {
  await page.waitForSelector(".tile");
  await page.click(".tile >> nth=0");
  await page.click(".step >> nth=2 >> .choices .chip >> nth=0");
  for (const group of await page.$$(".step:nth-of-type(3) fieldset .choices:has(input)")) await (await group.$("label")).click();
  await page.fill("#description", story);
}
const place = async (page, at) => {
  await page.evaluate((coords) => { window.here = coords; }, at);
  await page.click(".step >> nth=1 >> .btn >> nth=0");
  await page.waitForSelector(".place__ward b");
};
const choose = async (page, files) => {
  await page.setInputFiles('.step input[type="file"]', files.map(([name, buffer]) => ({ name, mimeType: "image/jpeg", buffer })));
  await page.waitForFunction((n) => document.querySelectorAll(".thumb .thumb__x").length === n && !document.querySelector(".thumb__bar[role=status]"), files.length);
};
const send = async (page) => { await page.click(".file__send .btn--primary"); await page.waitForSelector(".done__mark--kept"); };

try {
  let page = await open("");
  const small = await noise(page, 400, 300), large = await noise(page, 1500, 1100), other = await noise(page, 300, 200);
  must(small.length < 1024 * 1024 && large.length > 1024 * 1024 && large.length < 3 * 1024 * 1024, `photos of ${small.length} and ${large.length} bytes try only one way of sending`);
  await page.waitForSelector(".tile");
  await page.waitForSelector(".maplibregl-canvas");
  await phone.setOffline(true);

  const story = `Ổ gà lúc mất mạng ${Date.now()}`;
  await choose(page, [["nho.jpg", small], ["lon.jpg", large]]);
  must((await page.locator(".thumb__bar:has-text('Chờ mạng')").count()) === 2, "the photos do not say that they wait");
  await place(page, HERE);
  await fill(page, story);
  await shot(page, "filled");
  await send(page);
  say("sent without a network: kept with two photos");
  await shot(page, "kept");

  await page.click(".done .btn--plain");
  const wrong = `Ngoài thành phố ${Date.now()}`;
  await choose(page, [["khac.jpg", other]]);
  await place(page, ELSEWHERE);
  await fill(page, wrong);
  await send(page);
  await page.click(".done .btn--plain");
  const third = `Thôi không gửi nữa ${Date.now()}`;
  await place(page, HERE);
  await fill(page, third);
  await choose(page, [["khong-phai-anh.jpg", Buffer.from("no photo at all ".repeat(999))]]);
  await send(page);
  await page.click(".done a.btn");
  await page.waitForSelector(".waiting__item >> nth=2");
  await shot(page, "waiting");
  await page.click("#waiting-now");
  await page.waitForSelector(".toast:has-text('Chưa có mạng')");
  must((await page.locator(".waiting__item").count()) === 3, "something was lost by trying");
  say("three wait; trying without a network loses none");
  await page.close();

  await phone.setOffline(false);
  page = await open("#/mine");
  await page.waitForFunction(() => JSON.parse(localStorage.getItem("ht.mine") ?? "[]").length === 1, null, { timeout: 60_000 });
  await page.waitForSelector(".waiting__item .note--danger >> nth=1", { timeout: 60_000 });
  await page.waitForSelector(".mine a");
  await shot(page, "handed-in");
  const [mine] = await filed(page);
  must((await page.locator(".waiting__item").count()) === 2, "the refused reports are not shown");
  const why = (await page.locator(".waiting__item .note--danger").allInnerTexts()).map((text) => `“${text.split("\n")[0]}”`);
  must(new Set(why).size === 2, `two different refusals give ${why}`);
  say(`opened again: filed as ${mine.code}; of the others it says ${why.join(" and ")}`);

  // at the server: the report with both photos, and the very bytes that were chosen
  const api = async (path, options = {}) => {
    const answer = await fetch(base + path, { ...options, headers: { "Content-Type": "application/json", ...options.headers } });
    must(answer.ok, `${path}: ${answer.status} ${answer.ok ? "" : await answer.text()}`);
    return answer;
  };
  const view = await (await api(`/v1/reports/${mine.id}?track_token=${encodeURIComponent(mine.token)}`)).json();
  must(view.description === story && view.photos.length === 2, `the server has “${view.description}” with ${view.photos.length} photos`);
  const number = `09${String(Date.now()).slice(-8)}`;
  await api("/v1/auth/otp", { method: "POST", body: JSON.stringify({ phone: number }) });
  const { access_token } = await (await api("/v1/auth/otp/verify", { method: "POST", body: JSON.stringify({ phone: number, code: "000000" }) })).json();
  const Authorization = `Bearer ${access_token}`;
  await api("/v1/me/reports", { method: "POST", headers: { Authorization }, body: JSON.stringify({ report_id: mine.id, track_token: mine.token }) });
  const archive = Buffer.from(await (await api("/v1/me/export", { headers: { Authorization } })).arrayBuffer());
  for (const [name, photo] of [["small", small], ["large", large]]) must(archive.includes(photo), `the server's ${name} photo is not the one that was chosen`);
  say(`both photos are at the server byte for byte (${small.length} and ${large.length} bytes)`);

  // a refused one is corrected where it says what is wrong, and sent under its own id
  const item = page.locator(`.waiting__item:has-text("${wrong}")`), id = await item.getAttribute("data-id");
  await item.locator(".btn--primary").click();
  await page.waitForSelector(".file__send .note--danger");
  must((await page.inputValue("#description")) === wrong && (await page.locator(".thumb img").count()) === 1, "what was to be corrected is not in the form");
  must(await page.locator(".step:nth-of-type(2) .field__error, .place__ward .due--late").count(), "the place is not marked");
  await page.waitForTimeout(1500);
  await shot(page, "correcting");
  await place(page, HERE);
  await page.waitForSelector(".place__ward b:has-text('Thuộc')");
  await page.click(".file__send .btn--primary");
  await page.waitForSelector(".done__code");
  const again = (await filed(page)).find((m) => m.id === id);
  must(again, "the corrected report has another id");
  const corrected = await (await api(`/v1/reports/${id}?track_token=${encodeURIComponent(again.token)}`)).json();
  must(corrected.photos.length === 1, `the corrected report has ${corrected.photos.length} photos`);
  say(`corrected and sent with its photo as ${again.code}`);

  await page.goto(`${base}/app#/mine`);
  await page.locator(`.waiting__item:has-text("${third}") .btn >> nth=-1`).click();
  await page.waitForSelector("dialog[open]");
  await shot(page, "discarding");
  await page.click("dialog[open] .btn--danger-full");
  await page.waitForFunction(() => !document.querySelector(".waiting"));
  const left = await page.evaluate(() => new Promise((done) => { const asked = indexedDB.open("hientruong"); asked.onsuccess = () => { const all = asked.result.transaction("photos").objectStore("photos").count(); all.onsuccess = () => done(all.result); }; }));
  must(left === 0, `${left} photos are left on the device`);
  say("the third is discarded; the device keeps nothing");
} catch (error) {
  console.log(String(error).split("\n").slice(0, 3).join("\n"));
  process.exitCode = 1;
  for (const page of phone.pages()) await page.screenshot({ path: `${out}/offline-${theme}-failed.png`, fullPage: true }).catch(() => {});
} finally { await browser.close(); }
