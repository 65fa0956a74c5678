// What hooks and components share.

import type { Balance, ConnectionState, CreditLedger } from "@credit-ledger/client";
import { createContext, useContext } from "react";
import type { Format } from "./format.js";

export interface PurchaseDialog {
  readonly isOpen: boolean;
  /** Credits that were missing when it was opened. */
  readonly missing: number | undefined;
  readonly open: (missing?: number) => void;
  readonly close: () => void;
}

export interface CreditContextValue {
  readonly client: CreditLedger;
  readonly organizationId: string;
  readonly connection: ConnectionState;
  readonly format: Format;
  readonly purchase: PurchaseDialog;
  /** The last event that is known of: reads ask for its effects. */
  readonly latestSequence: () => number | undefined;
  /** Where a checkout returns to. */
  readonly billingUrl: string | undefined;
}

export const CreditContext = createContext<CreditContextValue | undefined>(undefined);

/** The nearest `CreditProvider`. */
export function useCredits(): CreditContextValue {
  const value = useContext(CreditContext);
  if (value === undefined) throw new Error("this needs a <CreditProvider> around it");
  return value;
}

/** Keys of queries, one place for all. */
export const keys = {
  all: (organization: string) => ["credit-ledger", organization] as const,
  of: (organization: string, what: string, ...filters: unknown[]) =>
    ["credit-ledger", organization, what, ...filters] as const,
  packages: ["credit-ledger-packages"] as const,
  scale: ["credit-ledger-scale"] as const,
};

/** The balance of an organization that has never had credits. */
export function noCredits(organization: string): Balance {
  return {
    organization_id: organization,
    balance: 0,
    reserved: 0,
    available: 0,
    overdraft_limit: 0,
    restricted: [],
    lifetime_purchased: 0,
    lifetime_granted: 0,
    lifetime_used: 0,
    lifetime_expired: 0,
    lifetime_refunded: 0,
    low_balance_threshold: 0,
    low_balance: false,
    last_sequence: 0,
  };
}
