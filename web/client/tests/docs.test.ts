// Every example of docs/web is a program that compiles against the packages.

import { execFile } from "node:child_process";
import { existsSync } from "node:fs";
import { mkdtemp, readFile, readdir, rm, symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { expect, it } from "vitest";

const web = fileURLToPath(new URL("../..", import.meta.url));
const docs = join(web, "../docs/web");
const wanted = [
  "CreditBalance", "PurchaseCreditModal", "CreditUsageChart", "CreditHistory", "LowBalanceAlert",
  "useCreditBalance", "useCreditPackages", "useCanAfford", "useCreditHistory",
  "purchaseCredits", "consumeCredits", "getCreditBalance", "enableAutoRecharge", "withCreditCheck",
  "route-balance", "route-purchase", "route-history", "route-consume",
];

it("has a page for each, and its examples compile", { timeout: 120_000 }, async () => {
  expect(wanted.filter((name) => !existsSync(join(docs, `${name}.md`)))).toEqual([]);
  const folder = await mkdtemp(join(web, "test-results-docs-"));
  try {
    for (const page of await readdir(docs)) {
      const text = await readFile(join(docs, page), "utf8");
      const blocks = [...text.matchAll(/```(tsx?)\n([\s\S]*?)```/g)];
      expect(blocks.length, page).toBeGreaterThan(0);
      for (const [n, [, ending, code]] of blocks.entries()) {
        await writeFile(join(folder, `${page.replace(".md", "")}-${n}.${ending}`), `${code}\nexport {};\n`);
      }
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
