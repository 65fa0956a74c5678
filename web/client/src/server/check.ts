// The credit check around a piece of work: hold the credits, do the work, then spend or give back.

import type { CreditLedger } from "../client.js";
import { InsufficientCreditsError, LedgerError } from "../errors.js";
import { type Cost, costBody } from "./credits.js";

/** The body of a 402, as pages and other programs know it. */
export interface InsufficientCredits {
  readonly error: "Insufficient credits";
  readonly required: number;
  readonly balance: number;
}

export interface HoldOptions {
  readonly ledger: CreditLedger;
  /** Called where credits were held and could be neither spent nor given back: they come back at the hold's deadline. */
  readonly onUnsettled?: (error: unknown, reservationId: string) => void;
}

/** Credits that are held for one piece of work. */
export interface Hold {
  /** The work was done: spend. */
  readonly confirm: () => Promise<void>;
  /** It was not: give back. */
  readonly cancel: () => Promise<void>;
}

/** Holds the cost, or says what is missing. A repeated key finds the hold that the first request made. */
export async function hold(
  options: HoldOptions,
  organization: string,
  cost: Cost,
  key: string | undefined,
): Promise<Hold | InsufficientCredits> {
  const { ledger, onUnsettled = logged } = options;
  try {
    const command = key === undefined ? {} : { idempotencyKey: key };
    const { id } = await ledger.reserve(organization, costBody(cost), command);
    const settle = (end: () => Promise<unknown>) => async () => {
      await end().catch((error: unknown) => onUnsettled(error, id));
    };
    return {
      confirm: settle(() => ledger.confirm(organization, id)),
      cancel: settle(() => ledger.cancel(organization, id)),
    };
  } catch (error) {
    if (error instanceof InsufficientCreditsError) {
      return { error: "Insufficient credits", required: error.required, balance: error.balance };
    }
    throw error;
  }
}

/** The status and text for a request whose credits cannot be checked: the work is not done. */
export function unchecked(error: unknown): { status: number; body: { error: string } } {
  const isRefusal = error instanceof LedgerError && error.status < 500 && error.status !== 429;
  return isRefusal
    ? { status: 500, body: { error: "The credit check is not set up" } }
    : { status: 503, body: { error: "Credits cannot be checked at the moment" } };
}

function logged(error: unknown, reservationId: string): void {
  console.error(`the reservation ${reservationId} was not settled`, error);
}
