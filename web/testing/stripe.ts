// The simulation of Stripe, for browser tests.

import { spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { createServer } from "node:net";
import { createInterface } from "node:readline";
import { join } from "node:path";

export const secretKey = "sk_test_of_the_web_tests";
export const webhookSecret = "whsec_of_the_web_tests";

const binary = join(import.meta.dirname, "../../target/debug/stripe-fake");

export interface Simulation {
  readonly url: string;
  /** Makes a price; its id. */
  readonly price: (name: string, cents: number) => Promise<string>;
  /** Tells events to this server from now on. */
  readonly tell: (ledgerUrl: string) => Promise<void>;
  readonly stop: () => void;
}

export async function startStripe(): Promise<Simulation> {
  if (!existsSync(binary)) throw new Error("the simulation is not built: cargo build -p stripe-fake");
  const simulation = spawn(binary, ["--listen", "127.0.0.1:0"], { stdio: ["ignore", "pipe", "inherit"] });
  const url = await new Promise<string>((resolve, reject) => {
    simulation.once("exit", (code) => reject(new Error(`the simulation ended with ${code}`)));
    createInterface({ input: simulation.stdout! }).once("line", (line) => {
      resolve(/https?:\/\/\S+/.exec(line)?.[0] ?? `not an address: ${line}`);
    });
  });
  const make = async (path: string, fields: Record<string, string>): Promise<string> => {
    const headers = { authorization: `Bearer ${secretKey}` };
    const response = await fetch(`${url}${path}`, { method: "POST", headers, body: new URLSearchParams(fields) });
    return ((await response.json()) as { id: string }).id;
  };
  return {
    url,
    price: async (name, cents) => {
      const product = await make("/v1/products", { name });
      return make("/v1/prices", { product, currency: "usd", unit_amount: String(cents) });
    },
    tell: async (ledgerUrl) => {
      const endpoints = [{ url: `${ledgerUrl}/v1/webhooks/stripe`, secrets: [webhookSecret], types: [] }];
      const headers = { "content-type": "application/json" };
      const response = await fetch(`${url}/_control/endpoints`, { method: "PUT", headers, body: JSON.stringify(endpoints) });
      if (!response.ok) throw new Error(`the simulation does not tell: ${response.status} ${await response.text()}`);
    },
    stop: () => simulation.kill(),
  };
}

/** A port that was free a moment ago: the server's own origin must be known before it starts. */
export function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const probe = createServer().once("error", reject);
    probe.listen(0, "127.0.0.1", () => {
      const address = probe.address();
      probe.close(() => resolve(typeof address === "object" && address !== null ? address.port : 0));
    });
  });
}
