import { defineConfig } from "vitest/config";

export default defineConfig({
  test: {
    projects: [
      { test: { name: "client", include: ["client/tests/**/*.test.ts"], globalSetup: ["testing/server.ts"], testTimeout: 20_000 } },
      { test: { name: "react", include: ["react/tests/**/*.test.{ts,tsx}"] } },
      {
        esbuild: { jsx: "automatic" },
        test: { name: "docs", include: ["testing/**/*.test.tsx"], globalSetup: ["testing/world.ts"], testTimeout: 30_000 },
      },
    ],
  },
});
