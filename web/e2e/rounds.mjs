// What happens after a report is filed, and photos as cameras make them: node e2e/rounds.mjs [OUT_DIR]
// BASE_URL, CHROMIUM, PASSWORD as in journey.mjs; HEIC names a .heic or .heif file to send too.
// Withdraw, leave, transfer out of sight, a refusal by the server at its field, result and reopening, large photos.
import { existsSync, mkdirSync } from "node:fs";
import { randomUUID } from "node:crypto";
import { chromium } from "playwright-core";

const base = process.env.BASE_URL ?? "http://127.0.0.1:8000";
const out = process.argv[2] ?? process.env.OUT_DIR ?? "screenshots";
const password = process.env.PASSWORD ?? "demo", heic = process.env.HEIC;
mkdirSync(out, { recursive: true });
const browser = await chromium.launch({
  executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium",
  args: ["--no-sandbox", "--disable-background-networking", "--use-angle=swiftshader", "--enable-unsafe-swiftshader", "--ignore-gpu-blocklist"],
});
const common = { locale: "vi-VN", timezoneId: "Asia/Ho_Chi_Minh", reducedMotion: "reduce" };
const phone = await browser.newContext({ ...common, viewport: { width: 390, height: 844 }, isMobile: true, hasTouch: true, deviceScaleFactor: 2 });
const say = (text) => console.log(`ok  ${text}`);
const must = (yes, text) => { if (!yes) throw new Error(text); };
const watched = (page) => { page.on("pageerror", (e) => { console.log(`page error: ${e.message}`); process.exitCode = 1; }); return page; };
const shot = (page, name) => page.screenshot({ path: `${out}/rounds-${name}.png` });

/** A report made at the API, so that each round starts with its own. */
async function file(description, headers = {}) {
  const id = randomUUID(), form = new FormData();
  form.append("file", new Blob([picture], { type: "image/jpeg" }), "o-ga.jpg");
  const upload = await (await fetch(`${base}/v1/media`, { method: "POST", body: form, headers })).json();
  const response = await fetch(`${base}/v1/reports/${id}`, {
    method: "PUT", headers: { "Content-Type": "application/json", ...headers },
    body: JSON.stringify({ category: "traffic.pothole", location: { lat: 16.4637, lon: 107.5909 }, description: `${description} ${Date.now()}`, uploads: [upload.upload_id], answers: {}, anonymous: true }),
  });
  const body = await response.json();
  must(response.ok, `not filed: ${JSON.stringify(body)}`);
  return { ...body, path: `/app#/r/${id}?t=${body.track_token}` };
}
const start = await phone.newPage();
const picture = await start.screenshot({ type: "jpeg" });
await start.close();
const pages = {};
/** The desk of one person, signed in. */
async function deskOf(person) {
  if (pages[person]) return pages[person];
  const page = watched(await (await browser.newContext({ ...common, viewport: { width: 1440, height: 900 } })).newPage());
  await page.goto(`${base}/desk`);
  await page.fill("#user", person);
  await page.fill("#password", password);
  await page.click("form button");
  await page.waitForSelector(".cases__list");
  return (pages[person] = page);
}
async function openCase(page, code) {
  await page.goto(`${base}/desk#/?status=all&q=${encodeURIComponent(code)}`);
  await page.reload();
  await page.waitForFunction((c) => { const rows = [...document.querySelectorAll(".case-row")]; return rows.length === 1 && rows[0].textContent.includes(c); }, code);
  await page.click(".case-row");
  await page.waitForSelector(`.case__head:has-text("${code}")`);
}
/** Presses a button of the process, fills in the form with `fill` and sends it. */
async function act(page, label, fill) {
  await page.click(`.btn:text-is("${label}")`);
  await page.waitForSelector("dialog[open]");
  if (fill) await fill(page.locator("dialog[open]"));
  await page.click("dialog[open] .dialog__foot .btn >> nth=1");
}
const closed = (page) => page.waitForSelector("dialog[open]", { state: "detached" });
const noise = (page, width, height, type = "image/jpeg") => page.evaluate(async ([w, h, t]) => {
  const canvas = Object.assign(document.createElement("canvas"), { width: w, height: h }), c = canvas.getContext("2d");
  const image = c.createImageData(w, h), words = new Uint32Array(image.data.buffer);
  for (let i = 0, x = 1; i < words.length; i++) { x = (Math.imul(x, 1664525) + 1013904223) >>> 0; words[i] = x | 0xff000000; }
  c.putImageData(image, 0, 0);
  const blob = await new Promise((done) => canvas.toBlob(done, t, 0.95));
  return new Promise((done) => { const r = new FileReader(); r.onload = () => done(r.result.split(",")[1]); r.readAsDataURL(blob); });
}, [width, height, type]).then((text) => Buffer.from(text, "base64"));

async function round(name, steps) {
  try { await steps(); } catch (error) {
    console.log(`FAILED ${name}: ${String(error).split("\n").slice(0, 3).join("\n")}`);
    process.exitCode = 1;
    for (const [n, context] of browser.contexts().entries()) for (const page of context.pages()) await shot(page, `failed-${name}-${n}`).catch(() => {});
  }
}

await round("withdraw", async () => {
  const report = await file("Rút lại");
  const page = watched(await phone.newPage());
  await page.goto(base + report.path);
  await page.waitForSelector(".track h1");
  await act(page, "Rút lại phản ánh", (d) => d.locator(".input").first().fill("Đã có người sửa rồi"));
  await closed(page);
  await page.waitForFunction(() => !document.querySelector(".track .btn--danger"));
  await page.waitForTimeout(800);
  await shot(page, "withdrawn");
  say(`withdrawn by the citizen, now “${await page.innerText(".track .badge >> nth=0")}”`);
  await page.close();
});

await round("leave", async () => {
  // under an account, whose reports are seen without a link
  const number = `09${String(Date.now()).slice(-8)}`, json = { "Content-Type": "application/json" };
  await fetch(`${base}/v1/auth/otp`, { method: "POST", headers: json, body: JSON.stringify({ phone: number }) });
  const tokens = await (await fetch(`${base}/v1/auth/otp/verify`, { method: "POST", headers: json, body: JSON.stringify({ phone: number, code: "000000" }) })).json();
  const headers = { Authorization: `Bearer ${tokens.access_token}` };
  const report = await file("Gỡ tôi ra", headers);
  const page = watched(await phone.newPage());
  await page.addInitScript((session) => sessionStorage.setItem("ht.session.citizen", session), JSON.stringify(tokens));
  await page.goto(`${base}/app#/r/${report.id}`);
  await page.waitForSelector("#leave-go");
  await page.focus("#leave-go");
  await page.keyboard.press("Enter");
  await page.waitForSelector("dialog[open]");
  await shot(page, "leaving");
  await page.keyboard.press("Escape");
  await closed(page);
  await page.click("#leave-go");
  await page.click("dialog[open] .btn--danger-full");
  await page.waitForSelector(`.toast:has-text("${report.code}")`);
  must(new URL(page.url()).hash === "#/mine", "it does not lead back to one's reports");
  // a worker takes the reporter out
  for (let turn = 0; ; turn++) {
    const { items } = await (await fetch(`${base}/v1/me/reports`, { headers })).json();
    if (!items.some((item) => item.id === report.id)) break;
    must(turn < 60, "the report is still the account's");
    await new Promise((done) => setTimeout(done, 500));
  }
  must((await fetch(`${base}/v1/reports/${report.id}`, { headers })).status === 404, "the account still opens it");
  must((await fetch(`${base}/v1/reports/lookup?code=${report.code}`)).ok, "the report itself is gone");
  say("left by the citizen: the report stays, and is nobody's");
  await page.close();
});

await round("transfer", async () => {
  const report = await file("Chuyển đơn vị");
  const desk = await deskOf("supervisor.hepco");
  await openCase(desk, report.code);
  await act(desk, "Chuyển đơn vị khác");
  await desk.waitForSelector("dialog[open] .field__error");
  say("a transfer without a department is not sent");
  await desk.locator("dialog[open] select").selectOption("sxd");
  await desk.locator("dialog[open] textarea, dialog[open] input.input").first().fill("Đường do Sở Xây dựng quản lý");
  const answer = desk.waitForResponse((r) => r.url().endsWith("/actions/transfer"));
  await desk.click("dialog[open] .dialog__foot .btn >> nth=1");
  must((await answer).status() === 204, `transfer answered ${(await answer).status()}`);
  await desk.waitForSelector(".toast");
  const told = await desk.innerText(".toast");
  await desk.waitForSelector(".desk__none");
  await desk.waitForFunction(() => !document.querySelector(".case-row"));
  must(!(await desk.$("dialog[open]")) && !(await desk.$(".note--danger")), "something is left over after the transfer");
  await shot(desk, "transferred");
  say(`transferred out of sight: “${told}”`);
  await openCase(await deskOf("supervisor.sxd"), report.code);
  say("the other department has it");
});

await round("refusal", async () => {
  const report = await file("Ưu tiên");
  const desk = await deskOf("operator");
  await openCase(desk, report.code);
  const answer = desk.waitForResponse((r) => r.url().endsWith("/actions/prioritise"));
  await act(desk, "Đổi mức ưu tiên", async (d) => { await d.locator('input[type="number"]').fill("2.5"); await d.locator("textarea, input.input:not([type=number])").first().fill("Gần trường học"); });
  must((await answer).status() === 422, `2.5 answered ${(await answer).status()}`);
  const words = await desk.innerText('dialog[open] .field:has(input[type="number"]) .field__error');
  await shot(desk, "refused");
  say(`refused by the server, at its field: “${words}”`);
  await desk.locator('dialog[open] input[type="number"]').fill("2");
  await desk.click("dialog[open] .dialog__foot .btn >> nth=1");
  await closed(desk);
  say("corrected and sent from the same form");
});

await round("reopen", async () => {
  const report = await file("Làm lại");
  const page = watched(await phone.newPage()), staff = await deskOf("staff.hepco"), head = await deskOf("supervisor.hepco");
  await openCase(staff, report.code);
  await act(staff, "Nhận xử lý");
  await closed(staff);
  await act(staff, "Báo kết quả", (d) => d.locator("textarea").first().fill("Đã vá mặt đường."));
  if (await staff.waitForSelector("dialog[open] .field__error", { timeout: 1500 }).catch(() => null)) {
    say("a result without its photo is not sent");
    await staff.setInputFiles('dialog[open] input[type="file"]', { name: "sau.jpg", mimeType: "image/jpeg", buffer: await noise(staff, 400, 300) });
    await staff.waitForSelector("dialog[open] .thumb img[alt]:not([alt=''])");
    await staff.click("dialog[open] .dialog__foot .btn >> nth=1");
  }
  await closed(staff);
  await openCase(head, report.code);
  await act(head, "Duyệt và trả lời");
  await closed(head);
  await page.goto(base + report.path);
  await page.waitForSelector(".track .answer");
  await act(page, "Chưa xong, yêu cầu xử lý lại", async (d) => {
    await d.locator("textarea, input.input").first().fill("Vẫn còn lún");
    await page.setInputFiles('dialog[open] input[type="file"]', { name: "lun.jpg", mimeType: "image/jpeg", buffer: await noise(page, 500, 400) });
    await page.waitForSelector("dialog[open] .thumb__x");
    await shot(page, "reopening");
  });
  await closed(page);
  await page.waitForFunction(() => ![...document.querySelectorAll(".track .btn")].some((b) => b.textContent === "Đánh giá"));
  await page.waitForTimeout(800);
  await shot(page, "reopened");
  say(`reopened with a photo, now “${await page.innerText(".track .badge >> nth=0")}”`);
  await page.close();
});

await round("photos", async () => {
  const page = watched(await (await browser.newContext({ ...common, viewport: { width: 390, height: 844 }, isMobile: true })).newPage());
  await page.addInitScript(() => { const send = XMLHttpRequest.prototype.send; XMLHttpRequest.prototype.send = function (body) { window.travelled = body.get("file").size; return send.call(this, body); }; });
  // a large one goes in pieces, and says beforehand how many bytes there are
  page.on("request", (request) => { const length = request.headers()["upload-length"]; if (length) void page.evaluate((size) => { window.travelled = size; }, Number(length)); });
  await page.goto(`${base}/app`);
  const send = async (what, payload) => {
    const sent = page.waitForResponse((r) => r.url().endsWith("/v1/media") || (/\/v1\/uploads\//.test(r.url()) && r.request().method() === "GET"), { timeout: 60_000 });
    const before = (await page.$$(".thumb__x")).length;
    await page.setInputFiles('.step input[type="file"]', payload);
    const response = await sent;
    must(response.ok(), `${what}: ${response.status()} ${await response.text()}`);
    await page.waitForFunction((n) => document.querySelectorAll(".thumb .thumb__x").length > n && !document.querySelector(".thumb__bar"), before);
    return page.evaluate(() => window.travelled);
  };
  for (const [type, name] of [["image/jpeg", "lon.jpg"], ["image/png", "lon.png"]]) {
    const buffer = await noise(page, 3200, 2400, type);
    must(buffer.length > 3 * 1024 * 1024, `${name} is only ${buffer.length} bytes`);
    const size = await send(name, { name, mimeType: type, buffer });
    must(size > 0 && size < buffer.length / 1.5, `${name} of ${buffer.length} bytes travelled as ${size}`);
    say(`${name}: ${(buffer.length / 1e6).toFixed(1)} MB travelled as ${(size / 1e6).toFixed(1)} MB`);
  }
  if (heic && existsSync(heic)) { await send("HEIC", heic); say("HEIC sent"); } else say("no HEIC file to send");
  await shot(page, "photos");
});

await browser.close();
