// Buying, by the simulation of Stripe.

import { expect, test } from "@playwright/test";
import { funded, ledger, signIn, url } from "./support.js";

test("a package is bought, and the balance moves without a reload", async ({ page, context }) => {
  const org = await funded(100);
  await signIn(page);
  const watching = await context.newPage();
  await watching.goto(`${url()}/billing?organization=${org}`);
  await expect(watching.getByTestId("available")).toHaveText("100");
  await page.goto(`${url()}/billing?organization=${org}`);
  await page.getByRole("button", { name: "Buy credits" }).click();
  await page.getByRole("radio", { name: /Team/ }).check();
  await page.getByRole("button", { name: "Continue to payment" }).click();
  await expect(page.getByTestId("total")).toHaveText("50.00 USD");
  await page.getByTestId("pay").click();
  await expect(page.getByText("Thank you.")).toBeVisible();
  const soon = { timeout: 15_000 };
  await expect(page.getByTestId("available")).toHaveText("5,600", soon);
  await expect(watching.getByTestId("available")).toHaveText("5,600", soon);
  await expect(watching.getByText("Paid")).toBeVisible();
});

test("auto-recharge is set on the page, triggered by use, and shown", async ({ page }) => {
  const org = await funded(1_500);
  await signIn(page);
  await page.goto(`${url()}/billing?organization=${org}`);
  await page.getByRole("button", { name: "Buy credits" }).click();
  await page.getByRole("radio", { name: /Starter/ }).check();
  await page.getByRole("checkbox", { name: "Keep the card for auto-recharge" }).check();
  await page.getByRole("button", { name: "Continue to payment" }).click();
  await page.getByTestId("pay").click();
  await expect(page.getByTestId("available")).toHaveText("2,500", { timeout: 15_000 });
  await page.getByRole("switch").check();
  await page.getByLabel("When the balance falls below").fill("900");
  await page.getByLabel("Package").selectOption("starter");
  await page.getByRole("button", { name: "Save" }).click();
  await expect(page.getByText("Saved.")).toBeVisible();
  await ledger().consume(org, { amount: 1_700 });
  await expect(page.getByTestId("available")).toHaveText("1,800", { timeout: 20_000 });
  await expect(page.getByRole("listitem").filter({ hasText: "1,000 credits" })).toHaveCount(2);
});
