// One server for all browser tests: the demo organizations, packages, prices, the pages of `web/dist`, and a simulation
// of Stripe.

import { type CreditLedger, value } from "@credit-ledger/client";
import { startWorld } from "../testing/world.js";

/** The origin of the application that frames the billing page in a test. */
export const applicationPort = 4987;

export default async function setup(): Promise<() => Promise<void>> {
  const { url, ledger, stop } = await startWorld([`http://127.0.0.1:${applicationPort}`], ["--demo"]);
  process.env["LEDGER_URL"] = url;
  await seeded(ledger);
  await busyMonth(ledger);
  return stop;
}

/** `serve --demo` seeds after it has begun to listen. */
async function seeded(ledger: CreditLedger): Promise<void> {
  for (let look = 0; look < 100; look += 1) {
    const last = await ledger.balance("hooli").then((balance) => balance.last_sequence, () => 0);
    if (last >= 3) return;
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  throw new Error("the demo organizations are not there");
}

/** An organization with a month of usage, for charts that are worth looking at. */
async function busyMonth(ledger: CreditLedger): Promise<void> {
  const org = "umbrella";
  const path = "/v1/organizations/{org}/purchases";
  const params = { path: { org }, header: { "Idempotency-Key": "month" } };
  await value(await ledger.api.POST(path, { params, body: { package_id: "business", payment_reference: "in_2048" } }));
  await ledger.grant(org, { amount: 2_000, reason: "launch offer", expires_in_seconds: 40 * 86_400 });
  const operations = ["chat.completion", "image.generation", "report.export", "speech.synthesis"];
  const commands = Array.from({ length: 100 }, (_, n) => ({
    type: "consume",
    organization_id: org,
    idempotency_key: `month-${n}`,
    amount: 20 + ((n * 37) % 120),
    operation: operations[(n * 7) % operations.length],
    subject: `user-${n % 9}`,
    // Only labels the usage; the movements themselves are of now.
    occurred_at: new Date(Date.now() - ((n * 11) % 29) * 86_400_000).toISOString(),
  }));
  await ledger.send("POST", "/v1/commands", { commands });
}
