// An administrator shapes the city and its accounts, through the page alone: node e2e/admin.mjs [OUT_DIR]
// BASE_URL (default http://127.0.0.1:8000), CHROMIUM, ADMIN, PASSWORD, THEME. Ends with status 0 when all of it worked.
// It publishes: run it against a demo.
import { mkdirSync } from "node:fs";
import { chromium } from "playwright-core";

const base = process.env.BASE_URL ?? "http://127.0.0.1:8000";
const out = process.argv[2] ?? process.env.OUT_DIR ?? "screenshots";
const user = process.env.ADMIN ?? "admin", password = process.env.PASSWORD ?? "demo", theme = process.env.THEME ?? "light";
mkdirSync(out, { recursive: true });
const browser = await chromium.launch({
  executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium",
  args: ["--headless", "--no-sandbox", "--disable-gpu", "--disable-background-networking"],
});
const common = { locale: "vi-VN", timezoneId: "Asia/Ho_Chi_Minh", reducedMotion: "reduce", viewport: { width: 1366, height: 860 }, colorScheme: theme };
const context = await browser.newContext(common);
const say = (text) => console.log(`ok  ${text}`);
let picture = 0;
const page = await context.newPage();
page.on("pageerror", (e) => { console.log(`page error: ${e.message}`); process.exitCode = 1; });
const shot = async (name, full = false) => {
  await page.screenshot({ path: `${out}/admin-${theme}-${String(++picture).padStart(2, "0")}-${name}.png`, fullPage: full });
  const over = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
  if (over > 0) { console.log(`${name}: the page is ${over} px too wide`); process.exitCode = 1; }
};
const view = (name) => page.click(`.segments [role="tab"]:has-text("${name}")`);
const at = (place) => page.locator(`[data-at="${place}"]`);
const go = async (hash) => { await page.goto(`${base}/admin#${hash}`); };

try {
  await go("/process");
  await page.fill("#user", user);
  await page.fill("#password", password);
  await page.click("form button");
  await page.waitForSelector(".node");
  // the oldest version: this may run again on the same city
  const oldest = async () => { await page.click(".versions li:last-child a"); await page.waitForSelector(".versions li:last-child a[aria-current]"); };
  await oldest();
  await page.waitForSelector(".node");
  say("signed in; the diagram is drawn");
  await shot("diagram");
  await page.click('.node:has-text("Đang xử lý")');
  await shot("diagram-chosen", true);
  for (const [name, picture] of [["Trạng thái", "states"], ["Bước", "actions"], ["Thời hạn", "clocks"], ["Chung", "general"], ["JSON", "json"]]) { await view(name); await shot(picture); }

  // a label, from the draft to the desk
  await view("Bước");
  await page.click('button:has-text("Sửa từ bản này")');
  const label = `Nhận việc ${Date.now() % 10000}`;
  await page.click('tr[data-at="/actions/accept"] button');
  await at("/actions/accept/label/vi").fill(label);
  await at("/actions/accept/label/en").fill(`Take on ${Date.now() % 10000}`);
  await shot("action-form", true);
  await page.reload();
  await view("Bước");
  await page.waitForSelector(`text=${label}`);
  say("the draft survives a reload");

  // broken, and refused at its place
  await view("Bước");
  await page.click('tr[data-at="/actions/approve"] button');
  await at("/actions/approve/when").fill("data.nothing > 1");
  await at("/actions/approve/label/en").fill("");
  await page.click('.draft__bar button:has-text("Kiểm tra")');
  await page.waitForSelector(".issue--error");
  if (await page.isEnabled('.draft__bar .btn--primary')) throw new Error("a broken draft may be published");
  await view("Sơ đồ");
  await page.click(".issue--error >> nth=0");
  await page.waitForSelector('[data-at="/actions/approve/when"][aria-invalid]');
  const said = await page.innerText('.f:has(> [data-at="/actions/approve/when"]) .field__error');
  const focused = await page.evaluate(() => document.activeElement?.getAttribute("data-at"));
  if (!focused?.startsWith("/actions/approve")) throw new Error(`the focus went to ${focused}`);
  say(`refused at its place: ${said}`);
  await shot("refused");

  // a state that others lead to is taken away: named here, before the server is asked
  await at("/actions/approve/when").fill("");
  await at("/actions/approve/label/en").fill("Approve and publish");
  await view("Trạng thái");
  await page.click('tr[data-at="/states/publication"] button');
  await page.click('button:has-text("Xoá trạng thái")');
  await page.click('dialog .btn--danger-full');
  await page.click('.draft__bar button:has-text("Kiểm tra")');
  await page.waitForSelector('.issue--error:has-text("publication")');
  await page.click(".issue--error >> nth=0");
  await page.waitForSelector('[data-at="/actions/approve/to"][aria-invalid]');
  await shot("state-gone");
  await at("/actions/approve/to").selectOption("resolved");
  // what began only in the state that is gone goes too
  await view("Bước");
  if (await page.isVisible('tr.orow--open[tabindex] >> nth=0')) await page.click('tr.orow--open button >> nth=0');
  await page.click('tr[data-at="/actions/publish"] button');
  await page.click('button:has-text("Xoá bước")');
  await page.click("dialog .btn--danger-full");
  await page.fill(".draft__note input", "Duyệt xong là trả lời ngay");
  await page.click('.draft__bar button:has-text("Kiểm tra")');
  await page.waitForSelector(".draft .note--ok");
  await shot("checked");
  await page.click(".draft__bar .btn--primary");
  await page.waitForSelector("dialog .changes li");
  await shot("publish");
  await page.click("dialog .btn--primary");
  await page.waitForSelector(".run, table, .note--ok");
  await page.waitForSelector('[role="tab"][aria-selected="true"]:has-text("Chuyển vụ việc")');
  say("published");

  // running cases follow, those of the state that is gone to the one that is chosen
  await page.waitForSelector('.btn--primary:has-text("Chuyển ")');
  for (const select of await page.$$("select[aria-label^='Trạng thái thay cho']")) await select.selectOption("approval");
  await shot("migrate");
  await page.click('.btn--primary:has-text("Chuyển ")');
  await page.click("dialog .btn--danger-full");
  await page.waitForSelector('.note--ok:has-text("đều đã theo")', { timeout: 120_000 });
  await page.waitForSelector('.run:first-child:has-text("Xong")', { timeout: 30_000 });
  say(`moved: ${await page.innerText(".run >> nth=0")}`.replace(/\n/g, " "));
  await shot("migrated");

  // a browser of their own: in the administrator's, the cookie is the administrator's
  const desk = await (await browser.newContext(common)).newPage();
  await desk.goto(`${base}/desk`);
  await desk.fill("#user", "supervisor.hepco");
  await desk.fill("#password", password);
  await desk.click("form button");
  await desk.waitForSelector(".case-row");
  await desk.goto(`${base}/desk#/?status=assigned`);
  await desk.click('.case-row >> nth=0');
  await desk.waitForSelector(`.case__actions .btn:has-text("${label}")`, { timeout: 15_000 });
  say("the desk shows the new label");
  await desk.close();

  // routing: a row moves, a rule is broken, and the dry run tells what would change
  await go("/routing");
  await page.waitForSelector("tr.orow");
  await oldest();
  await page.waitForSelector("tr.orow >> nth=40");
  await shot("routing");
  await page.click('button:has-text("Sửa từ bản này")');
  await page.waitForSelector('[data-tool="0:down"]');
  const first = await page.innerText("tr.orow >> nth=0");
  await page.click('[data-tool="0:down"]');
  if ((await page.innerText("tr.orow >> nth=1")).split("\n")[1] !== first.split("\n")[1]) throw new Error("the row did not move");
  await page.click('[data-tool="1:up"]');
  await page.click('tr[data-at="/rows/17"] .orow__toggle button');
  await at("/rows/17/then/department").selectOption("ubnd");
  await at("/rows/17/reason/en").fill("");
  await shot("rule-form", true);
  await page.click('.draft__bar button:has-text("Kiểm tra")');
  await page.waitForSelector(".issue--error");
  await page.click(".issue--error >> nth=0");
  await page.waitForSelector('[data-at="/rows/17/reason/en"][aria-invalid]');
  say(`a rule is refused: ${await page.innerText(".issue--error >> nth=0")}`.replace(/\n/g, " "));
  await shot("rule-refused");
  await at("/rows/17/reason/en").fill("The ward mends it");
  await page.click('.draft__bar button:has-text("Kiểm tra")');
  await page.waitForSelector(".draft .note--ok");
  await page.waitForSelector("text=phản ánh gần nhất");
  say(await page.innerText(".draft h3:has-text('phản ánh gần nhất'), .draft .note:has-text('phản ánh gần nhất')"));
  await shot("dry-run");
  await view("Hay bị chuyển lại");
  await page.waitForSelector(".share, .note--ok");
  await shot("overruled");
  await page.click(".draft__bar .btn--primary");
  await page.click("dialog .btn--primary");
  await page.waitForSelector('.version[aria-current] .badge--ok');
  say("routing rules published");

  // a holiday, added and taken away again
  await go("/calendars");
  await page.waitForSelector(".month");
  await page.click('button:has-text("Thêm ngày nghỉ")');
  await page.click("dialog .btn--primary");
  await page.waitForSelector("dialog .field__error");
  say(`a day without a name is refused: ${await page.innerText("dialog .field__error >> nth=0")}`);
  await shot("day-refused");
  const year = new Date().getFullYear();
  await at("/day").fill(`${year}-12-24`);
  await at("/name").fill("Nghỉ theo quyết định của thành phố");
  await page.click("dialog .btn--primary");
  await page.waitForSelector('td:has-text("Nghỉ theo quyết định")');
  await page.click('button:has-text("Thêm ngày làm bù")');
  await at("/day").fill(`${year}-12-26`);
  await at("/name").fill("Làm bù");
  await page.click("dialog .btn--primary");
  await page.waitForSelector('td:has-text("Làm bù")');
  await shot("calendar", true);
  for (const name of ["Nghỉ theo quyết định", "Làm bù"]) {
    await page.click(`tr:has-text("${name}") .orow__tools button`);
    await page.click("dialog .btn--danger-full");
    await page.waitForSelector(`td:has-text("${name}")`, { state: "detached" });
  }
  await page.click('button:has-text("Sửa giờ trong tuần")');
  await shot("week");
  await page.keyboard.press("Escape");
  say("a holiday and a worked day added, and taken away again");

  for (const list of ["departments", "categories", "users", "webhooks"]) {
    await go(`/catalogue/${list}`);
    await page.waitForSelector(`.admin table, .admin .empty`);
    await shot(list);
    const row = await page.$(".table .linklike >> nth=3");
    if (row) { await row.click(); await page.waitForSelector("dialog[open]"); await shot(`${list}-form`); await page.click("dialog .btn--primary"); await page.waitForSelector("dialog[open]", { state: "detached" }); say(`${list}: saved as it was`); }
  }
  // somebody of staff who lost a phone: signed out everywhere, and a second factor forgotten
  const someone = "staff.hepco", call = (path, options = {}) => fetch(base + path, { ...options, headers: { "Content-Type": "application/json", ...options.headers } });
  const { access_token } = await (await call("/v1/auth/staff", { method: "POST", body: JSON.stringify({ username: someone, password }), headers: { "User-Agent": "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/130.0.0.0 Safari/537.36" } })).json();
  const works = async () => (await call("/v1/me", { headers: { Authorization: `Bearer ${access_token}` } })).status;
  if ((await works()) !== 200) throw new Error("the other session does not work");
  await go("/catalogue/users");
  await page.click(`tr:has(td.mono:text-is("${someone}")) .linklike`);
  await page.waitForSelector('.access li:has-text("Chrome · Windows")');
  await page.click('dialog .btn:text-is("Đăng xuất khỏi mọi nơi")');
  await page.waitForSelector("dialog .btn--danger-full");
  await shot("access");
  await page.keyboard.press("Enter");
  await page.waitForSelector("text=Hiện không đăng nhập ở đâu.");
  if ((await works()) !== 401) throw new Error("the other session still works");
  say("signed out everywhere, at once");
  await page.click('dialog .btn:has-text("Đặt lại lớp xác thực")');
  await page.click("dialog .btn--danger-full");
  if (await page.waitForSelector("#proof", { timeout: 1500 }).catch(() => null)) { await page.fill("#proof", password); await page.keyboard.press("Enter"); }
  await page.waitForSelector(".toast:has-text('Đã đặt lại')");
  say("a second factor is reset");
  await page.keyboard.press("Escape");
  await go("/catalogue/webhooks");
  await page.click('button:has-text("Thêm webhook")');
  await page.click("dialog .btn--primary");
  await page.waitForSelector("dialog .field__error");
  await shot("webhook-refused");
  const hook = `thu_${Date.now() % 100000}`;
  await at("/name").fill(hook);
  await at("/url").fill("https://example.com/hooks/hientruong");
  await page.click("dialog .btn--primary");
  await page.waitForSelector("#secret, dialog .field__error, dialog .note--danger");
  await shot("secret");
  if (!(await page.inputValue("#secret")).startsWith("whsec_")) throw new Error("no secret was shown");
  say("a webhook tells its secret once");
  await page.click('dialog .btn--primary');
  await page.click('[lang="en"].icon-button');
  await go("/process");
  await page.waitForSelector(".node");
  await shot("english");
} catch (error) {
  await page.screenshot({ path: `${out}/admin-${theme}-failed.png` }).catch(() => undefined);
  console.log(String(error).split("\n").slice(0, 6).join("\n"));
  process.exitCode = 1;
} finally { await browser.close(); }
