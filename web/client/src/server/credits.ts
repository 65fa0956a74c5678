// Server actions: what an application's own server does with credits, bound to the organization of whoever is signed in.

import { type Checkout, type CommandOptions, type Consumption, type CreditLedger, type Grant } from "../client.js";
import type { ConsumeInput, Reservation, ReservationEnd } from "../client.js";
import { LedgerError } from "../errors.js";

/** What the actions need to know. */
export interface CreditsOptions {
  readonly ledger: CreditLedger;
  /** The organization of the current request: from the application's session. */
  readonly organizationId: () => string | Promise<string>;
  /** Where a checkout returns to, such as `https://app.example.com/settings/billing`. */
  readonly billingUrl: string;
}

/** What something costs: credits, or usage that the price book prices. */
export type Cost = number | ConsumeInput;

export interface AutoRecharge {
  readonly enabled: boolean;
  readonly threshold: number;
  readonly amount: number;
}

export interface Credits {
  /** Starts a checkout; credits come when it was paid. */
  purchaseCredits(packageId: string, options?: CommandOptions): Promise<Checkout>;
  /** Spends credits now. `reason` is the operation, or a description with it. */
  consumeCredits(amount: Cost, reason: string | Omit<ConsumeInput, "amount">, options?: CommandOptions): Promise<Consumption>;
  getCreditBalance(organizationId?: string): Promise<number>;
  /** Buys `amount` credits, in whole packages, whenever the balance falls below `threshold`. */
  enableAutoRecharge(threshold: number, amount: number, options?: CommandOptions): Promise<AutoRecharge>;
  grantFreeCredits(organizationId: string, amount: number, reason: string, options?: CommandOptions): Promise<Grant>;
  reserveCredits(organizationId: string, cost: Cost, options?: CommandOptions): Promise<Reservation>;
  confirmReservation(reservation: Held, amount?: number): Promise<Consumption>;
  cancelReservation(reservation: Held): Promise<ReservationEnd>;
}

/** A reservation, or the id of one of the current organization. */
export type Held = string | { readonly id: string; readonly organization_id: string };

export function createCredits(options: CreditsOptions): Credits {
  const { ledger, billingUrl } = options;
  const own = async () => options.organizationId();
  const place = async (held: Held): Promise<[string, string]> =>
    typeof held === "string" ? [await own(), held] : [held.organization_id, held.id];
  return {
    purchaseCredits: async (packageId, command) =>
      ledger.checkout(await own(), packageId, { billingUrl, ...command }),
    consumeCredits: async (cost, reason, command) =>
      ledger.consume(await own(), { ...costBody(cost), ...reasonBody(reason) }, command),
    getCreditBalance: async (organizationId) => balanceOf(ledger, organizationId ?? (await own())),
    enableAutoRecharge: async (threshold, amount, command) =>
      setAutoRecharge(ledger, await own(), threshold, amount, command),
    grantFreeCredits: (organizationId, amount, reason, command) =>
      ledger.grant(organizationId, { amount, reason }, command),
    reserveCredits: (organizationId, cost, command) => ledger.reserve(organizationId, costBody(cost), command),
    confirmReservation: async (held, amount) => {
      const [organization, id] = await place(held);
      return ledger.confirm(organization, id, amount === undefined ? {} : { amount });
    },
    cancelReservation: async (held) => ledger.cancel(...(await place(held))),
  };
}

export function costBody(cost: Cost): ConsumeInput {
  return typeof cost === "number" ? { amount: cost } : cost;
}

function reasonBody(reason: string | Omit<ConsumeInput, "amount">): ConsumeInput {
  return typeof reason === "string" ? { description: reason } : reason;
}

/** From the write side: what was just spent is counted. An organization that has never had credits has none. */
export async function balanceOf(ledger: CreditLedger, organization: string): Promise<number> {
  try {
    return (await ledger.balance(organization, { consistency: "strong" })).balance;
  } catch (error) {
    if (error instanceof LedgerError && error.code === "organization_not_found") return 0;
    throw error;
  }
}

/** Keeps the package of the policy that there is; else the largest that is not more than what is wanted. */
async function rechargePackage(ledger: CreditLedger, organization: string, amount: number): Promise<string | undefined> {
  const { policy } = await ledger.autoRecharge(organization);
  if (policy) return policy.package_id;
  const offered = await ledger.packages();
  const fitting = offered.filter(({ credits }) => credits <= amount);
  return (fitting.at(-1) ?? offered[0])?.id;
}

async function setAutoRecharge(
  ledger: CreditLedger,
  organization: string,
  threshold: number,
  amount: number,
  command: CommandOptions = {},
): Promise<AutoRecharge> {
  const package_id = (await rechargePackage(ledger, organization, amount)) ?? null;
  await ledger.setAutoRecharge(organization, { enabled: true, threshold, amount, package_id }, command);
  return { enabled: true, threshold, amount };
}
