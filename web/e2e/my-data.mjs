// Requests about one's own data: node e2e/my-data.mjs [OUT_DIR]
// BASE_URL, CHROMIUM, PASSWORD as in journey.mjs. On a phone somebody withdraws a request, has a restriction granted by the city
// and lifts it again; the report that it hid is shown as before.
import { randomUUID } from "node:crypto";
import { mkdirSync } from "node:fs";
import { chromium } from "playwright-core";

const base = process.env.BASE_URL ?? "http://127.0.0.1:8000";
const out = process.argv[2] ?? process.env.OUT_DIR ?? "screenshots";
const password = process.env.PASSWORD ?? "demo";
mkdirSync(out, { recursive: true });
const browser = await chromium.launch({ executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium", args: ["--no-sandbox", "--disable-background-networking"] });
const say = (text) => console.log(`ok  ${text}`);
const must = (yes, text) => { if (!yes) throw new Error(text); };
const until = async (what, ask) => {
  for (let i = 0; i < 60; i++) { const found = await ask(); if (found) return found; await new Promise((r) => setTimeout(r, 500)); }
  throw new Error(`never: ${what}`);
};
async function api(path, body, { method = "POST", token, ...headers } = {}) {
  const response = await fetch(base + path, {
    method: body === undefined ? "GET" : method, body: body === undefined ? undefined : JSON.stringify(body),
    headers: { "Content-Type": "application/json", ...(token && { Authorization: `Bearer ${token}` }), ...headers },
  });
  const found = await response.json();
  must(response.ok, `${path}: ${JSON.stringify(found)}`);
  return { ...found, etag: response.headers.get("ETag") };
}

const phone = `09${String(Date.now()).slice(-8)}`;
await api("/v1/auth/otp", { phone });
const session = await api("/v1/auth/otp/verify", { phone, code: "000000" });
const operator = (await api("/v1/auth/staff", { username: "operator", password })).access_token;
const filed = await api(`/v1/reports/${randomUUID()}`, {
  category: "traffic.bus", location: { lat: 16.4637 + (Math.random() - 0.5) * 0.004, lon: 107.5909 + (Math.random() - 0.5) * 0.004 },
  description: "Nhà chờ trước nhà tôi bị dột", uploads: [], answers: {}, anonymous: false,
}, { method: "PUT", token: session.access_token });
const isPublic = async () => (await fetch(`${base}/v1/reports/lookup?code=${filed.code}`)).ok;
must(await isPublic(), "the report is not public to begin with");

const context = await browser.newContext({ locale: "vi-VN", timezoneId: "Asia/Ho_Chi_Minh", reducedMotion: "reduce", viewport: { width: 390, height: 844 }, isMobile: true, hasTouch: true });
await context.addInitScript((tokens) => sessionStorage.setItem("ht.session.citizen", JSON.stringify(tokens)), { access_token: session.access_token, refresh_token: session.refresh_token });
const page = await context.newPage();
page.on("pageerror", (e) => { console.log(`page error: ${e.message}`); process.exitCode = 1; });
await page.goto(`${base}/app#/data`);
const card = page.locator('section[aria-labelledby="requests"]');

async function ask(kind, text) {
  await page.selectOption("#r-kind", kind);
  await page.fill("#r-text", text);
  await card.locator('form button:has-text("Gửi")').tap();
  await card.locator(`li:has-text("${text}")`).waitFor();
  return (await api("/v1/me/requests", undefined, { token: session.access_token })).items.find((one) => one.text === text);
}
await ask("complaint", "Gọi lại quá muộn");
await card.locator('li:has-text("Gọi lại quá muộn") .btn:has-text("Rút yêu cầu")').tap();
await card.locator('li:has-text("Gọi lại quá muộn"):has-text("Bạn đã rút yêu cầu")').waitFor();
must(await card.locator(".btn:has-text('Rút yêu cầu')").count() === 0, "what was withdrawn is offered again");
say("a request is withdrawn");

const asked = await ask("restriction", "Đừng hiện phản ánh của tôi");
const { etag } = await api(`/v1/person-requests/${asked.id}`, undefined, { token: operator });
await api(`/v1/person-requests/${asked.id}/actions/complete`, { answer: "Đã hạn chế" }, { token: operator, "If-Match": etag });
await until("the report to be hidden", async () => !(await isPublic()));
await page.reload();
const row = card.locator('li:has-text("Đừng hiện phản ánh của tôi")');
await row.locator('.btn:has-text("Bỏ hạn chế")').waitFor();
await row.scrollIntoViewIfNeeded();
await page.screenshot({ path: `${out}/my-data-granted.png` });
await row.locator('.btn:has-text("Bỏ hạn chế")').tap();
await card.locator('li:has-text("Đừng hiện phản ánh của tôi"):has-text("Không còn hạn chế")').waitFor();
await until("the report to be shown again", isPublic);
await page.screenshot({ path: `${out}/my-data-lifted.png` });
say("a restriction is lifted, and the report is shown as before");
await browser.close();
