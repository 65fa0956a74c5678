// A list as a table, with its states.

import { Empty, type List, ListStates } from "@credit-ledger/react";
import type { ReactNode } from "react";

export interface Column<T> {
  readonly name: string;
  readonly isNumber?: boolean;
  /** On a phone: left out where it is not needed to tell rows apart. */
  readonly isMinor?: boolean;
  readonly show: (row: T) => ReactNode;
}

/** The name of a column of buttons, which need no heading to be seen. */
const actions = "Actions";

export interface ListingProps<T> {
  readonly list: List<T>;
  readonly caption: string;
  readonly columns: readonly Column<T>[];
  readonly rowKey: (row: T) => string;
  readonly empty: ReactNode;
}

export function Listing<T>({ list, caption, columns, rowKey, empty }: ListingProps<T>): ReactNode {
  const classes = (column: Column<T>) =>
    [column.isNumber ? "cl-right cl-number" : "", column.isMinor ? "minor" : ""].filter(Boolean).join(" ");
  return (
    <ListStates list={list} empty={typeof empty === "string" ? <Empty title={empty} /> : empty}>
      <div className="cl-scroll" role="group" aria-label={caption} tabIndex={0}>
        <table className="cl-table listing">
          <caption className="cl-hidden">{caption}</caption>
          <thead>
            <tr>
              {columns.map((column) => (
                <th key={column.name} scope="col" className={classes(column)}>
                  {column.name === actions ? <span className="cl-hidden">{column.name}</span> : column.name}
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {list.rows.map((row) => (
              <tr key={rowKey(row)}>
                {columns.map((column) => (
                  <td key={column.name} className={classes(column)} data-label={column.name === actions ? undefined : column.name}>
                    {column.show(row)}
                  </td>
                ))}
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </ListStates>
  );
}
