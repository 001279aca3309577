// A photo on its way to the public: node e2e/photos.mjs [OUT_DIR]
// BASE_URL, CHROMIUM, PASSWORD as in journey.mjs. Somebody files a photo; at the desk a box is drawn with the mouse, undone,
// drawn again, the decision undone and taken by keyboard; the public page then shows the picture with blocks under the box and
// everything else as it was. Once more on a phone, by touch, keeping a photo private; its original taken along, and a second decision from the case.
import { mkdirSync, readFileSync } from "node:fs";
import { randomUUID } from "node:crypto";
import { chromium } from "playwright-core";

const base = process.env.BASE_URL ?? "http://127.0.0.1:8000";
const out = process.argv[2] ?? process.env.OUT_DIR ?? "screenshots";
const password = process.env.PASSWORD ?? "demo";
mkdirSync(out, { recursive: true });
const browser = await chromium.launch({ executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium", args: ["--no-sandbox", "--disable-background-networking"] });
const common = { locale: "vi-VN", timezoneId: "Asia/Ho_Chi_Minh", reducedMotion: "reduce" };
const say = (text) => console.log(`ok  ${text}`);
const must = (yes, text) => { if (!yes) throw new Error(text); };
const watched = (page) => { page.on("pageerror", (e) => { console.log(`page error: ${e.message}`); process.exitCode = 1; }); return page; };
const shot = (page, name) => page.screenshot({ path: `${out}/photos-${name}.png` });
const until = async (what, ask) => {
  for (let i = 0; i < 120; i++) { const found = await ask(); if (found) return found; await new Promise((r) => setTimeout(r, 500)); }
  throw new Error(`never: ${what}`);
};

/** A picture of grey squares of 8 pixels: sharp edges everywhere, and no colour, of which WebP loses most. */
const maker = await browser.newPage({ viewport: { width: 1000, height: 750 } });
await maker.setContent(`<canvas width=1000 height=750 style="position:fixed;inset:0"></canvas><script>
  const g = document.querySelector("canvas").getContext("2d");
  for (let y = 0; y < 750; y += 8) for (let x = 0; x < 1000; x += 8) { g.fillStyle = "hsl(0 0% " + (15 + ((x * 31 + y * 17) / 8 % 8) * 10) + "%)"; g.fillRect(x, y, 8, 8); }
</script>`);
const picture = await maker.screenshot({ type: "jpeg", quality: 92 });
await maker.close();

async function file(description) {
  const form = new FormData();
  form.append("file", new Blob([picture], { type: "image/jpeg" }), "anh.jpg");
  const upload = await (await fetch(`${base}/v1/media`, { method: "POST", body: form })).json();
  const response = await fetch(`${base}/v1/reports/${randomUUID()}`, {
    method: "PUT", headers: { "Content-Type": "application/json" },
    body: JSON.stringify({ category: "traffic.pothole", location: { lat: 16.4637 + (Math.random() - 0.5) * 0.004, lon: 107.5909 + (Math.random() - 0.5) * 0.004 }, description, uploads: [upload.upload_id], answers: {}, anonymous: true, consents: [{ purpose: "publish_photo", version: "1", given: true }] }),
  });
  const body = await response.json();
  must(response.ok, `not filed: ${JSON.stringify(body)}`);
  return body;
}
const lookUp = async (code) => (await (await fetch(`${base}/v1/reports/lookup?code=${code}`)).json()).photos;
const signIn = async (person) => (await (await fetch(`${base}/v1/auth/staff`, { method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify({ username: person, password }) })).json()).access_token;
const token = await signIn("operator");
const caseOf = async (id) => (await fetch(`${base}/v1/cases/${id}`, { headers: { Authorization: `Bearer ${token}` } })).json();
const readyPhoto = (id) => until("a photo that is ready", async () => (await caseOf(id)).photos.find((p) => p.publication));

async function deskOf(context) {
  const page = watched(await (await browser.newContext({ ...common, ...context })).newPage());
  await page.goto(`${base}/desk`);
  await page.fill("#user", "operator");
  await page.fill("#password", password);
  await page.click("form button");
  await page.waitForSelector(".cases__list");
  return page;
}
/** Puts off whatever else waits, until the photo of this case is the one to look at. */
async function goTo(page, code) {
  await page.goto(`${base}/desk#/photos`);
  await page.waitForSelector(".review, .empty");
  await until(`the photo of ${code} in the queue`, async () => {
    if (await page.locator(`.photos article a:has-text("${code}")`).count()) return true;
    for (let n = 0; n < 20 && await page.locator(".review").count() && !await page.locator(`.photos article a:has-text("${code}")`).count(); n++) await page.keyboard.press("s");
    if (await page.locator('.btn:has-text("Xem lại danh sách")').count()) await page.click("text=Xem lại danh sách");
    return false;
  });
}
async function draw(page, [x, y, w, h]) {
  const stage = await page.locator(".review__stage").boundingBox();
  await page.mouse.move(stage.x + x * stage.width, stage.y + y * stage.height);
  await page.mouse.down();
  await page.mouse.move(stage.x + (x + w / 2) * stage.width, stage.y + (y + h / 2) * stage.height);
  await page.mouse.move(stage.x + (x + w) * stage.width, stage.y + (y + h) * stage.height);
  await page.mouse.up();
}
/** How many colours, roughly, and how far from the source: of the box and of a place far from it. */
const compare = (page, publicUrl, privateUrl, box) => page.evaluate(async ([publicUrl, privateUrl, box]) => {
  const pixels = async (url) => {
    const bitmap = await createImageBitmap(await (await fetch(url)).blob());
    const canvas = new OffscreenCanvas(bitmap.width, bitmap.height);
    canvas.getContext("2d").drawImage(bitmap, 0, 0);
    return canvas.getContext("2d").getImageData(0, 0, bitmap.width, bitmap.height);
  };
  const [shown, source] = [await pixels(publicUrl), await pixels(privateUrl)];
  const look = ([x, y, w, h]) => {
    const colours = new Set(); let off = 0, n = 0, edges = 0;
    for (let j = Math.round(y * shown.height); j < (y + h) * shown.height - 1; j++) for (let i = Math.round(x * shown.width); i < (x + w) * shown.width - 1; i++) {
      const at = (j * shown.width + i) * 4; let step = 0;
      for (let c = 0; c < 3; c++) { off += Math.abs(shown.data[at + c] - source.data[at + c]); step = Math.max(step, Math.abs(shown.data[at + c] - shown.data[at + 4 + c])); }
      if (step > 12) edges++;
      colours.add([0, 1, 2].map((c) => shown.data[at + c] >> 4).join()); n++;
    }
    return { colours: colours.size, off: off / n / 3, edges: edges / n };
  };
  return { size: [shown.width, shown.height], covered: look(box), elsewhere: look([0.05, 0.05, 0.15, 0.15]) };
}, [publicUrl, privateUrl, box]);

const desk = await deskOf({ viewport: { width: 1440, height: 900 } });
const first = await file("Ổ gà lớn trước chợ, có người đứng gần");
await readyPhoto(first.id);
must((await lookUp(first.code)).length === 0, "a photo is public that nobody looked at");
await goTo(desk, first.code);
const before = await desk.locator(".rbox").count();
await draw(desk, [0.4, 0.35, 0.25, 0.3]);
must(await desk.locator(".rbox").count() === before + 1, "no box was drawn");
await desk.keyboard.press("z");
must(await desk.locator(".rbox").count() === before, "the box was not undone");
await draw(desk, [0.4, 0.35, 0.25, 0.3]);
await shot(desk, "queue");
await draw(desk, [0.75, 0.7, 0.1, 0.1]);
await desk.locator(".rbox").last().click();
must(await desk.locator(".rbox").count() === before + 1, "a pressed box did not go");
say("boxes are drawn with the mouse, undone, and taken away by a press");
await desk.keyboard.press("d");
await desk.waitForSelector(".photos__held");
await shot(desk, "held");
await desk.click(".photos__held button");
must(await desk.locator(`.photos article a:has-text("${first.code}")`).count() === 1, "an undone photo did not come back");
must((await caseOf(first.id)).photos[0].publication.rev === 0, "an undone decision was sent");
say("a decision can be undone before it is sent");
await draw(desk, [0.4, 0.35, 0.25, 0.3]);
await desk.keyboard.press("d");
const shown = (await until("a public photo", async () => { const found = await lookUp(first.code); return found.length ? found : null; }))[0];
const privately = (await caseOf(first.id)).photos[0];
must(privately.publication.boxes.length >= 1, "the box was not sent");
const seen = await compare(desk, shown.large_url, privately.large_url, [0.41, 0.36, 0.23, 0.28]);
console.log(`    ${JSON.stringify(seen)}`);
must(seen.covered.off > 25 && seen.covered.edges < 0.1, "the pixels under the box are not blocks of their own");
must(seen.elsewhere.off < 8 && seen.elsewhere.edges > 0.1, "pixels outside of the box were changed");
const small = await compare(desk, shown.small_url, shown.small_url, [0.41, 0.36, 0.23, 0.28]);
must(small.covered.edges < 0.25 && Math.max(...small.size) === 400, "the small picture is not covered");
say("the public picture is blocky under the box and as it was elsewhere");

const visitor = watched(await (await browser.newContext({ ...common, viewport: { width: 1280, height: 900 } })).newPage());
await visitor.goto(`${base}/?code=${first.code}`);
await visitor.waitForSelector(".thumb img");
await visitor.waitForFunction(() => document.querySelector(".thumb img").naturalWidth > 0);
must((await visitor.locator(".thumb img").first().getAttribute("src")).startsWith("/media/public/"), "the public page shows a private link");
await visitor.locator(".thumb").first().scrollIntoViewIfNeeded();
await shot(visitor, "public");
say("the public page shows it");

const phone = await deskOf({ viewport: { width: 390, height: 844 }, hasTouch: true, isMobile: true });
const second = await file("Ổ gà ở ngã tư, chụp cả biển số xe");
await readyPhoto(second.id);
await goTo(phone, second.code);
await draw(phone, [0.1, 0.5, 0.3, 0.2]);
await shot(phone, "phone");
must(await phone.evaluate(() => document.documentElement.scrollWidth <= innerWidth), "the page is wider than the phone");
await phone.tap('.review__buttons .btn:has-text("Giữ kín")');
await until("a photo that is kept private", async () => (await caseOf(second.id)).photos[0].publication.state === "withheld");
must((await lookUp(second.code)).length === 0, "a withheld photo is public");
say("on a phone a photo is kept private by touch");

await desk.goto(`${base}/desk#/case/${first.id}`);
await desk.waitForSelector(".pub summary");
await desk.click(".pub summary");
await shot(desk, "case");
const [taken] = await Promise.all([desk.waitForEvent("download"), desk.click('.pub__row .btn:has-text("Bản gốc")')]);
must(taken.suggestedFilename() === `${first.code}-report-1.jpg`, `the original is called ${taken.suggestedFilename()}`);
must(readFileSync(await taken.path()).equals(picture), "the original is not the file that was sent");
say("its original is taken along, byte for byte");
await desk.click('.pub__row .btn:has-text("Duyệt lại")');
await desk.waitForSelector(".review__stage .rbox");
await shot(desk, "again");
await desk.click('.review__buttons .btn:has-text("Giữ kín")');
await until("the public photo to go", async () => (await lookUp(first.code)).length === 0);
must((await fetch(`${base}${shown.large_url}`)).status === 404, "a link to a withdrawn picture still opens it");
say("from the case it is taken back, and its link is dead");
await browser.close();
