// Components on a server of canned answers.

import { CreditLedger } from "@credit-ledger/client";
import { render } from "@testing-library/react";
import type { ReactNode } from "react";
import { CreditProvider } from "../src/index.js";

/** Nobody answers, as without a network. */
export const away = Symbol("away");

/** A server of canned answers, by the end of the path: a body, a status, or nobody. What it is sent is kept in `sent`. */
export function server(answers: Record<string, unknown>, sent: Request[] = []): CreditLedger {
  const answer: typeof fetch = async (input) => {
    const request = input as Request;
    sent.push(request.clone());
    const path = new URL(request.url).pathname;
    const found = Object.entries(answers).find(([end]) => path.endsWith(end));
    if (found === undefined) return new Promise(() => undefined);
    if (found[1] === away) throw new TypeError("fetch failed");
    if (typeof found[1] === "number") {
      const body = { code: found[1] === 404 ? "organization_not_found" : "broken", detail: "it is broken", status: found[1] };
      return Response.json(body, { status: found[1] });
    }
    return Response.json(found[1]);
  };
  const retry = { attempts: 1, firstDelayMs: 1, maxDelayMs: 1 };
  return new CreditLedger({ baseUrl: "http://ledger.test", credentials: { apiKey: "k" }, retry, fetch: answer });
}

export const balance = {
  organization_id: "acme", balance: 120, reserved: 20, available: 100, overdraft_limit: 0, restricted: [],
  lifetime_purchased: 0, lifetime_granted: 120, lifetime_used: 0, lifetime_expired: 0, lifetime_refunded: 0,
  low_balance_threshold: 10, low_balance: false, last_sequence: 3,
};
export const starter = {
  id: "starter", version: 1, name: "Starter", credits: 1000, bonus_credits: 0, price_cents: 1000, currency: "usd",
  price_per_credit: "0.01", is_active: true, features: [], updated_at: "2026-11-23T00:00:00Z",
};

export function show(answers: Record<string, unknown>, children: ReactNode, sent: Request[] = []): void {
  render(
    <CreditProvider client={server({ "/price-book/scale": { scale: 0 }, ...answers }, sent)} organizationId="acme" locale="en-US">
      {children}
    </CreditProvider>,
  );
}
