// Milliseconds from the start of navigation until a list shows so many rows, in Chromium with its processor so many times
// slower. Arguments: address, login, password, rounds, path, test id of a row, rows, slowness.
// Writes {"cold": [...], "warm": [...]} to standard output.
import { existsSync } from "node:fs";
import { createRequire } from "node:module";

const require = createRequire(new URL("../browser/package.json", import.meta.url));
const { chromium } = require("playwright-core");
const [address, login, password, rounds, path, row, rows, slowness] = process.argv.slice(2);
const candidates = [process.env.CHROMIUM, "/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome"];
const executablePath = candidates.find((path) => path && existsSync(path));

const browser = await chromium.launch({
  executablePath,
  args: ["--no-sandbox", "--disable-quic", "--disable-background-networking", "--disable-component-update", "--disable-sync", "--no-first-run"],
});

/** A signed-in context whose cache is empty, and its page on about:blank. */
async function fresh() {
  const context = await browser.newContext();
  const answer = await context.request.post(`${address}/api/v1/auth/sign-in`, { data: { login, password } });
  if (!answer.ok()) throw new Error(`sign-in: ${answer.status()} ${await answer.text()}`);
  const page = await context.newPage();
  const devtools = await context.newCDPSession(page);
  await devtools.send("Emulation.setCPUThrottlingRate", { rate: Number(slowness) });
  return { context, page };
}

async function untilThere(page) {
  await page.goto("about:blank");
  const begun = performance.now();
  await page.goto(`${address}${path}`, { waitUntil: "commit" });
  await page.getByTestId(row).nth(Number(rows) - 1).waitFor({ state: "attached", timeout: 60_000 });
  await page.getByTestId(row).first().waitFor({ state: "visible", timeout: 60_000 });
  return performance.now() - begun;
}

const cold = [];
const warm = [];
for (let round = 0; round < Number(rounds); round += 1) {
  const { context, page } = await fresh();
  cold.push(await untilThere(page));
  warm.push(await untilThere(page));
  await context.close();
}
await browser.close();
process.stdout.write(JSON.stringify({ cold, warm }));
