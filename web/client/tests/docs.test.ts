// Every example of docs/web is a program that compiles against the packages.

import { execFile } from "node:child_process";
import { mkdtemp, rm, symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { expect, it } from "vitest";
import { examples } from "../../testing/docs.js";

const web = fileURLToPath(new URL("../..", import.meta.url));
const wanted = [
  "CreditBalance", "PurchaseCreditModal", "CreditUsageChart", "CreditHistory", "LowBalanceAlert",
  "useCreditBalance", "useCreditPackages", "useCanAfford", "useCreditHistory",
  "purchaseCredits", "consumeCredits", "getCreditBalance", "enableAutoRecharge", "withCreditCheck",
  "route-balance", "route-purchase", "route-history", "route-consume",
];

it("has a page for each, and its examples compile", { timeout: 120_000 }, async () => {
  const found = await examples();
  expect(wanted.filter((name) => !found.some(({ page }) => page === name))).toEqual([]);
  const folder = await mkdtemp(join(web, "test-results-docs-"));
  try {
    for (const [n, { page, ending, code }] of found.entries()) {
      await writeFile(join(folder, `${page}-${n}.${ending}`), `${code}\nexport {};\n`);
    }
    await symlink(join(web, "node_modules"), join(folder, "node_modules"));
    const options = { target: "ES2022", lib: ["ES2023", "DOM"], module: "ESNext", moduleResolution: "Bundler", jsx: "react-jsx" };
    const compilerOptions = { ...options, strict: true, noEmit: true, skipLibCheck: true, types: ["react", "vite/client"] };
    await writeFile(join(folder, "package.json"), JSON.stringify({ type: "module" }));
    await writeFile(join(folder, "tsconfig.json"), JSON.stringify({ compilerOptions, include: ["*.ts", "*.tsx"] }));
    const { stdout } = await promisify(execFile)("npx", ["tsc", "-p", folder], { cwd: web }).catch((error: { stdout: string }) => error);
    expect(stdout).toBe("");
  } finally {
    await rm(folder, { recursive: true });
  }
});
