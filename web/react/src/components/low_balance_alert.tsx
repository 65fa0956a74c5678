// Says once that credits run low, and is silent until they have risen and fallen again.

import { type ReactNode, useEffect, useState } from "react";
import { useCredits } from "../context.js";
import { useCreditBalance } from "../hooks.js";
import { Button } from "../ui/button.js";

export function LowBalanceAlert(): ReactNode {
  const { format, purchase, organizationId } = useCredits();
  const { data } = useCreditBalance();
  const [isDismissed, dismiss] = useDismissal(`credit-ledger-low:${organizationId}`, data?.low_balance);
  if (data === undefined || !data.low_balance || isDismissed) return null;
  const text =
    data.available > 0
      ? `Only ${format.credits(data.available)} credits are left.`
      : "There are no credits left. Requests that cost credits are refused.";
  return (
    <div className="cl-note cl-note-warn" role="alert">
      <span>{text}</span>
      <span className="cl-actions">
        <Button kind="primary" onClick={() => purchase.open()}>
          Buy credits
        </Button>
        <Button onClick={dismiss}>Dismiss</Button>
      </span>
    </div>
  );
}

/** Kept for the tab, so that a reload does not bring the alert back, and forgotten when the balance has risen. */
function useDismissal(name: string, isLow: boolean | undefined): [boolean, () => void] {
  const [isDismissed, setDismissed] = useState(() => remembered(name));
  if (isLow === false && isDismissed) setDismissed(false);
  useEffect(() => {
    if (isLow === false) remember(name, false);
  }, [name, isLow]);
  const dismiss = () => {
    remember(name, true);
    setDismissed(true);
  };
  return [isDismissed, dismiss];
}

function remembered(name: string): boolean {
  try {
    return sessionStorage.getItem(name) !== null;
  } catch {
    return false;
  }
}

/** A frame may be without storage; the alert then comes back with the next page. */
function remember(name: string, isDismissed: boolean): void {
  try {
    if (isDismissed) sessionStorage.setItem(name, "dismissed");
    else sessionStorage.removeItem(name);
  } catch {
    // Nothing is kept.
  }
}
