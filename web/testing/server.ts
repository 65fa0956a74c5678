// A real server with a data directory that is thrown away, for Vitest (as its global set-up) and for Playwright.

import { type ChildProcess, spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { chmod, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";

export const adminKey = "admin-key-of-the-web-tests-0123456789abcdef";

const repository = join(import.meta.dirname, "../..");
/** Built with the tests, with the server's own command, or told. */
const binaries = [
  process.env["CREDIT_LEDGER_BIN"],
  join(repository, "target/debug/ledger-under-test"),
  join(repository, "target/debug/credit-ledger"),
  join(repository, "target/release/credit-ledger"),
];
/** Making a new PostgreSQL takes seconds; a busy machine may take far longer. */
const startMs = 120_000;

export interface Server {
  readonly url: string;
  readonly stop: () => Promise<void>;
}

export async function startServer(args: readonly string[] = [], env: Record<string, string> = {}): Promise<Server> {
  const binary = binaries.find((path) => path !== undefined && existsSync(path));
  if (binary === undefined) throw new Error("no server is built: cargo build -p ledger-tests --bin ledger-under-test");
  const data = await mkdtemp(join(tmpdir(), "credit-ledger-web-"));
  // As root, PostgreSQL runs as another user, who must be able to enter.
  await chmod(data, 0o755);
  const settings = ["DATABASE_URL", "READ_DATABASE_URL"];
  const inherited = Object.entries(process.env).filter(
    ([name]) => !settings.includes(name) && !name.startsWith("CREDIT_LEDGER_"),
  );
  const server = spawn(binary, ["serve", "--data-dir", join(data, "db"), ...args], {
    env: { ...Object.fromEntries(inherited), CREDIT_LEDGER_ADMIN_KEY: adminKey, CREDIT_LEDGER_LISTEN: "127.0.0.1:0", CREDIT_LEDGER_LOG: "error", ...env },
    stdio: ["ignore", "pipe", "inherit"],
  });
  const url = await address(server);
  const stop = async () => {
    const ended = new Promise((resolve) => server.once("exit", resolve));
    server.kill("SIGTERM");
    await ended;
    await rm(data, { recursive: true, force: true });
  };
  return { url, stop };
}

function address(server: ChildProcess): Promise<string> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => reject(new Error("the server does not say its address in time")), startMs);
    server.once("exit", (code) => reject(new Error(`the server ended with ${code}`)));
    const lines = createInterface({ input: server.stdout! });
    lines.on("line", (line) => {
      const url = /^listening on (\S+)$/.exec(line)?.[1];
      if (url === undefined) return;
      clearTimeout(timer);
      resolve(url);
    });
  });
}

/** Vitest's global set-up. */
export default async function setup({ provide }: { provide: (key: "ledgerUrl", value: string) => void }) {
  const server = await startServer();
  provide("ledgerUrl", server.url);
  return server.stop;
}

declare module "vitest" {
  interface ProvidedContext {
    ledgerUrl: string;
  }
}
