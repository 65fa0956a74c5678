// Every page at two widths and in both schemes: accessible, without errors, and written to `screenshots/`.

import { expect, test } from "@playwright/test";
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
  ["billing", "/billing?organization=umbrella"],
] as const;

for (const width of [1440, 390]) {
  for (const colorScheme of ["light", "dark"] as const) {
    test(`pages at ${width} in ${colorScheme}`, async ({ browser }) => {
      test.setTimeout(120_000);
      const context = await browser.newContext({ viewport: { width, height: width === 390 ? 844 : 900 }, colorScheme });
      const page = await context.newPage();
      const complaints: string[] = [];
      page.on("console", (message) => message.type() === "error" && complaints.push(message.text()));
      page.on("pageerror", (error) => complaints.push(String(error)));
      page.on("request", (request) => {
        if (!request.url().startsWith(url()) && !request.url().startsWith("data:")) complaints.push(request.url());
      });
      const shoot = (name: string) => page.screenshot({ path: `screenshots/${name}-${width}-${colorScheme}.png`, fullPage: true });
      await page.goto(`${url()}/`);
      await expect(page.getByLabel("API key")).toBeVisible();
      // What axe looks at is the same at both widths.
      const check = () => (width === 1440 ? expectAccessible(page) : Promise.resolve());
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
      }
      await page.getByRole("button", { name: "Buy credits" }).first().click();
      await expect(page.getByRole("radio", { name: /Team/ })).toBeVisible();
      await check();
      await page.screenshot({ path: `screenshots/purchase-${width}-${colorScheme}.png` });
      expect(complaints.filter((text) => !text.includes("404"))).toEqual([]);
      const overflow = await page.evaluate(() => document.documentElement.scrollWidth - window.innerWidth);
      expect(overflow).toBeLessThanOrEqual(0);
      await context.close();
    });
  }
}
