// Movements of the balance, newest first.

import type { Transaction, TransactionFilters } from "@credit-ledger/client";
import { type ReactNode, useState } from "react";
import { useCredits } from "../context.js";
import { movement, movementTypes } from "../format.js";
import { useCreditHistory } from "../hooks.js";
import { ListStates } from "../ui/list_states.js";
import { Panel } from "../ui/panel.js";
import { Empty } from "../ui/states.js";

export interface CreditHistoryProps {
  readonly filters?: TransactionFilters;
  /** Whether the reader may choose kinds of movements. */
  readonly canFilter?: boolean;
  readonly actions?: ReactNode;
  /** What to show of a movement besides, such as a link to its receipt. */
  readonly detail?: (row: Transaction) => ReactNode;
}

export function CreditHistory({ filters, canFilter = true, actions, detail }: CreditHistoryProps): ReactNode {
  const [type, setType] = useState("");
  const asked: TransactionFilters = type === "" ? { ...filters } : { ...filters, type };
  const history = useCreditHistory(asked);
  const choice = canFilter ? (
    <select className="cl-select" aria-label="Kind of movement" value={type} onChange={(event) => setType(event.target.value)}>
      <option value="">All movements</option>
      {movementTypes.map((name) => (
        <option key={name} value={name}>
          {movement(name)}
        </option>
      ))}
    </select>
  ) : null;
  return (
    <Panel title="History" actions={<>{choice}{actions}</>}>
      <ListStates list={history} empty={<NothingYet isFiltered={type !== ""} />}>
        <Movements rows={history.rows} detail={detail} />
      </ListStates>
    </Panel>
  );
}

function NothingYet({ isFiltered }: { readonly isFiltered: boolean }): ReactNode {
  if (isFiltered) return <Empty title="No such movements">Choose another kind.</Empty>;
  return <Empty title="Nothing has happened yet">Purchases and usage will be listed here.</Empty>;
}

interface MovementsProps {
  readonly rows: readonly Transaction[];
  readonly detail: ((row: Transaction) => ReactNode) | undefined;
}

function Movements({ rows, detail }: MovementsProps): ReactNode {
  const { format } = useCredits();
  return (
    <table className="cl-table cl-table-stack">
      <caption className="cl-hidden">Movements of the balance, newest first</caption>
      <thead>
        <tr>
          <th scope="col">When</th>
          <th scope="col">What</th>
          <th scope="col" className="cl-right">Credits</th>
          <th scope="col" className="cl-right">Balance</th>
        </tr>
      </thead>
      <tbody>
        {rows.map((row) => (
          <tr key={`${row.sequence}-${row.id}`}>
            <td className="cl-muted cl-nowrap">
              <time dateTime={row.created_at}>{format.dateTime(row.created_at)}</time>
            </td>
            <td>
              <span className="cl-what">{movement(row.type)}</span>
              <span className="cl-muted cl-about">{about(row)}</span>
              {detail?.(row)}
            </td>
            <td className="cl-right cl-number" data-sign={Math.sign(row.amount)}>{format.signed(row.amount)}</td>
            <td className="cl-right cl-number cl-muted" data-label="Balance">{format.credits(row.balance_after)}</td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}

function about(row: Transaction): string {
  return [row.operation, row.description, row.subject].filter(Boolean).join(" · ");
}
