// The hooks. Each answers TanStack Query's own result, so that its states are those that an application knows.

import {
  type Balance,
  type ConsumeInput,
  type CreditPackage,
  InsufficientCreditsError,
  type Purchase,
  type Transaction,
  type TransactionFilters,
  type UsageFilters,
  type UsageRow,
  newIdempotencyKey,
} from "@credit-ledger/client";
import { type UseQueryResult, useInfiniteQuery, useMutation, useQuery } from "@tanstack/react-query";
import { useCallback, useRef } from "react";
import { useCredits } from "./context.js";
import { type Estimate, estimateQuery } from "./estimate.js";
import { type List, listOf } from "./list.js";
import { balanceQuery, historyQuery, packagesQuery, purchasesQuery, usageQuery } from "./queries.js";

/** The organization's figures, kept up to date. */
export function useCreditBalance(): UseQueryResult<Balance> {
  const { client, organizationId, latestSequence } = useCredits();
  return useQuery(balanceQuery(client, organizationId, latestSequence));
}

/** What is for sale, cheapest first. */
export function useCreditPackages(): UseQueryResult<readonly CreditPackage[]> {
  return useQuery(packagesQuery(useCredits().client));
}

/** What something would cost, and whether the credits are there. */
export interface Affordability {
  /** `undefined` until it is known. */
  readonly canAfford: boolean | undefined;
  readonly cost: number | undefined;
  readonly available: number | undefined;
  /** Credits that are not there; 0 if all are. */
  readonly missing: number | undefined;
  /** Of what is available, 0 to 1 and above. */
  readonly share: number | undefined;
  readonly estimate: Estimate | undefined;
  readonly isLoading: boolean;
  readonly error: Error | null;
}

/** Whether there are credits for a cost, or for usage that the price book prices. Nothing is held. */
export function useCanAfford(cost: number | ConsumeInput): Affordability {
  const { client, organizationId } = useCredits();
  const balance = useCreditBalance();
  const usage = typeof cost === "number" ? undefined : cost;
  const estimated = useQuery(estimateQuery(client, organizationId, usage));
  const amount = typeof cost === "number" ? cost : estimated.data?.amount;
  const available = balance.data?.available;
  const isKnown = amount !== undefined && available !== undefined;
  return {
    cost: amount,
    available,
    canAfford: isKnown ? amount <= available : undefined,
    missing: isKnown ? Math.max(0, amount - available) : undefined,
    share: isKnown && available > 0 ? amount / available : undefined,
    estimate: estimated.data,
    isLoading: balance.isLoading || estimated.isLoading,
    error: balance.error ?? estimated.error,
  };
}

/** Movements, newest first. */
export function useCreditHistory(filters: TransactionFilters = {}): List<Transaction> {
  const { client, organizationId, latestSequence } = useCredits();
  return listOf(useInfiniteQuery(historyQuery(client, organizationId, latestSequence, filters)));
}

export function useUsage(filters: UsageFilters = {}): UseQueryResult<readonly UsageRow[]> {
  const { client, organizationId, latestSequence } = useCredits();
  return useQuery(usageQuery(client, organizationId, latestSequence, filters));
}

export function usePurchases(): List<Purchase> {
  const { client, organizationId, latestSequence } = useCredits();
  return listOf(useInfiniteQuery(purchasesQuery(client, organizationId, latestSequence)));
}

/** What is bought. */
export interface CheckoutChoice {
  readonly packageId: string;
  /** Keep the card for auto-recharge. */
  readonly saveCard: boolean;
}

/** Starts a checkout: the answer is where to pay. Pressed twice, or tried again, it is one checkout. */
export function useCheckout() {
  const { client, organizationId, billingUrl } = useCredits();
  const attempt = useRef<{ choice: string; key: string } | undefined>(undefined);
  return useMutation({
    mutationFn: async ({ packageId, saveCard }: CheckoutChoice) => {
      const choice = `${packageId} ${saveCard}`;
      if (attempt.current?.choice !== choice) attempt.current = { choice, key: newIdempotencyKey() };
      const { key } = attempt.current;
      return client.checkout(organizationId, packageId, { saveCard, billingUrl: billingUrl ?? here(), idempotencyKey: key });
    },
  });
}

/** This page, without what an earlier checkout has added. */
function here(): string {
  const url = new URL(window.location.href);
  url.searchParams.delete("credits");
  return url.toString();
}

/** Opens the purchase dialog for what was missing. Answers whether the error or answer was about missing credits. */
export function useInsufficientCredits(): (problem: unknown) => Promise<boolean> {
  const { open } = useCredits().purchase;
  return useCallback(
    async (problem: unknown) => {
      if (problem instanceof InsufficientCreditsError) {
        open(Math.max(0, problem.required - problem.available));
        return true;
      }
      if (!(problem instanceof Response) || problem.status !== 402) return false;
      const body = (await problem.clone().json().catch(() => ({}))) as { required?: number; balance?: number };
      const missing = body.required === undefined ? undefined : Math.max(0, body.required - (body.balance ?? 0));
      open(missing);
      return true;
    },
    [open],
  );
}

/** `fetch` for the application's own endpoints: a 402 opens the purchase dialog. */
export function useCreditFetch(): typeof fetch {
  const handle = useInsufficientCredits();
  return useCallback(
    async (input: RequestInfo | URL, init?: RequestInit) => {
      const response = await fetch(input, init);
      await handle(response);
      return response;
    },
    [handle],
  );
}
