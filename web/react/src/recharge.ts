// Auto-recharge: the policy, and why the ledger does what it does.

import type { AutoRechargeInput, AutoRechargeState } from "@credit-ledger/client";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { keys, useCredits } from "./context.js";
import { orNone, patience } from "./queries.js";

/** The policy with its state, and functions to change them. */
export function useAutoRecharge() {
  const { client, organizationId } = useCredits();
  const queries = useQueryClient();
  const queryKey = keys.of(organizationId, "auto-recharge");
  const readAgain = () => queries.invalidateQueries({ queryKey });
  const state = useQuery({
    queryKey,
    // An organization that has never had credits has no policy yet.
    queryFn: () => orNone<AutoRechargeState | null>(client.autoRecharge(organizationId), null),
    ...patience,
  });
  const save = useMutation({
    mutationFn: (input: AutoRechargeInput) => client.setAutoRecharge(organizationId, input),
    onSuccess: readAgain,
  });
  const resume = useMutation({
    mutationFn: () => client.resumeAutoRecharge(organizationId),
    onSuccess: readAgain,
  });
  return { state, save, resume };
}
