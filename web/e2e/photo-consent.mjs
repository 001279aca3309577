// Whether photos may be published, as the form asks it: node e2e/photo-consent.mjs [OUT_DIR]
// BASE_URL, CHROMIUM as in journey.mjs. On a phone, light and dark: nothing is asked without photos and nothing chosen in advance;
// what is chosen is what the server notes, with the version that was shown; not choosing notes nothing. By mouse and by keyboard.
import { mkdirSync } from "node:fs";
import { chromium } from "playwright-core";

const base = process.env.BASE_URL ?? "http://127.0.0.1:8000";
const out = process.argv[2] ?? process.env.OUT_DIR ?? "screenshots";
mkdirSync(out, { recursive: true });
const browser = await chromium.launch({ executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium", args: ["--no-sandbox", "--disable-background-networking", "--use-angle=swiftshader", "--enable-unsafe-swiftshader", "--ignore-gpu-blocklist"] });
const say = (text) => console.log(`ok  ${text}`);
const must = (yes, text) => { if (!yes) throw new Error(text); };
const until = async (what, ask) => {
  for (let i = 0; i < 60; i++) { const found = await ask(); if (found) return found; await new Promise((r) => setTimeout(r, 500)); }
  throw new Error(`never: ${what}`);
};
const QUESTION = ".consents:has(#photo-consent)";

async function open(colorScheme, signedIn = null) {
  const context = await browser.newContext({ locale: "vi-VN", timezoneId: "Asia/Ho_Chi_Minh", reducedMotion: "reduce", viewport: { width: 390, height: 844 }, isMobile: true, hasTouch: true, deviceScaleFactor: 2, geolocation: { latitude: 16.4637, longitude: 107.5909, accuracy: 12 }, permissions: ["geolocation"], colorScheme });
  if (signedIn) await context.addInitScript((tokens) => sessionStorage.setItem("ht.session.citizen", JSON.stringify(tokens)), { access_token: signedIn.access_token, refresh_token: signedIn.refresh_token });
  const page = await context.newPage();
  page.on("pageerror", (e) => { console.log(`page error: ${e.message}`); process.exitCode = 1; });
  await page.goto(`${base}/app`);
  await page.waitForSelector(".tile");
  return page;
}

async function addPhoto(page) {
  const buffer = await page.screenshot({ type: "jpeg", quality: 80 });
  await page.setInputFiles('input[type="file"]', { name: "hien-truong.jpg", mimeType: "image/jpeg", buffer });
  await page.waitForSelector(".thumb__x");
}

/** Fill in the rest, send, and answer what was sent and what the server has noted of it. */
async function send(page) {
  if (!(await page.$(".place__ward b"))) await page.click(".step >> nth=1 >> .btn >> nth=0");
  await page.waitForSelector(".place__ward b", { timeout: 20_000 });
  await page.click(".tile >> nth=0");
  await page.click(".step >> nth=2 >> .choices .chip >> nth=0");
  for (const group of await page.$$(".step:nth-of-type(3) fieldset .choices:has(input)")) await (await group.$("label")).click();
  await page.fill("#description", `Thử câu hỏi về ảnh ${Date.now()}`);
  const sent = page.waitForRequest((r) => r.method() === "PUT" && r.url().includes("/v1/reports/"));
  await page.click(".file__send .btn--primary");
  const body = (await sent).postDataJSON();
  await page.waitForSelector(".done__code");
  const { id, token } = await page.evaluate(() => JSON.parse(localStorage.getItem("ht.mine"))[0]);
  const noted = await (await fetch(`${base}/v1/reports/${id}/consents?track_token=${encodeURIComponent(token)}`)).json();
  return { body, noted };
}

try {
  const { items } = await (await fetch(`${base}/v1/consents`, { headers: { "Accept-Language": "vi" } })).json();
  const text = items.find((item) => item.purpose === "publish_photo");
  for (const [scheme, answer] of [["light", true], ["dark", false], ["light", null]]) {
    const page = await open(scheme);
    must((await page.$(QUESTION)) === null, "asked without photos");
    await addPhoto(page);
    const question = await page.waitForSelector(QUESTION);
    must((await question.innerText()).includes(text.text), "not the words of the server");
    const buttons = page.locator(`${QUESTION} button`);
    const pressed = () => buttons.evaluateAll((all) => all.map((each) => each.getAttribute("aria-pressed")));
    must((await pressed()).join() === "false,false", "something is chosen in advance");
    await question.scrollIntoViewIfNeeded();
    await page.screenshot({ path: `${out}/photo-consent-${scheme}-${answer === null ? "none" : "asked"}.png` });
    if (answer !== null) {
      const button = buttons.nth(answer ? 0 : 1);
      await button.focus();
      await page.keyboard.press("Space");
      must((await pressed()).join() === `${answer},${!answer}`, "the keyboard chooses nothing");
      await question.scrollIntoViewIfNeeded();
      await page.screenshot({ path: `${out}/photo-consent-${scheme}-${answer ? "yes" : "no"}.png` });
      await button.click();
      must((await pressed()).join() === "false,false", "an answer cannot be taken back");
      await button.click();
      const wide = await page.evaluate(() => document.documentElement.scrollWidth > window.innerWidth);
      must(!wide, "wider than the phone");
    }
    const { body, noted } = await send(page);
    const expected = answer === null ? undefined : [{ purpose: "publish_photo", version: text.version, given: answer }];
    must(JSON.stringify(body.consents) === JSON.stringify(expected), `sent ${JSON.stringify(body.consents)}`);
    must(noted.current.publish_photo === answer && noted.history.length === (answer === null ? 0 : 1), `noted ${JSON.stringify(noted.current)}`);
    if (answer !== null) must(noted.history[0].sha256 === text.sha256, "another text was noted");
    say(`${scheme}: ${answer === null ? "no answer is sent" : answer ? "yes" : "no"}, and so the server has it`);
    await page.context().close();
  }

  // Photos that are taken out again take the question and its answer along.
  const page = await open("light");
  await addPhoto(page);
  await page.click(`${QUESTION} button >> nth=0`);
  await page.click(".thumb__x");
  await page.waitForSelector(QUESTION, { state: "detached" });
  say("without photos nothing is asked any more");

  // Signed in it is the account that says so, for all its reports.
  const phone = `09${String(Date.now()).slice(-8)}`;
  await fetch(`${base}/v1/auth/otp`, { method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify({ phone }) });
  const session = await (await fetch(`${base}/v1/auth/otp/verify`, { method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify({ phone, code: "000000" }) })).json();
  must(session.access_token, `not signed in: ${JSON.stringify(session)}`);
  const mine = await open("light", session);
  await addPhoto(mine);
  await mine.click(`${QUESTION} button >> nth=0`);
  const { body } = await send(mine);
  must(body.consents?.length === 1 && body.consents[0].given === true, `sent ${JSON.stringify(body.consents)}`);
  const said = await (await fetch(`${base}/v1/me/consents`, { headers: { Authorization: `Bearer ${session.access_token}` } })).json();
  must(said.current.publish_photo === true, `the account has ${JSON.stringify(said.current)}`);
  say("signed in: the account says yes");
  await mine.context().close();
} catch (error) {
  console.log(`failed: ${error.message}`);
  process.exitCode = 1;
} finally {
  await browser.close();
}
