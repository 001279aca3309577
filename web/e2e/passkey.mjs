// Staff set up a passkey, sign in with it, and prove with it who they are: node e2e/passkey.mjs
// BASE_URL (http://localhost:…: passkeys refuse an address), CHROMIUM. The device is Chromium's own virtual one.
// Prints one line of JSON: what happened and what went wrong.
import { chromium } from "playwright-core";

const base = process.env.BASE_URL ?? "http://localhost:8000";
const browser = await chromium.launch({
  executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium",
  args: ["--no-sandbox", "--disable-background-networking"],
});
try {
  const context = await browser.newContext({ locale: "vi-VN" });
  const page = await context.newPage();
  const problems = [];
  page.on("pageerror", (error) => problems.push(error.message));
  const device = await context.newCDPSession(page);
  await device.send("WebAuthn.enable");
  const { authenticatorId } = await device.send("WebAuthn.addVirtualAuthenticator", {
    options: { protocol: "ctap2", transport: "internal", hasResidentKey: true, hasUserVerification: true, isUserVerified: true, automaticPresenceSimulation: true },
  });

  await page.goto(`${base}/admin`);
  await page.fill("#user", "admin");
  await page.fill("#password", "demo");
  await page.click(".login__card .btn--primary");
  await page.waitForSelector(".tabs");
  const scripts = await page.evaluate(() => ({ cookie: document.cookie, stored: sessionStorage.getItem("ht.session.staff") }));

  await page.goto(`${base}/desk#/account`);
  await page.fill("#passkey-name", "Máy thử");
  await page.click("#passkey-add");
  await page.waitForSelector('.account b:has-text("Máy thử")');
  const { credentials } = await device.send("WebAuthn.getCredentials", { authenticatorId });

  await page.click('header button[aria-label="Đăng xuất"]');
  await page.waitForSelector("#passkey");
  await page.click("#passkey");
  await page.waitForSelector(".account, .desk");
  const own = await (await page.request.get(`${base}/v1/auth/staff/session`)).json();

  // a device that does not know its owner gets nobody in
  await device.send("WebAuthn.setUserVerified", { authenticatorId, isUserVerified: false });
  await page.goto(`${base}/desk`);
  await page.click('header button[aria-label="Đăng xuất"]');
  await page.waitForSelector("#passkey");
  await page.click("#passkey");
  await page.waitForTimeout(1500);
  const refused = (await page.request.get(`${base}/v1/auth/staff/session`)).status();

  console.log(JSON.stringify({ scripts, credentials: credentials.length, domain: credentials[0]?.rpId, ways: own.ways, role: own.person?.role, refused, problems }));
} finally {
  await browser.close();
}
