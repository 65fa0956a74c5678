import { AxeBuilder } from "@axe-core/playwright";
import { CreditLedger } from "@credit-ledger/client";
import { type Page, expect } from "@playwright/test";
import { adminKey } from "../testing/server.js";

export const url = () => process.env["LEDGER_URL"] ?? "";
export const ledger = () => new CreditLedger({ baseUrl: url(), credentials: { apiKey: adminKey } });

/** A key of another scope. */
export async function makeKey(scope: "read" | "command", organization_id?: string): Promise<string> {
  const made = await ledger().send<{ key: string }>("POST", "/v1/keys", { scope, name: "browser test", organization_id });
  return made.key;
}

export async function signIn(page: Page, key: string = adminKey): Promise<void> {
  await page.goto(`${url()}/`);
  await page.getByLabel("API key").fill(key);
  await page.getByRole("button", { name: "Sign in" }).click();
  await expect(page.getByRole("button", { name: "Sign out" })).toBeVisible();
}

let made = 0;

/** An organization of one test's own. */
export async function funded(amount: number): Promise<string> {
  made += 1;
  const org = `web-${process.pid}-${made}`;
  await ledger().grant(org, { amount, reason: "test" });
  return org;
}

/** No violation of accessibility, and nothing that the page's policy had to stop. */
export async function expectAccessible(page: Page): Promise<void> {
  const { violations } = await new AxeBuilder({ page }).analyze();
  expect(violations.map(({ id, nodes }) => `${id}: ${nodes.map((node) => node.html).join("\n")}`)).toEqual([]);
}
