// Signing in at an identity provider, through the pages: node e2e/provider.mjs [OUT_DIR], run by tests/e2e/test_pages.py
// BASE_URL, CHROMIUM, THEME as in journey.mjs; the provider is tests/servers/oidc-provider.mjs. A citizen signs in and is back
// where they were, cancels, and brings a code of somebody else; staff sign in, set up an authenticator app by its QR code, and
// prove anew who they are. It prints "wait" when a session's proof is to grow old, and goes on at the next line of its input.
import { mkdirSync } from "node:fs";
import { createInterface } from "node:readline/promises";
import { chromium } from "playwright-core";

const base = process.env.BASE_URL ?? "http://127.0.0.1:8000";
const out = process.argv[2] ?? process.env.OUT_DIR ?? "screenshots", theme = process.env.THEME ?? "light";
mkdirSync(out, { recursive: true });
const browser = await chromium.launch({ executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium", args: ["--no-sandbox", "--disable-background-networking"] });
const common = { locale: "vi-VN", timezoneId: "Asia/Ho_Chi_Minh", reducedMotion: "reduce", colorScheme: theme };
const say = (text) => console.log(`ok  ${text}`);
const must = (yes, text) => { if (!yes) throw new Error(text); };
const watched = (page) => {
  page.on("pageerror", (e) => { console.log(`page error: ${e.message}`); process.exitCode = 1; });
  return page;
};
let number = 0;
const shot = async (page, name) => {
  await page.screenshot({ path: `${out}/provider-${theme}-${String(++number).padStart(2, "0")}-${name}.png`, fullPage: true });
  const over = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
  if (over > 0) { console.log(`${name}: the page is ${over} px too wide`); process.exitCode = 1; }
};
const away = (page) => page.waitForURL((url) => !url.href.startsWith(base));
/** On the provider's own pages: a name, any password, and yes to what we ask for. */
async function confirm(page, account) {
  await away(page);
  for (let turn = 0; turn < 4 && !page.url().startsWith(base); turn++) {
    const login = page.locator('input[name="login"]');
    if (await login.count()) { await login.fill(account); await page.fill('input[name="password"]', "x"); }
    await Promise.all([page.waitForNavigation(), page.click('button[type="submit"]')]);
  }
  await page.waitForURL((url) => url.href.startsWith(base));
}
async function cancel(page) {
  await away(page);
  await page.click('a:has-text("Cancel")');
  await page.waitForURL((url) => url.href.startsWith(base));
}
const address = (page) => page.evaluate(() => location.pathname + location.hash);
const mustBeAt = async (page, where) => must((await address(page)) === where, `it is at ${await address(page)} instead of ${where}`);

const pages = [];
try {
  // a citizen, on a phone, from the page of their data and back to it
  const phone = await browser.newContext({ ...common, viewport: { width: 390, height: 844 }, isMobile: true, hasTouch: true, deviceScaleFactor: 2 });
  const page = watched(await phone.newPage());
  pages.push(page);
  await page.goto(`${base}/app#/data`);
  await page.click(".empty .btn--primary");
  await page.waitForSelector("dialog[open] .providers .btn");
  await shot(page, "choose");
  const label = await page.innerText(".providers .btn");
  await page.locator(".providers .btn").focus();
  await page.keyboard.press("Enter");
  await cancel(page);
  await page.waitForSelector(".coming .note--danger");
  await mustBeAt(page, "/app#/data");
  say(`“${label}”, cancelled there: “${(await page.innerText(".coming .note")).split("\n")[0]}”`);
  await shot(page, "cancelled");
  await page.click(".coming .btn");
  await page.click(".empty .btn--primary");
  await page.click(".providers .btn");
  await confirm(page, "lan");
  await page.waitForSelector(".toast:has-text('Nguyễn Thị Lan')");
  await mustBeAt(page, "/app#/data");
  await page.waitForSelector("#consents");
  const kept = await page.evaluate(() => JSON.stringify([sessionStorage, localStorage]));
  must(!kept.includes("verifier"), "the verifier is kept after it was used");
  say("signed in and back at the same page; no code is in the address");
  await page.goto(`${base}/app#/mine`);
  await page.waitForSelector("text=Đã đăng nhập: Nguyễn Thị Lan");
  await shot(page, "signed-in");
  await page.reload();
  await page.waitForSelector("text=Đã đăng nhập: Nguyễn Thị Lan");
  say("a reload keeps it, and tries no code again");

  const other = watched(await phone.newPage());
  pages.push(other);
  await other.goto(`${base}/app#/signed-in?code=${"x".repeat(43)}`);
  await other.waitForSelector(".coming .note--danger");
  await mustBeAt(other, "/app#/mine");
  must(await other.locator("text=Đã đăng nhập").count() === 0, "a code from elsewhere signed somebody in");
  say(`a code that was not asked for here: “${(await other.innerText(".coming .note")).split("\n")[0]}”`);
  await phone.close();

  // staff whose only way in is the provider
  const desk = watched(await (await browser.newContext({ ...common, viewport: { width: 1440, height: 900 } })).newPage());
  pages.push(desk);
  await desk.goto(`${base}/desk#/account`);
  await desk.waitForSelector('.login__card .btn:has-text("Đăng nhập bằng")');
  await shot(desk, "desk-choose");
  await desk.click('.login__card .btn:has-text("Đăng nhập bằng")');
  await confirm(desk, "tam");
  await desk.waitForSelector(".account");
  await mustBeAt(desk, "/desk#/account");
  say("staff are back at the page that they wanted");
  const app = desk.locator(".account section:has(h2:text-is('Ứng dụng xác thực'))");
  await app.locator(".btn").click();
  await desk.waitForSelector("svg.qr path");
  await desk.locator("svg.qr").screenshot({ path: `${out}/provider-qr.png` });
  const secret = (await desk.innerText(".account__secret")).replaceAll(" ", "");
  await shot(desk, "desk-totp");
  console.log(`totp ${await app.locator("a.btn").getAttribute("href")}`);
  must(secret.length >= 16, "there is no secret beside the picture");

  console.log("wait");
  const lines = createInterface({ input: process.stdin });
  await lines.question("");
  lines.close();
  await desk.reload();
  await app.locator(".btn").click();
  await desk.waitForSelector("dialog[open] .btn--primary");
  await shot(desk, "desk-prove");
  await desk.click("dialog[open] .btn--primary");
  await cancel(desk);
  await desk.waitForSelector(".toast");
  await mustBeAt(desk, "/desk#/account");
  say(`a proof that was cancelled: “${await desk.innerText(".toast")}”`);
  await app.locator(".btn").click();
  await desk.click("dialog[open] .btn--primary");
  await confirm(desk, "tam");
  await desk.waitForSelector(".account");
  await mustBeAt(desk, "/desk#/account");
  await desk.waitForSelector(".toast:has-text('Đã xác nhận')");
  await app.locator(".btn").click();
  await desk.waitForSelector("svg.qr path");
  say("proved anew at the provider, back in place, and what was refused works");
} catch (error) {
  console.log(String(error).split("\n").slice(0, 3).join("\n"));
  process.exitCode = 1;
  for (const [n, page] of pages.entries()) await page.screenshot({ path: `${out}/provider-${theme}-failed-${n}.png`, fullPage: true }).catch(() => {});
} finally { await browser.close(); }
