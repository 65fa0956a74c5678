// @vitest-environment jsdom
import { CreditLedger } from "@credit-ledger/client";
import { cleanup, fireEvent, render, screen } from "@testing-library/react";
import type { ReactNode } from "react";
import { afterEach, beforeAll, describe, expect, it } from "vitest";
import {
  AutoRechargeSettings,
  CostPreview,
  CreditBalance,
  CreditHistory,
  CreditProvider,
  CreditUsageChart,
  PurchaseCreditModal,
  PurchaseHistory,
} from "../src/index.js";

/** A server of canned answers, by the end of the path. */
function server(answers: Record<string, unknown>): CreditLedger {
  const answer: typeof fetch = async (input) => {
    const path = new URL((input as Request).url).pathname;
    const found = Object.entries(answers).find(([end]) => path.endsWith(end));
    if (found === undefined) return new Promise(() => undefined);
    if (typeof found[1] === "number") {
      const body = { code: found[1] === 404 ? "organization_not_found" : "broken", detail: "it is broken", status: found[1] };
      return Response.json(body, { status: found[1] });
    }
    return Response.json(found[1]);
  };
  const retry = { attempts: 1, firstDelayMs: 1, maxDelayMs: 1 };
  return new CreditLedger({ baseUrl: "http://ledger.test", credentials: { apiKey: "k" }, retry, fetch: answer });
}

const balance = {
  organization_id: "acme", balance: 120, reserved: 20, available: 100, overdraft_limit: 0, restricted: [],
  lifetime_purchased: 0, lifetime_granted: 120, lifetime_used: 0, lifetime_expired: 0, lifetime_refunded: 0,
  low_balance_threshold: 10, low_balance: false, last_sequence: 3,
};
const starter = {
  id: "starter", version: 1, name: "Starter", credits: 1000, bonus_credits: 0, price_cents: 1000, currency: "usd",
  price_per_credit: "0.01", is_active: true, features: [], updated_at: "2026-11-23T00:00:00Z",
};

function show(answers: Record<string, unknown>, children: ReactNode): void {
  render(
    <CreditProvider client={server(answers)} organizationId="acme" locale="en-US">
      {children}
    </CreditProvider>,
  );
}

beforeAll(() => {
  // jsdom has dialogs without these.
  HTMLDialogElement.prototype.showModal = function showModal() {
    this.open = true;
  };
  HTMLDialogElement.prototype.close = function close() {
    this.open = false;
  };
});
afterEach(cleanup);

describe("every component", () => {
  const table: [string, ReactNode, string, unknown, RegExp][] = [
    ["CreditBalance", <CreditBalance key="c" />, "/balance", balance, /^100$/],
    ["CreditHistory", <CreditHistory key="c" />, "/transactions", { data: [] }, /Nothing has happened yet/],
    ["CreditUsageChart", <CreditUsageChart key="c" />, "/usage", { data: [] }, /No usage in this time/],
  ];

  it.each(table)("%s shows that it loads, what it has, and what went wrong", async (_, component, path, body, text) => {
    show({}, component);
    expect(screen.getAllByRole("status", { name: "Loading" }).length).toBeGreaterThan(0);
    cleanup();
    show({ [path]: body }, component);
    expect(await screen.findByText(text)).toBeDefined();
    cleanup();
    show({ [path]: 500 }, component);
    expect((await screen.findByRole("alert")).textContent).toContain("It is broken.");
    expect(screen.getByRole("button", { name: "Try again" })).toBeDefined();
  });
});

describe("CreditBalance", () => {
  it("is 0 for an organization that has never had credits", async () => {
    show({ "/balance": 404 }, <CreditBalance />);
    await expect.poll(() => screen.getByTestId("available").textContent).toBe("0");
  });

  it("in its compact form says when it cannot be known", async () => {
    show({ "/balance": 500 }, <CreditBalance compact />);
    expect(await screen.findByRole("button", { name: "Credits are unknown at the moment" })).toBeDefined();
  });
});

describe("CostPreview", () => {
  it("says what an action costs, warns of a large share, and offers to buy what is missing", async () => {
    const table: [number, RegExp][] = [[10, /Costs 10 credits\./], [80, /80% of what is left/], [130, /30 more than there are/]];
    for (const [cost, text] of table) {
      show({ "/balance": balance }, <CostPreview cost={cost} />);
      await screen.findByText((_, element) => element?.tagName === "P" && text.test(element.textContent ?? ""));
      cleanup();
    }
  });
});

describe("PurchaseCreditModal", () => {
  it("goes on to payment with the chosen package, and says kindly why not", async () => {
    const went: string[] = [];
    const answers: Record<string, unknown> = { "/balance": balance, "/packages": { data: [starter] } };
    const parts = (
      <>
        <CreditBalance />
        <PurchaseCreditModal onCheckout={(url) => went.push(url)} />
      </>
    );
    show({ ...answers, "/checkout-sessions": 500 }, parts);
    fireEvent.click(await screen.findByRole("button", { name: "Buy credits" }));
    fireEvent.click(await screen.findByRole("button", { name: "Continue to payment" }));
    expect((await screen.findByRole("alert")).textContent).toContain("It is broken.");
    cleanup();
    show({ ...answers, "/checkout-sessions": { url: "https://pay.test/1" } }, parts);
    fireEvent.click(await screen.findByRole("button", { name: "Buy credits" }));
    fireEvent.click(await screen.findByRole("button", { name: "Continue to payment" }));
    await expect.poll(() => went).toEqual(["https://pay.test/1"]);
  });
});

describe("AutoRechargeSettings", () => {
  it("explains what the ledger would do, and why it is suspended", async () => {
    const decision = { recharge: false, reason: "disabled", detail: "auto-recharge is switched off" };
    const answers = { "/balance": balance, "/packages": { data: [starter] } };
    show({ ...answers, "/auto-recharge": { decision } }, <AutoRechargeSettings />);
    expect(await screen.findByText("Auto-recharge is switched off.")).toBeDefined();
    cleanup();
    const suspension = { cause: "declined", reason: "three declines in a row", since: "2026-11-23T00:00:00Z" };
    show({ ...answers, "/auto-recharge": { decision, suspension } }, <AutoRechargeSettings />);
    expect(await screen.findByRole("button", { name: "Resume" })).toBeDefined();
  });
});

describe("AutoRechargeSettings in a currency without cents", () => {
  it("shows the most in a month as it was set", async () => {
    const policy = {
      enabled: true, threshold: 100, package_id: "starter", amount: null, cooldown_seconds: 0,
      monthly_limit: { amount_minor: 5000, currency: "JPY" },
    };
    const decision = { recharge: false, reason: "above", detail: "there is enough" };
    show(
      { "/balance": balance, "/packages": { data: [{ ...starter, currency: "jpy" }] }, "/auto-recharge": { decision, policy } },
      <AutoRechargeSettings />,
    );
    const limit = await screen.findByLabelText<HTMLInputElement>(/Most in a month \(JPY\)/);
    expect(limit.value).toBe("5000");
  });
});

describe("PurchaseHistory", () => {
  it("names a purchase that was refunded in part", async () => {
    const purchase = {
      id: "01a2", status: "partly_revoked", credits: 500, price: { amount_minor: 500, currency: "USD" }, revoked: 50,
      created_at: "2026-11-23T00:00:00Z", completed_at: "2026-11-23T00:00:01Z",
    };
    show({ "/purchases": { data: [purchase], next_cursor: null } }, <PurchaseHistory />);
    expect(await screen.findByText(/Partly refunded/)).toBeDefined();
  });
});
