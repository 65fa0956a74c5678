// What surrounds the rows of every list: room while it loads, what went wrong, what an empty one means, more of it.

import type { ReactNode } from "react";
import type { List } from "../list.js";
import { Button } from "./button.js";
import { Failure, Skeleton } from "./states.js";

export interface ListStatesProps {
  readonly list: List<unknown>;
  /** Instead of the rows of an empty list. */
  readonly empty: ReactNode;
  /** The rows; not shown while there are none. */
  readonly children: ReactNode;
  readonly lines?: number;
}

/** Rows that were read stay when the next read fails. */
export function ListStates({ list, empty, children, lines = 6 }: ListStatesProps): ReactNode {
  const hasRows = list.rows.length > 0;
  return (
    <>
      {list.isLoading ? <Skeleton lines={lines} height="1.75rem" /> : null}
      {list.error === null ? null : <Failure error={list.error} retry={list.retry} />}
      {!list.isLoading && list.error === null && !hasRows ? empty : null}
      {hasRows ? children : null}
      {list.hasMore ? (
        <div className="cl-more">
          <Button onClick={list.loadMore} busy={list.isLoadingMore}>
            Load more
          </Button>
        </div>
      ) : null}
    </>
  );
}
