// What happens to an organization is on its page without a reload.

import { expect, test } from "@playwright/test";
import { funded, ledger, signIn, url } from "./support.js";

/** An operator's look at an end customer's page. */
const billing = (org: string) => `${url()}/billing?organization=${org}`;

test("consumption over the API moves balance, chart and history within a second", async ({ page }) => {
  const org = await funded(5_000);
  await signIn(page);
  await page.goto(billing(org));
  await expect(page.getByTestId("available")).toHaveText("5,000");
  await expect(page.getByText("No usage in this time")).toBeVisible();
  await ledger().consume(org, { amount: 1_250, operation: "image.generation" });
  const soon = { timeout: 1_000 };
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
