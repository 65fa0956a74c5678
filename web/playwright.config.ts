import { defineConfig } from "@playwright/test";

export default defineConfig({
  testDir: "e2e",
  outputDir: "test-results",
  globalSetup: "./e2e/setup.ts",
  // Two cores: more browsers at once only wait for each other.
  workers: 2,
  fullyParallel: true,
  timeout: 30_000,
  projects: [
    // What has to be on a page within a second has the machine to itself.
    { name: "live", testMatch: "live.spec.ts", fullyParallel: false },
    { name: "pages", testIgnore: "live.spec.ts", dependencies: ["live"] },
  ],
  expect: { timeout: 5_000 },
  reporter: [["list"]],
  use: {
    locale: "en-GB",
    timezoneId: "UTC",
    trace: "retain-on-failure",
    launchOptions: {
      executablePath: process.env["CHROMIUM"] ?? "/usr/bin/chromium",
      // Chromium's sandbox does not work as root.
      args: process.getuid?.() === 0 ? ["--no-sandbox"] : [],
    },
  },
});
