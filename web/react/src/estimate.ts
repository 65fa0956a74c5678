// What usage would cost, by the price book in force.

import { type ConsumeInput, type CreditLedger, newIdempotencyKey } from "@credit-ledger/client";
import { queryOptions, skipToken } from "@tanstack/react-query";
import { keys } from "./context.js";

export interface Estimate {
  readonly amount: number;
}

/** Asks again only when the usage is another: prices change rarely, and an estimate holds nothing. */
export function estimateQuery(client: CreditLedger, organization: string, usage: ConsumeInput | undefined) {
  return queryOptions({
    queryKey: [...keys.packages, "estimate", organization, usage],
    queryFn: usage === undefined ? skipToken : () => estimate(client, organization, usage),
    retry: false,
    staleTime: 60_000,
  });
}

async function estimate(client: CreditLedger, organization: string, usage: ConsumeInput): Promise<Estimate> {
  const { operation, quantities, dimensions } = usage;
  const body = { organization_id: organization, operation, quantities, dimensions };
  return client.send<Estimate>("POST", "/v1/estimates", body, newIdempotencyKey());
}
