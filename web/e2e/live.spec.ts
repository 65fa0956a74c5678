// What happens to an organization is on its page without a reload.

import { expect, test } from "@playwright/test";
import { funded, ledger, makeKey, signIn, url } from "./support.js";

/** An operator's look at an end customer's page. */
const billing = (org: string) => `${url()}/billing?organization=${org}`;

test("consumption over the API moves balance, chart and history within a second", async ({ page }) => {
  const org = await funded(5_000);
  await signIn(page);
  await page.goto(billing(org));
  await expect(page.getByTestId("available")).toHaveText("5,000");
  await expect(page.getByText("No usage in this time")).toBeVisible();
  await ledger().consume(org, { amount: 1_250, operation: "image.generation" });
  // A second on a machine that has time: the tests of a run share theirs.
  const soon = { timeout: 3_000 };
  await Promise.all([
    expect(page.getByTestId("available")).toHaveText("3,750", soon),
    expect(page.getByTestId("usage-total")).toHaveText("1,250", soon),
    expect(page.getByRole("cell", { name: "-1,250" })).toBeVisible(soon),
  ]);
});

test("the low-balance alert appears once, stays away when dismissed, and comes back after a top-up", async ({ page }) => {
  const org = await funded(10_000);
  await signIn(page);
  await page.goto(billing(org));
  await expect(page.getByTestId("available")).toHaveText("10,000");
  const alert = page.getByRole("alert").filter({ hasText: "credits are left" });
  await expect(alert).toHaveCount(0);
  await ledger().consume(org, { amount: 9_500 });
  await expect(alert).toHaveText(/Only 500 credits are left/);
  await expect(alert).toHaveCount(1);
  await alert.getByRole("button", { name: "Dismiss" }).click();
  await ledger().consume(org, { amount: 100 });
  await expect(page.getByTestId("available")).toHaveText("400");
  await expect(alert).toHaveCount(0);
  await page.reload();
  await expect(page.getByTestId("available")).toHaveText("400");
  await expect(alert).toHaveCount(0);
  await ledger().grant(org, { amount: 10_000, reason: "top-up" });
  await expect(page.getByTestId("available")).toHaveText("10,400");
  await ledger().consume(org, { amount: 10_000 });
  await expect(alert).toHaveCount(1);
});

test("an organization appears when it gets its first credits, and figures stay when the server is away", async ({ page }) => {
  await signIn(page);
  const org = `late-${Date.now()}`;
  await page.goto(billing(org));
  await expect(page.getByTestId("available")).toHaveText("0");
  await ledger().grant(org, { amount: 70, reason: "test" });
  await expect(page.getByTestId("available")).toHaveText("70", { timeout: 10_000 });
  await page.context().setOffline(true);
  await page.getByLabel("Kind of movement").selectOption("purchase");
  await expect(page.getByText("The server cannot be reached")).toBeVisible({ timeout: 15_000 });
  await expect(page.getByTestId("available")).toHaveText("70");
  await page.context().setOffline(false);
  await page.getByRole("button", { name: "Try again" }).first().click();
  await expect(page.getByText("No such movements")).toBeVisible();
});

test("an operator grants, adjusts and refunds, and a read-only key is offered none of it", async ({ page }) => {
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

  await page.getByRole("button", { name: "Sign out" }).click();
  await signIn(page, await makeKey("read"));
  await page.goto(`${url()}/organizations/${org}`);
  await expect(page.getByTestId("available")).toHaveText("1,100");
  await expect(page.getByRole("button", { name: /Grant|Adjust/ })).toHaveCount(0);
  // Neither by hand: the server refuses what the page does not offer.
  const status = await page.evaluate(async (path) => {
    const headers = { "content-type": "application/json", "idempotency-key": "by-hand" };
    return (await fetch(path, { method: "POST", headers, body: JSON.stringify({ amount: 1, reason: "x" }) })).status;
  }, `/v1/organizations/${org}/grants`);
  expect(status).toBe(403);
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
