// Waits with a page until its balance is known: an alert about it is then there from the start, and nothing jumps.

import { Skeleton, useCreditBalance } from "@credit-ledger/react";
import type { ReactNode } from "react";

export function Known({ children }: { readonly children: ReactNode }): ReactNode {
  return useCreditBalance().isLoading ? <Skeleton lines={5} height="6rem" /> : children;
}
