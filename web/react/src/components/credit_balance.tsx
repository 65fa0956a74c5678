// The balance: large with its parts, or small for a navigation bar.

import type { ReactNode } from "react";
import { useCredits } from "../context.js";
import { useCreditBalance } from "../hooks.js";
import { Button } from "../ui/button.js";
import { Failure, Skeleton } from "../ui/states.js";

export interface CreditBalanceProps {
  /** One line, for a navigation bar: it opens the purchase dialog. */
  readonly compact?: boolean;
  /** Whether there is a button to buy more. */
  readonly canBuy?: boolean;
}

export function CreditBalance({ compact = false, canBuy = true }: CreditBalanceProps): ReactNode {
  return compact ? <Compact /> : <Large canBuy={canBuy} />;
}

function Compact(): ReactNode {
  const { format, purchase } = useCredits();
  const { data, error } = useCreditBalance();
  const text = data === undefined ? "–" : format.credits(data.available);
  const label = data === undefined ? (error === null ? "Credits are loading" : "Credits are unknown at the moment") : `${text} credits available. Buy credits`;
  return (
    <button type="button" className="cl-chip" aria-label={label} data-low={data?.low_balance} onClick={() => purchase.open()}>
      <span className="cl-dot" aria-hidden="true" />
      <span className="cl-number">{text}</span> <span aria-hidden="true">credits</span>
    </button>
  );
}

function Large({ canBuy }: { readonly canBuy: boolean }): ReactNode {
  const { format, purchase, connection } = useCredits();
  const { data, error, refetch } = useCreditBalance();
  const isStale = data !== undefined && (error !== null || connection === "closed");
  return (
    <section className="cl-panel cl-balance" aria-label="Credit balance">
      <div className="cl-balance-head">
        <div>
          <h2 className="cl-label">Available credits</h2>
          <p className="cl-figure" data-low={data?.low_balance} data-testid="available">
            {data === undefined ? <span aria-hidden="true">–</span> : format.credits(data.available)}
          </p>
        </div>
        {canBuy ? (
          <Button kind="primary" onClick={() => purchase.open()}>
            Buy credits
          </Button>
        ) : null}
      </div>
      {data === undefined && error === null ? <Skeleton /> : null}
      {data === undefined && error !== null ? <Failure error={error} retry={() => void refetch()} /> : null}
      {data === undefined ? null : (
        <dl className="cl-parts">
          <Part name="Balance" value={format.credits(data.balance)} />
          <Part name="On hold" value={format.credits(data.reserved)} />
          {data.overdraft_limit > 0 ? <Part name="Overdraft" value={format.credits(data.overdraft_limit)} /> : null}
          <Part name="Used so far" value={format.credits(data.lifetime_used)} />
        </dl>
      )}
      <p className="cl-hint cl-live" role="status">
        {isStale ? "Offline: these are the last known figures." : ""}
      </p>
    </section>
  );
}

function Part({ name, value }: { readonly name: string; readonly value: string }): ReactNode {
  return (
    <div>
      <dt>{name}</dt>
      <dd className="cl-number">{value}</dd>
    </div>
  );
}
