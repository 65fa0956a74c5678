// What operators do and see, by the rights of their keys.

import { value } from "@credit-ledger/client";
import { expect, test } from "@playwright/test";
import { funded, ledger, makeKey, signIn, url } from "./support.js";

/** These pages say what they show; how fast, the tests of what is live say. */
const soon = { timeout: 15_000 };

test.describe.configure({ timeout: 60_000 });

/** An organization that has bought 1,000 credits for 10.00 elsewhere. */
async function paid(): Promise<string> {
  const org = await funded(1);
  const params = { path: { org }, header: { "Idempotency-Key": "paid" } };
  const body = { package_id: "starter", payment_reference: `in_${org}` };
  await value(await ledger().api.POST("/v1/organizations/{org}/purchases", { params, body }));
  await ledger().consume(org, { amount: 1 });
  return org;
}

test("an operator grants, adjusts and refunds usage", async ({ page }) => {
  const org = await funded(1_000);
  await ledger().consume(org, { amount: 300, operation: "page.scan" });
  await signIn(page);
  await page.goto(`${url()}/organizations/${org}`);
  await page.getByRole("button", { name: "Grant credits" }).click();
  const dialog = page.getByRole("dialog");
  await dialog.getByLabel("Credits").fill("500");
  await dialog.getByLabel("Reason").fill("goodwill");
  await dialog.getByRole("button", { name: "Grant credits" }).click();
  await expect(dialog).toBeHidden();
  await expect(page.getByTestId("available")).toHaveText("1,200");
  await page.getByRole("button", { name: "Adjust" }).click();
  await dialog.getByLabel("Credits").fill("-2000");
  await dialog.getByLabel("Reason").fill("a mistake");
  await dialog.getByRole("button", { name: "Adjust" }).click();
  await expect(dialog.getByRole("alert")).toBeVisible();
  await dialog.getByLabel("Credits").fill("-200");
  await dialog.getByRole("button", { name: "Adjust" }).click();
  await expect(page.getByTestId("available")).toHaveText("1,000");
  await page.getByRole("link", { name: "History" }).click();
  await page.getByRole("button", { name: "Refund" }).click();
  await dialog.getByLabel("Credits").fill("100");
  await dialog.getByLabel("Reason").fill("blank pages");
  await dialog.getByRole("button", { name: "Refund" }).click();
  await expect(page.getByRole("cell", { name: "+100", exact: true })).toBeVisible();
});

test("an operator refunds a purchase, in part and then the rest", async ({ page }) => {
  const org = await paid();
  await signIn(page);
  await page.goto(`${url()}/organizations/${org}/purchases`);
  const dialog = page.getByRole("dialog");
  const refund = async (minor: string) => {
    await page.getByRole("button", { name: "Refund purchase" }).click();
    await dialog.getByLabel("Minor units of the currency").fill(minor);
    await dialog.getByLabel("Reason").fill("not what was wanted");
    await dialog.getByRole("button", { name: "Refund purchase" }).click();
    await expect(dialog).toBeHidden();
  };
  const receipt = page.getByRole("listitem").filter({ hasText: "1,000 credits" });
  await expect(receipt).toContainText("Paid", soon);
  await receipt.getByText("1,000 credits").click();
  await refund("400");
  await expect(receipt).toContainText("Partly refunded", soon);
  await refund("");
  await expect(receipt).toContainText("· Refunded", soon);
  await expect(page.getByRole("button", { name: "Refund purchase" })).toHaveCount(0);
  expect((await ledger().balance(org, { consistency: "strong" })).balance).toBe(0);
});

test("a read-only key is offered no command, and its commands are refused", async ({ page }) => {
  const org = await paid();
  const spent = await ledger().consume(org, { amount: 300 });
  const bought = await ledger().purchases(org, { min_sequence: spent.sequence });
  await signIn(page, await makeKey("read"));
  await page.goto(`${url()}/organizations/${org}`);
  await expect(page.getByTestId("available")).toHaveText("700", soon);
  for (const view of ["", "/history", "/grants", "/reservations", "/purchases", "/settings"]) {
    await page.goto(`${url()}/organizations/${org}${view}`);
    await expect(page.getByRole("status", { name: "Loading" })).toHaveCount(0);
    await expect(page.getByRole("button", { name: /Grant|Adjust|Refund|Record|Void|Cancel|Save/ })).toHaveCount(0);
  }
  // Neither by hand: the server refuses what the pages do not offer.
  const base = `/v1/organizations/${org}`;
  const posted = ["grants", "adjustments", `consumptions/${spent.id}/refund`, `purchases/${bought.data[0]?.id}/refund`];
  const asked = [...posted.map((path) => ["POST", path]), ["PUT", "settings"], ["PUT", "auto-recharge"]].map(([method, path]) => [method, `${base}/${path}`]);
  const statuses = await page.evaluate(async (all) => {
    const headers = { "content-type": "application/json", "idempotency-key": "by-hand" };
    const body = JSON.stringify({ amount: 1, reason: "x" });
    return Promise.all(all.map(async ([method, path]) => (await fetch(path as string, { method: method as string, headers, body })).status));
  }, asked);
  expect(statuses).toEqual(asked.map(() => 403));
  expect((await ledger().balance(org, { consistency: "strong" })).balance).toBe(700);
});

test("a key of one organization sees that one", async ({ page }) => {
  const [own, other] = [await funded(10), await funded(10)];
  await signIn(page, await makeKey("read", own));
  await expect(page.getByRole("heading", { level: 1 })).toHaveText(own);
  await expect(page.getByTestId("available")).toHaveText("10");
  await page.goto(`${url()}/organizations/${other}`);
  await expect(page.getByTestId("available")).toHaveText("0");
});

test("the feed shows each event with its JSON and hash as it is committed", async ({ page }) => {
  await signIn(page);
  await page.getByRole("link", { name: "Events" }).click();
  await expect(page.getByText("Connected")).toBeVisible();
  const org = await funded(77);
  const event = page.getByRole("listitem").filter({ hasText: org });
  await event.getByText("CreditsGranted", { exact: true }).click();
  await expect(event.getByText(/SHA-256 [0-9a-f]{64}/)).toBeVisible();
  await expect(event.locator("pre")).toContainText('"amount": 77');
});

test("the price book is checked by the server, mistake by mistake", async ({ page }) => {
  await signIn(page);
  await page.goto(`${url()}/prices`);
  const editor = page.getByLabel("Price book as JSON");
  await editor.fill("{");
  await expect(page.getByText("Not JSON")).toBeVisible();
  const bad = { prices: [{ operation: "a", components: [{ unit: "request", per_unit: "x" }] }] };
  await editor.fill(JSON.stringify(bad));
  await page.getByRole("button", { name: "Check and publish" }).click();
  await expect(page.getByRole("alert")).toBeVisible();
});

test("a price book is published, and an estimate beside it is by its prices", async ({ page }) => {
  await signIn(page);
  await page.goto(`${url()}/prices`);
  const book = { prices: [
    { operation: "chat.*", components: [{ unit: "request", per_unit: "3" }] },
    { operation: "report.export", components: [{ unit: "request", per_unit: "10" }] },
    { operation: "page.scan", components: [{ unit: "pages", per_unit: "7" }] },
  ] };
  await page.getByLabel("Price book as JSON").fill(JSON.stringify(book, null, 2));
  await page.getByRole("button", { name: "Check and publish" }).click();
  await expect(page.getByRole("row")).toHaveCount(3);
  await page.getByLabel("Operation").fill("page.scan");
  await page.getByLabel("Unit").fill("pages");
  await page.getByLabel("Quantity").fill("6");
  // A server believes its last look at the prices for some seconds.
  await expect(async () => {
    await page.getByRole("button", { name: "Estimate" }).click();
    await expect(page.getByText("42 credits")).toBeVisible({ timeout: 1_000 });
  }).toPass({ timeout: 20_000 });
});

test("a key is made, shown once, and revoked", async ({ page }) => {
  await signIn(page);
  await page.goto(`${url()}/keys`);
  const name = `reports ${Date.now()}`;
  await page.getByRole("button", { name: "Make a key" }).click();
  await page.getByLabel("Name").fill(name);
  await page.getByRole("dialog").getByRole("button", { name: "Make a key" }).click();
  const shown = page.getByRole("dialog", { name: "The new key" });
  await expect(shown).toContainText("clk_");
  await shown.getByRole("button", { name: "Close" }).click();
  const row = page.getByRole("row").filter({ hasText: name });
  await row.getByRole("button", { name: "Revoke" }).click();
  await page.getByRole("dialog").getByRole("button", { name: "Revoke" }).click();
  await expect(row.getByText("Revoked")).toBeVisible();
});

test("the lag of the projections is shown and falls to nothing", async ({ page }) => {
  await signIn(page);
  await page.goto(`${url()}/projections`);
  await expect(page.getByText("ready", { exact: true })).toBeVisible();
  await expect(page.getByText("Events behind").locator("xpath=following-sibling::dd")).toHaveText("0", { timeout: 20_000 });
});
