// What an action costs, shown before it is taken.

import type { ConsumeInput } from "@credit-ledger/client";
import type { ReactNode } from "react";
import { useCredits } from "../context.js";
import { useCanAfford } from "../hooks.js";
import { Button } from "../ui/button.js";
import { explain } from "../ui/states.js";

export interface CostPreviewProps {
  /** Credits, or usage that the price book prices. */
  readonly cost: number | ConsumeInput;
}

/** From this share of what is available on, an action is said to be expensive. */
const expensiveShare = 0.5;

export function CostPreview({ cost }: CostPreviewProps): ReactNode {
  const { format, purchase } = useCredits();
  const asked = useCanAfford(cost);
  if (asked.error !== null) return <p className="cl-cost cl-muted" role="status">{explain(asked.error)}</p>;
  if (asked.cost === undefined) return <p className="cl-cost cl-muted" role="status">Calculating the cost…</p>;
  const price = `${format.credits(asked.cost)} credits`;
  if (asked.canAfford === false) {
    return (
      <p className="cl-cost" data-state="missing" role="status">
        <span>
          Costs <strong className="cl-number">{price}</strong>, {format.credits(asked.missing ?? 0)} more than there are.
        </span>
        <Button onClick={() => purchase.open(asked.missing)}>Buy credits</Button>
      </p>
    );
  }
  const isExpensive = asked.share !== undefined && asked.share > expensiveShare;
  return (
    <p className="cl-cost" data-state={isExpensive ? "expensive" : "fine"} role="status">
      <span>
        Costs <strong className="cl-number">{price}</strong>
        {isExpensive ? `, ${format.percent(asked.share ?? 0)} of what is left.` : "."}
      </span>
    </p>
  );
}
