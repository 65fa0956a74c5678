import { defineConfig } from "vitest/config";

export default defineConfig({
  test: {
    projects: [
      { test: { name: "client", include: ["client/tests/**/*.test.ts"], globalSetup: ["testing/server.ts"], testTimeout: 20_000 } },
      { test: { name: "react", include: ["react/tests/**/*.test.{ts,tsx}"] } },
    ],
  },
});
