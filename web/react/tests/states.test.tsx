// @vitest-environment jsdom
// The states of every component: loading, empty, failed, without a network, and with figures that are no longer fresh.

import { cleanup, fireEvent, screen } from "@testing-library/react";
import type { ReactNode } from "react";
import { afterEach, beforeAll, describe, expect, it } from "vitest";
import {
  AutoRechargeSettings,
  CostPreview,
  CreditBalance,
  CreditHistory,
  CreditUsageChart,
  LowBalanceAlert,
  PurchaseCreditModal,
  PurchaseHistory,
  useCredits,
} from "../src/index.js";
import { away, balance, show } from "./support.js";

beforeAll(() => {
  // jsdom has dialogs without this.
  HTMLDialogElement.prototype.showModal = function showModal() {
    this.open = true;
  };
});
afterEach(cleanup);

function Opened(): ReactNode {
  const { open } = useCredits().purchase;
  return <><button onClick={() => open()}>open</button><PurchaseCreditModal /></>;
}

const usage = { operation: "chat", quantities: { request: 1 } };
const rules = { decision: { recharge: false, reason: "not_configured", detail: "no policy" } };

interface Case {
  readonly component: ReactNode;
  /** What it asks, and what an organization with nothing is answered. */
  readonly path: string;
  readonly none: unknown;
  readonly besides?: Record<string, unknown>;
  readonly loading: RegExp | "skeleton";
  readonly empty: RegExp;
  /** Its errors are said in a status where nothing is to be done about them. */
  readonly isQuiet?: boolean;
  readonly opens?: boolean;
}

const table: readonly (readonly [string, Case])[] = [
  ["CreditBalance", { component: <CreditBalance />, path: "/balance", none: 404, loading: "skeleton", empty: /^0$/ }],
  ["CreditHistory", { component: <CreditHistory />, path: "/transactions", none: { data: [] }, loading: "skeleton", empty: /Nothing has happened yet/ }],
  ["CreditUsageChart", { component: <CreditUsageChart />, path: "/usage", none: { data: [] }, loading: "skeleton", empty: /No usage in this time/ }],
  ["PurchaseHistory", { component: <PurchaseHistory />, path: "/purchases", none: { data: [] }, loading: "skeleton", empty: /No purchases yet/ }],
  ["AutoRechargeSettings", { component: <AutoRechargeSettings />, path: "/auto-recharge", none: rules, besides: { "/packages": { data: [] } }, loading: "skeleton", empty: /Nothing is bought by itself/ }],
  ["PurchaseCreditModal", { component: <Opened />, path: "/packages", none: { data: [] }, loading: "skeleton", empty: /No packages are for sale/, opens: true }],
  ["CostPreview", { component: <CostPreview cost={usage} />, path: "/estimates", none: { amount: 0 }, besides: { "/balance": balance }, loading: /Calculating the cost/, empty: /^0 credits$/, isQuiet: true }],
];

function shown({ component, path, besides, opens }: Case, answer?: unknown): void {
  cleanup();
  show({ ...besides, ...(answer === undefined ? {} : { [path]: answer }) }, component);
  if (opens) fireEvent.click(screen.getByText("open"));
}

describe.each(table)("%s", (_, one) => {
  it("shows that it loads", () => {
    shown(one);
    const loads = one.loading === "skeleton" ? screen.getAllByRole("status", { name: "Loading" }) : screen.getAllByText(one.loading);
    expect(loads.length).toBeGreaterThan(0);
  });

  it("says what an organization without any has", async () => {
    shown(one, one.none);
    expect((await screen.findAllByText(one.empty)).length).toBeGreaterThan(0);
  });

  it.each([[500, "It is broken."], [away, "The server cannot be reached at the moment."]])("says what went wrong: %s", async (answer, text) => {
    shown(one, answer);
    expect(await screen.findByText(text)).toBeDefined();
    if (!one.isQuiet) expect(screen.getAllByRole("button", { name: "Try again" }).length).toBeGreaterThan(0);
  });
});

describe("in a bar", () => {
  it.each([
    [{}, "Credits are loading"],
    [{ "/balance": balance }, "100 credits available. Buy credits"],
    [{ "/balance": 404 }, "0 credits available. Buy credits"],
    [{ "/balance": 500 }, "Credits are unknown at the moment"],
    [{ "/balance": away }, "Credits are unknown at the moment"],
  ])("the balance says its state", async (answers, name) => {
    show(answers, <CreditBalance compact />);
    expect(await screen.findByRole("button", { name })).toBeDefined();
  });
});

describe("LowBalanceAlert", () => {
  it.each([[{}], [{ "/balance": 500 }], [{ "/balance": away }]])("does not alarm about what is not known", async (answers) => {
    show(answers, <><LowBalanceAlert /><CreditBalance /></>);
    if (Object.keys(answers).length > 0) await screen.findByRole("button", { name: "Try again" });
    expect(screen.queryByText(/credits are left|no credits left/)).toBeNull();
  });
});
