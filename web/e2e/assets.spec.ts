// What the dashboard costs to load, and how its files are kept.

import { expect, test } from "@playwright/test";
import { signIn, url } from "./support.js";

/** Of JavaScript, as it is sent: what a slow phone has to wait for. */
const firstLoadBytesMax = 250_000;

test("the first load is small, compressed, kept for long, and from this server only", async ({ page }) => {
  const scripts: { path: string; bytes: number; encoding: string | undefined; keep: string | undefined }[] = [];
  const reading: Promise<void>[] = [];
  page.on("response", (response) => {
    const { pathname } = new URL(response.url());
    if (!pathname.endsWith(".js")) return;
    const headers = response.headers();
    const read = async () => {
      const { responseBodySize: bytes } = await response.request().sizes();
      scripts.push({ path: pathname, bytes, encoding: headers["content-encoding"], keep: headers["cache-control"] });
    };
    reading.push(read());
  });
  await signIn(page);
  await expect(page.getByRole("heading", { level: 1, name: "Organizations" })).toBeVisible();
  await Promise.all(reading);
  expect(scripts.length).toBeGreaterThan(0);
  const total = scripts.reduce((sum, { bytes }) => sum + bytes, 0);
  console.log(`first load: ${scripts.length} scripts, ${total} bytes compressed`);
  expect(total).toBeGreaterThan(0);
  expect(total).toBeLessThan(firstLoadBytesMax);
  for (const { path, encoding, keep } of scripts) {
    // Chromium takes brotli from trustworthy origins, and the loopback address is one.
    expect([path, encoding, keep]).toEqual([path, expect.stringMatching(/^(br|gzip)$/), "public, max-age=31536000, immutable"]);
  }
  const gzip = await page.request.get(`${url()}${scripts[0]!.path}`, { headers: { "accept-encoding": "gzip" } });
  expect(gzip.headers()["content-encoding"]).toBe("gzip");
});
