// @vitest-environment jsdom
// The examples of docs/web run: those for pages in a provider on a real server, those for servers as they stand.

import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { CreditLedger } from "@credit-ledger/client";
import { CreditProvider } from "@credit-ledger/react";
import { cleanup, render } from "@testing-library/react";
import { type ComponentType, createElement } from "react";
import { afterAll, afterEach, beforeAll, describe, expect, inject, it, vi } from "vitest";
import { type Example, examples } from "./docs.js";
import { adminKey } from "./server.js";

type Module = Record<string, unknown>;
type Route = (request: Request) => Promise<Response>;

/** The organization of the examples. */
const org = "acme";
const ledger = new CreditLedger({ baseUrl: inject("ledgerUrl"), credentials: { apiKey: adminKey } });
const strong = async () => ledger.balance(org, { consistency: "strong" });
const found = await examples();
let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(join(import.meta.dirname, "test-results-"));
  // What an application has and an example only declares.
  Object.assign(globalThis, { organizationOfTheSession: async () => org, work: async () => undefined });
  // jsdom has dialogs without this.
  HTMLDialogElement.prototype.showModal = function showModal() {
    this.open = true;
  };
  const { id } = await ledger.grant(org, { amount: 10_000, reason: "test" });
  expect(id).toBeDefined();
  await ledger.consume(org, { amount: 1_234, operation: "image.generation" });
  await ledger.send("POST", `/v1/organizations/${org}/purchases`, { package_id: "team", payment_reference: "in_1" }, "in_1");
  await vi.waitFor(async () => expect((await ledger.balance(org)).available).toBe(14_266), { timeout: 20_000 });
}, 60_000);
afterAll(() => rm(folder, { recursive: true }));
afterEach(cleanup);

/** The example as it stands, but for where the ledger is. */
async function run(page: string): Promise<Module> {
  const example = found.find((one) => one.page === page) as Example;
  const file = join(folder, `${page}.${example.ending}`);
  const code = example.code.replaceAll("http://127.0.0.1:8080", inject("ledgerUrl")).replaceAll("clk_...", adminKey);
  await writeFile(file, `${code}\nexport {};\n`);
  return (await import(/* @vite-ignore */ file)) as Module;
}

const request = (method: string, body?: unknown) =>
  new Request("https://app.example.com/", body === undefined ? { method } : { method, body: JSON.stringify(body) });

describe("the example of a component or a hook", () => {
  it.each([
    ["CreditBalance", /14,266/],
    ["CreditHistory", /1,234/],
    ["CreditUsageChart", /1,234 credits in 30 days/],
    ["PurchaseCreditModal", /Buy credits/],
    ["AutoRechargeSettings", /Buy credits when they run low/],
    ["CostPreview", /Costs 3 credits/],
    ["useCreditBalance", /14,266/],
    ["useCreditPackages", /Starter: \$10\.00.*Team: \$50\.00/],
    ["useCanAfford", /Export/],
    ["useCreditHistory", /\+5,500/],
  ])("%s shows what the server has", async (page, text) => {
    const [Part] = Object.values(await run(page)) as ComponentType[];
    const { container } = render(
      <CreditProvider client={ledger} organizationId={org} locale="en-US">
        {createElement(Part!)}
      </CreditProvider>,
    );
    await expect.poll(() => container.textContent, { timeout: 10_000 }).toMatch(text);
  });

  it("LowBalanceAlert speaks when credits run low", async () => {
    const poor = "poor";
    await ledger.grant(poor, { amount: 100, reason: "test" });
    await ledger.consume(poor, { amount: 95 });
    const [Part] = Object.values(await run("LowBalanceAlert")) as ComponentType[];
    const { container } = render(
      <CreditProvider client={ledger} organizationId={poor} locale="en-US">
        {createElement(Part!)}
      </CreditProvider>,
    );
    await expect.poll(() => container.textContent, { timeout: 10_000 }).toMatch(/Only 5 credits are left/);
  });
});

describe("the example of a server action", () => {
  it("consumeCredits, reservations and getCreditBalance", async () => {
    const { available } = await strong();
    await run("consumeCredits");
    expect((await strong()).available).toBe(available - 53);
    await run("reservations");
    expect(await strong()).toMatchObject({ available: available - 553, reserved: 0 });
    await run("getCreditBalance");
  });

  it("purchaseCredits starts a purchase, and enableAutoRecharge makes a policy", async () => {
    await run("purchaseCredits");
    const statuses = async () => {
      const { data } = await ledger.send<{ data: { status: string }[] }>("GET", `/v1/organizations/${org}/purchases`);
      return data.map(({ status }) => status);
    };
    await expect.poll(statuses, { timeout: 10_000 }).toContain("started");
    await run("enableAutoRecharge");
    expect((await ledger.autoRecharge(org)).policy).toMatchObject({ threshold: 1_000, amount: 5_000, enabled: true });
  });
});

describe("the example of a route", () => {
  it("balance and history answer for the session's organization", async () => {
    const balance = await ((await run("route-balance"))["GET"] as Route)(request("GET"));
    expect([balance.status, await balance.json()]).toMatchObject([200, { organization_id: org }]);
    const history = await ((await run("route-history"))["GET"] as Route)(request("GET"));
    expect([history.status, Object.keys((await history.json()) as object)]).toMatchObject([200, expect.arrayContaining(["data"])]);
  });

  it("purchase answers where to pay; consume is closed to browsers", async () => {
    const purchase = await ((await run("route-purchase"))["POST"] as Route)(request("POST", { package_id: "team" }));
    expect([purchase.status, await purchase.json()]).toMatchObject([200, { url: expect.stringContaining("http") }]);
    const consume = await ((await run("route-consume"))["POST"] as Route)(request("POST", { amount: 1 }));
    expect(consume.status).toBe(403);
  });

  it("withCreditCheck charges for the work", async () => {
    const { available } = await strong();
    const done = await ((await run("withCreditCheck"))["POST"] as Route)(request("POST"));
    expect([done.status, await done.text(), (await strong()).available]).toEqual([200, "done", available - 50]);
  });
});
