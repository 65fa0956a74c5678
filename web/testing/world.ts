// A server that sells: packages, prices and a simulation of Stripe. For the browser tests and for those of the examples.

import { CreditLedger, value } from "@credit-ledger/client";
import { adminKey, startServer } from "./server.js";
import { freePort, secretKey, startStripe, webhookSecret } from "./stripe.js";

export interface World {
  readonly url: string;
  readonly ledger: CreditLedger;
  readonly stop: () => Promise<void>;
}

/** `origins` may send customers to a checkout and back. */
export async function startWorld(origins: readonly string[], args: readonly string[] = []): Promise<World> {
  const listen = `127.0.0.1:${await freePort()}`;
  const stripe = await startStripe();
  const server = await startServer(args, {
    CREDIT_LEDGER_LISTEN: listen,
    CREDIT_LEDGER_ALLOWED_ORIGINS: [...origins, `http://${listen}`].join(","),
    STRIPE_SECRET_KEY: secretKey,
    STRIPE_WEBHOOK_SECRETS: webhookSecret,
    STRIPE_API_BASE: stripe.url,
  });
  await stripe.tell(server.url);
  const ledger = new CreditLedger({ baseUrl: server.url, credentials: { apiKey: adminKey } });
  for (const [id, name, credits, price_cents] of [
    ["starter", "Starter", 1_000, 1_000],
    ["team", "Team", 5_500, 5_000],
    ["business", "Business", 12_000, 10_000],
  ] as const) {
    const stripe_price_id = await stripe.price(name, price_cents);
    await value(await ledger.api.POST("/v1/packages", { body: { id, name, credits, price_cents, stripe_price_id } }));
  }
  const prices = ["chat.*", "report.export"].map((operation) => ({ operation, components: [{ unit: "request", per_unit: "3" }] }));
  await value(await ledger.api.PUT("/v1/price-book", { body: { prices } }));
  const stop = async () => {
    stripe.stop();
    await server.stop();
  };
  return { url: server.url, ledger, stop };
}

/** Vitest's global set-up. */
export default async function setup({ provide }: { provide: (key: "ledgerUrl", value: string) => void }) {
  const world = await startWorld(["https://app.example.com"]);
  provide("ledgerUrl", world.url);
  return world.stop;
}
