// Both packages, packed and installed into an application outside the workspace, on a page of another origin.

import { type ChildProcess, execFile, spawn } from "node:child_process";
import { cp, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { expect, test } from "@playwright/test";
import { adminKey } from "../testing/server.js";
import { applicationPort } from "./setup.js";
import { funded, ledger, url } from "./support.js";

const run = promisify(execFile);
const web = fileURLToPath(new URL("..", import.meta.url));
const application = `http://127.0.0.1:${applicationPort}`;

test.describe.configure({ mode: "serial" });

let folder: string;
let server: ChildProcess;
let org: string;

test.beforeAll(async () => {
  test.setTimeout(240_000);
  folder = await mkdtemp(join(tmpdir(), "credit-ledger-app-"));
  await cp(join(web, "examples/app"), folder, { recursive: true });
  for (const name of ["client", "react"]) await run("npm", ["pack", "--pack-destination", folder], { cwd: join(web, name) });
  const tarballs = ["client", "react"].map((name) => `./credit-ledger-${name}-0.1.0.tgz`);
  await run("npm", ["install", "--no-audit", "--no-fund", "--prefer-offline", ...tarballs], { cwd: folder });
  await run("npx", ["vite", "build"], { cwd: folder });
  org = await funded(25);
  const env = { ...process.env, LEDGER_URL: url(), LEDGER_KEY: adminKey, ORGANIZATION: org, PORT: String(applicationPort) };
  server = spawn("node", ["server.js"], { cwd: folder, env, stdio: ["ignore", "pipe", "inherit"] });
  await new Promise((resolve) => server.stdout?.once("data", resolve));
});

test.afterAll(async () => {
  server.kill();
  await rm(folder, { recursive: true, force: true });
});

test("an application's page shows what actions cost, and a 402 opens the purchase dialog", async ({ page }) => {
  await page.goto(application);
  await expect(page.getByRole("button", { name: /25 credits available/ })).toBeVisible();
  await expect(page.getByText("Costs 10 credits")).toBeVisible();
  for (const name of ["Usage", "History", "Auto-recharge", "Purchases"]) {
    await expect(page.getByRole("heading", { name, exact: true })).toBeVisible();
  }
  const status = page.getByText("Exported.");
  await page.getByRole("button", { name: "Export" }).click();
  await expect(status).toBeVisible();
  await expect(page.getByRole("button", { name: /15 credits available/ })).toBeVisible();
  await page.getByRole("button", { name: "Export" }).click();
  await expect(page.getByRole("button", { name: /5 credits available/ })).toBeVisible();
  await expect(page.getByText("Costs 10 credits, 5 more than there are.")).toBeVisible();
  await page.getByRole("button", { name: "Export" }).click();
  const dialog = page.getByRole("dialog", { name: "Buy credits" });
  await expect(dialog.getByText("5 more credits are needed for this.")).toBeVisible();
  // The keyboard alone: choose, and leave.
  await page.keyboard.press("Escape");
  await expect(dialog).toBeHidden();
});

test("the billing page lives in a frame by a token, and sees no other organization", async ({ page }) => {
  const other = await funded(1);
  await page.goto(`${application}/billing`);
  const frame = page.frameLocator("iframe");
  await expect(frame.getByTestId("available")).toHaveText("5");
  await ledger().grant(org, { amount: 95, reason: "top-up" });
  await expect(frame.getByTestId("available")).toHaveText("100");
  const { token } = await ledger().createBrowserToken(org, { ttl_seconds: 60 });
  const asked = ["balance", "transactions", "usage", "purchases", "events", "auto-recharge"];
  const seen = await page.evaluate(
    async ([base, secret, foreign, paths]) => {
      const headers = { authorization: `Bearer ${secret}`, accept: "text/event-stream, application/json" };
      const ask = (path: string) => fetch(`${base}/v1/organizations/${foreign}/${path}`, { headers }).then((r) => r.status);
      return Promise.all(paths.map(ask));
    },
    [url(), token, other, asked] as const,
  );
  expect(seen.every((status) => status === 404 || status === 403)).toBe(true);
});
