// Auto-recharge: the policy, and why the ledger does what it does.

import { newIdempotencyKey } from "@credit-ledger/client";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { keys, useCredits } from "./context.js";
import type { AutoRechargeInput, AutoRechargeState } from "./recharge_types.js";

/** The policy with its state, and functions to change them. */
export function useAutoRecharge() {
  const { client, organizationId } = useCredits();
  const queries = useQueryClient();
  const path = `/v1/organizations/${encodeURIComponent(organizationId)}/auto-recharge`;
  const queryKey = keys.of(organizationId, "auto-recharge");
  const readAgain = () => queries.invalidateQueries({ queryKey });
  const state = useQuery({
    queryKey,
    queryFn: () => client.send<AutoRechargeState>("GET", path),
    retry: false,
    staleTime: 30_000,
  });
  const save = useMutation({
    mutationFn: (input: AutoRechargeInput) => client.send("PUT", path, input, newIdempotencyKey()),
    onSuccess: readAgain,
  });
  const resume = useMutation({
    mutationFn: () => client.send("POST", `${path}/resume`, {}, newIdempotencyKey()),
    onSuccess: readAgain,
  });
  return { state, save, resume };
}
