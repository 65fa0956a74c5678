// The questions, for TanStack Query.

import {
  type Balance,
  type CreditLedger,
  LedgerError,
  type Page,
  type Purchase,
  type Transaction,
  type TransactionFilters,
  type UsageFilters,
  type UsageRow,
} from "@credit-ledger/client";
import { infiniteQueryOptions, queryOptions } from "@tanstack/react-query";
import { keys, noCredits } from "./context.js";

type Sequence = () => number | undefined;

/** Asks for what the page already knows to have happened. */
function fresh(latest: Sequence): { min_sequence?: number } {
  const sequence = latest();
  return sequence === undefined ? {} : { min_sequence: sequence };
}

/**
 * What the client has already tried again is not tried again, and refusals never are. Without a network it is asked all
 * the same, so that the reader is told.
 */
export const patience = { retry: false, staleTime: 30_000, networkMode: "always" } as const;

/** An organization that has never had credits is there for the page, with none. */
export async function orNone<T>(read: Promise<T>, none: T): Promise<T> {
  try {
    return await read;
  } catch (error) {
    if (error instanceof LedgerError && error.code === "organization_not_found") return none;
    throw error;
  }
}

/** Between looks at an organization that has no credits yet, whose stream cannot be followed. */
const absentMs = 5_000;

export function balanceQuery(client: CreditLedger, organization: string, latest: Sequence) {
  return queryOptions({
    queryKey: keys.of(organization, "balance"),
    queryFn: () => orNone(client.balance(organization, fresh(latest)), noCredits(organization)),
    refetchInterval: ({ state }) => ((state.data as Balance | undefined)?.last_sequence === 0 ? absentMs : false),
    ...patience,
  });
}

/** Between tries to learn how amounts are shown; until then none is. */
const unscaledMs = 5_000;

export function scaleQuery(client: CreditLedger) {
  return queryOptions({
    queryKey: keys.scale,
    queryFn: () => client.scale(),
    ...patience,
    refetchInterval: ({ state }) => (state.data === undefined && state.status === "error" ? unscaledMs : false),
  });
}

export function packagesQuery(client: CreditLedger) {
  return queryOptions({ queryKey: keys.packages, queryFn: () => client.packages(), ...patience });
}

export function historyQuery(client: CreditLedger, organization: string, latest: Sequence, filters: TransactionFilters) {
  return infiniteQueryOptions({
    queryKey: keys.of(organization, "history", filters),
    queryFn: ({ pageParam }): Promise<Page<Transaction>> => {
      const cursor = pageParam === undefined ? fresh(latest) : { cursor: pageParam };
      return orNone(client.transactions(organization, { limit: 25, ...filters, ...cursor }), { data: [] });
    },
    initialPageParam: undefined as string | undefined,
    getNextPageParam: (page: Page<Transaction>) => page.next_cursor ?? undefined,
    ...patience,
  });
}

export function usageQuery(client: CreditLedger, organization: string, latest: Sequence, filters: UsageFilters) {
  return queryOptions({
    queryKey: keys.of(organization, "usage", filters),
    queryFn: async (): Promise<readonly UsageRow[]> => {
      const found: UsageRow[] = [];
      const read = async () => {
        for await (const row of client.allUsage(organization, { limit: 1000, ...filters, ...fresh(latest) })) found.push(row);
        return found;
      };
      return orNone(read(), []);
    },
    ...patience,
  });
}

export function purchasesQuery(client: CreditLedger, organization: string, latest: Sequence) {
  return infiniteQueryOptions({
    queryKey: keys.of(organization, "purchases"),
    queryFn: ({ pageParam }): Promise<Page<Purchase>> => {
      const cursor = pageParam === undefined ? fresh(latest) : { cursor: pageParam };
      return orNone(client.purchases(organization, { limit: 25, ...cursor }), { data: [] });
    },
    initialPageParam: undefined as string | undefined,
    getNextPageParam: (page: Page<Purchase>) => page.next_cursor ?? undefined,
    ...patience,
  });
}
