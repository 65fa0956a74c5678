// Every page at two widths and in both schemes: accessible, without errors, and written to `screenshots/`.

import { type Page, expect, test } from "@playwright/test";
import { expectAccessible, signIn, url } from "./support.js";

const pages = [
  ["organizations", "/"],
  ["organization", "/organizations/umbrella"],
  ["organization-low", "/organizations/globex"],
  ["history", "/organizations/acme/history"],
  ["grants", "/organizations/acme/grants"],
  ["reservations", "/organizations/acme/reservations"],
  ["purchases", "/organizations/umbrella/purchases"],
  ["settings", "/organizations/acme/settings"],
  ["organization-events", "/organizations/acme/events"],
  ["events", "/events"],
  ["packages", "/packages"],
  ["prices", "/prices"],
  ["projections", "/projections"],
  ["keys", "/keys"],
  ["organization-new", "/organizations/nobody-yet"],
  ["billing", "/billing?organization=umbrella"],
  ["billing-new", "/billing?organization=nobody-yet"],
] as const;

/** What Chromium's own measure of pages calls good. */
const layoutShiftMax = 0.1;

/** Adds up how much of a page has jumped. */
function measureShifts(): void {
  const state = window as unknown as { shifted: number };
  state.shifted = 0;
  new PerformanceObserver((list) => {
    for (const entry of list.getEntries() as unknown as { value: number; hadRecentInput: boolean }[]) {
      if (!entry.hadRecentInput) state.shifted += entry.value;
    }
  }).observe({ type: "layout-shift", buffered: true });
}

const shifted = (page: Page) => page.evaluate(() => (window as unknown as { shifted: number }).shifted);
const overflow = (page: Page) => page.evaluate(() => document.documentElement.scrollWidth - window.innerWidth);

for (const width of [1440, 390]) {
  for (const colorScheme of ["light", "dark"] as const) {
    test(`pages at ${width} in ${colorScheme}`, async ({ browser }) => {
      test.setTimeout(120_000);
      const context = await browser.newContext({ viewport: { width, height: width === 390 ? 844 : 900 }, colorScheme });
      const page = await context.newPage();
      await page.addInitScript(measureShifts);
      const complaints: string[] = [];
      page.on("console", (message) => message.type() === "error" && complaints.push(message.text()));
      page.on("pageerror", (error) => complaints.push(String(error)));
      page.on("request", (request) => {
        if (!request.url().startsWith(url()) && !request.url().startsWith("data:")) complaints.push(request.url());
      });
      const shoot = (name: string) => page.screenshot({ path: `screenshots/${name}-${width}-${colorScheme}.png`, fullPage: true });
      await page.goto(`${url()}/`);
      await expect(page.getByLabel("API key")).toBeVisible();
      const check = () => expectAccessible(page);
      await check();
      await shoot("sign-in");
      await signIn(page);
      // Nobody was signed in before.
      complaints.length = 0;
      for (const [name, path] of pages) {
        await page.goto(url() + path);
        await expect(page.getByRole("heading", { level: 1 })).toBeVisible();
        await expect(page.getByRole("status", { name: "Loading" })).toHaveCount(0);
        await check();
        await shoot(name);
        expect.soft(await overflow(page), `${name} is wider than the screen`).toBeLessThanOrEqual(0);
        expect.soft(await shifted(page), `${name} jumps`).toBeLessThan(layoutShiftMax);
      }
      await page.goto(`${url()}/organizations/umbrella`);
      await page.getByRole("button", { name: "Grant credits" }).click();
      await expect(page.getByLabel("Reason")).toBeVisible();
      await check();
      await page.screenshot({ path: `screenshots/grant-${width}-${colorScheme}.png` });
      await page.goto(`${url()}/billing?organization=umbrella`);
      await page.getByRole("button", { name: "Buy credits" }).first().click();
      await expect(page.getByRole("radio", { name: /Team/ })).toBeVisible();
      await check();
      await page.screenshot({ path: `screenshots/purchase-${width}-${colorScheme}.png` });
      expect(complaints.filter((text) => !text.includes("404"))).toEqual([]);
      expect(await overflow(page)).toBeLessThanOrEqual(0);
      await context.close();
    });
  }
}
