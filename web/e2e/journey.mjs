// One report from phone to desk and back, through the pages alone: node e2e/journey.mjs [OUT_DIR]
// BASE_URL (default http://127.0.0.1:8000), CHROMIUM, STAFF, PASSWORD. Ends with status 0 when all of it worked.
import { mkdirSync } from "node:fs";
import { chromium } from "playwright-core";

const base = process.env.BASE_URL ?? "http://127.0.0.1:8000";
const out = process.argv[2] ?? process.env.OUT_DIR ?? "screenshots";
const staff = process.env.STAFF ?? "operator", password = process.env.PASSWORD ?? "demo";
mkdirSync(out, { recursive: true });
const browser = await chromium.launch({
  executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium",
  args: ["--no-sandbox", "--disable-background-networking", "--use-angle=swiftshader", "--enable-unsafe-swiftshader", "--ignore-gpu-blocklist"],
});
const common = { locale: "vi-VN", timezoneId: "Asia/Ho_Chi_Minh", reducedMotion: "reduce" };
const phone = await browser.newContext({ ...common, viewport: { width: 390, height: 844 }, isMobile: true, hasTouch: true, deviceScaleFactor: 2, geolocation: { latitude: 16.4637, longitude: 107.5909, accuracy: 12 }, permissions: ["geolocation"] });
const desk = await browser.newContext({ ...common, viewport: { width: 1440, height: 900 } });
const say = (text) => console.log(`ok  ${text}`);
let picture = 0;
const shot = (page, name, full = true) => page.screenshot({ path: `${out}/journey-${String(++picture).padStart(2, "0")}-${name}.png`, fullPage: full });

try {
  const page = await phone.newPage();
  page.on("pageerror", (e) => { console.log(`page error: ${e.message}`); process.exitCode = 1; });
  await page.goto(`${base}/app`);

  // nothing filled in: the page says what is missing and sends nothing
  await page.click(".file__send .btn--primary");
  await page.waitForSelector(".file .field__error");
  say("an empty form is not sent");

  const photo = await page.screenshot({ type: "jpeg", quality: 80 });
  await page.setInputFiles('input[type="file"]', { name: "hien-truong.jpg", mimeType: "image/jpeg", buffer: photo });
  await page.waitForSelector(".thumb__x");
  say("photo sent");
  if (!(await page.$(".place__ward b"))) await page.click(".step >> nth=1 >> .btn >> nth=0");
  await page.waitForSelector(".place__ward b", { timeout: 20_000 });
  say(`place: ${await page.innerText(".place__ward b")}`);
  await page.click(".tile >> nth=0");
  await page.click(".step >> nth=2 >> .choices .chip >> nth=0");
  for (const group of await page.$$(".step:nth-of-type(3) fieldset .choices:has(input)")) await (await group.$("label")).click();
  const story = `Ổ gà sâu giữa làn, thử nghiệm ${Date.now()}`;
  await page.fill("#description", story);
  await page.waitForTimeout(1500);
  await shot(page, "filled");

  // a reload keeps the draft
  await page.reload();
  if ((await page.inputValue("#description")) !== story) throw new Error("the draft was lost");
  say("the draft survives a reload");

  // the answer is lost on the way; sending again files nothing twice
  let lost = 0;
  await page.route("**/v1/reports/*", async (route) => {
    if (route.request().method() !== "PUT" || lost++) return route.continue();
    await route.fetch();
    return route.abort();
  });
  await page.click(".file__send .btn--primary");
  await page.waitForSelector(".file__send .note--warn");
  await page.fill("#description", `${story} (sửa)`);
  await page.click(".file__send .btn--primary");
  const code = (await (await page.waitForSelector(".done__code")).innerText()).trim();
  say(`filed as ${code}, once, although the first answer was lost`);
  await shot(page, "done");
  await page.click(".done .btn--primary");
  await page.waitForSelector(".track .timeline li");
  await page.waitForTimeout(2500);
  await shot(page, "track");
  say("tracked with its link");
  await page.goto(`${base}/?code=${encodeURIComponent(code)}`);
  await page.waitForSelector(".find__result");
  say("found by its code");
  await shot(page, "lookup", false);

  const work = await desk.newPage();
  work.on("pageerror", (e) => { console.log(`page error: ${e.message}`); process.exitCode = 1; });
  await work.goto(`${base}/desk#/?status=all&q=${encodeURIComponent(code)}`);
  await work.fill("#user", staff);
  await work.fill("#password", password);
  await work.click("form button");
  await work.waitForSelector(".case-row");
  await work.click(".case-row");
  await work.waitForSelector("#case-title");
  say("found at the desk");
  await work.click(".explain summary");
  await work.waitForSelector(".explain .quote");
  say(`explained: ${await work.innerText(".explain .quote")}`);
  await work.fill("#note", "Đã gọi điện hỏi thêm người dân.");
  await work.click(".note-form button");
  await work.waitForSelector(".timeline .t-note");
  say("note written");
  const actions = await work.$$eval(".case__actions .btn", (list) => list.map((b) => b.textContent));
  say(`buttons for ${staff}: ${actions.join(" | ") || "none"}`);
  if (actions.length) { await work.click(".case__actions .btn >> nth=0"); await work.waitForSelector("dialog[open]"); }
  await work.waitForTimeout(2000);
  await shot(work, "desk", false);
} catch (error) {
  console.log(String(error).split("\n").slice(0, 3).join("\n"));
  process.exitCode = 1;
} finally { await browser.close(); }
