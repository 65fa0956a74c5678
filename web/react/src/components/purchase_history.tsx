// Purchases with their receipts.

import type { Purchase } from "@credit-ledger/client";
import type { ReactNode } from "react";
import { useCredits } from "../context.js";
import { usePurchases } from "../hooks.js";
import { ListStates } from "../ui/list_states.js";
import { Panel } from "../ui/panel.js";
import { Empty } from "../ui/states.js";

const statuses: Readonly<Record<string, string>> = {
  started: "Waiting for payment",
  completed: "Paid",
  failed: "Failed",
  expired: "Not paid in time",
  revoked: "Refunded",
  partly_revoked: "Partly refunded",
};

export interface PurchaseHistoryProps {
  /** What can be done with a purchase. */
  readonly actions?: ((purchase: Purchase) => ReactNode) | undefined;
}

export function PurchaseHistory({ actions }: PurchaseHistoryProps): ReactNode {
  const list = usePurchases();
  const empty = <Empty title="No purchases yet">Credits that are bought will be listed here with their receipts.</Empty>;
  return (
    <Panel title="Purchases">
      <ListStates list={list} empty={empty} lines={3}>
        <ul className="cl-list">
          {list.rows.map((row) => (
            <Receipt key={row.id} row={row} actions={actions} />
          ))}
        </ul>
      </ListStates>
    </Panel>
  );
}

interface ReceiptProps extends PurchaseHistoryProps {
  readonly row: Purchase;
}

function Receipt({ row, actions }: ReceiptProps): ReactNode {
  const { format } = useCredits();
  const { amount_minor, currency } = row.price;
  return (
    <li>
      <details className="cl-receipt">
        <summary>
          <span>
            <span className="cl-what">{format.credits(row.credits)} credits</span>
            <span className="cl-muted cl-about">
              {format.day(row.completed_at ?? row.created_at)} · {statuses[row.status] ?? row.status}
            </span>
          </span>
          <strong className="cl-number">{format.money(amount_minor, currency)}</strong>
        </summary>
        <dl className="cl-facts">
          <Fact name="Receipt" value={row.id} />
          <Fact name="Payment" value={row.payment_reference} />
          {row.package_id ? <Fact name="Package" value={row.package_id} /> : null}
          {row.refunded_minor > 0 ? <Fact name="Refunded" value={format.money(row.refunded_minor, currency)} /> : null}
          {row.expires_at ? <Fact name="Credits end" value={format.dateTime(row.expires_at)} /> : null}
        </dl>
        {actions?.(row)}
      </details>
    </li>
  );
}

function Fact({ name, value }: { readonly name: string; readonly value: string }): ReactNode {
  return (
    <div>
      <dt>{name}</dt>
      <dd className="cl-break">{value}</dd>
    </div>
  );
}
