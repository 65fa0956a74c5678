// @vitest-environment jsdom
import { cleanup, fireEvent, screen } from "@testing-library/react";
import { afterEach, beforeAll, describe, expect, it } from "vitest";
import {
  AutoRechargeSettings,
  CostPreview,
  CreditBalance,
  PurchaseCreditModal,
  PurchaseHistory,
} from "../src/index.js";
import { balance, show, starter } from "./support.js";

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

describe("CreditBalance", () => {
  it("is 0 for an organization that has never had credits", async () => {
    show({ "/balance": 404 }, <CreditBalance />);
    await expect.poll(() => screen.getByTestId("available").textContent).toBe("0");
  });
});

describe("a scale", () => {
  it("is how amounts are shown", async () => {
    show({ "/price-book/scale": { scale: 2 }, "/balance": balance }, <CreditBalance />);
    await expect.poll(() => screen.getByTestId("available").textContent).toBe("1.00");
  });

  it("is waited for, and 0 is not taken for it", async () => {
    show({ "/price-book/scale": 500, "/balance": balance }, <><CreditBalance /><CostPreview cost={130} /></>);
    await screen.findByText((_, element) => element?.tagName === "P" && /Costs – credits/.test(element.textContent ?? ""));
    expect(screen.getByTestId("available").textContent).toBe("–");
  });

  it("is how amounts are typed", async () => {
    const policy = { enabled: true, threshold: 1250, package_id: "starter", amount: null, cooldown_seconds: 0, monthly_limit: null };
    const decision = { recharge: false, reason: "balance_above_threshold", detail: "in credits", unrestricted_balance: 1300 };
    const sent: Request[] = [];
    const answers = { "/price-book/scale": { scale: 2 }, "/balance": balance, "/packages": { data: [starter] }, "/auto-recharge": { decision, policy } };
    show(answers, <AutoRechargeSettings />, sent);
    await screen.findByText("The balance of 13.00 is not below the threshold of 12.50.");
    const threshold = screen.getByLabelText<HTMLInputElement>(/balance falls below/);
    expect([threshold.value, threshold.step]).toEqual(["12.50", "0.01"]);
    fireEvent.change(threshold, { target: { value: "20.05" } });
    fireEvent.click(screen.getByRole("button", { name: "Save" }));
    await expect.poll(() => sent.filter((request) => request.method === "PUT").length).toBe(1);
    const put = sent.find((request) => request.method === "PUT");
    expect(await put?.json()).toMatchObject({ enabled: true, threshold: 2005 });
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
  it("offers nothing to a reader who may not change it", async () => {
    const decision = { recharge: false, reason: "suspended", detail: "three charges were declined" };
    const suspension = { reason: "three charges were declined", since: "2026-11-23T00:00:00Z" };
    const answers = { "/balance": balance, "/packages": { data: [starter] }, "/auto-recharge": { decision, suspension } };
    show(answers, <AutoRechargeSettings canChange={false} />);
    expect((await screen.findByRole("switch")).hasAttribute("disabled")).toBe(true);
    expect(screen.queryByRole("button")).toBeNull();
    cleanup();
    show(answers, <AutoRechargeSettings />);
    expect(await screen.findByRole("button", { name: "Save" })).toBeDefined();
    expect(screen.getByRole("button", { name: "Resume" })).toBeDefined();
  });

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
