// One connection that keeps everything on the page up to date.

import type { Balance, ConnectionState, CreditLedger, CreditSignal } from "@credit-ledger/client";
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { useEffect, useState } from "react";
import { keys } from "./context.js";
import { balanceQuery } from "./queries.js";

/** Events within this time share one round of reads. */
const gatherMs = 150;

export interface Live {
  readonly connection: ConnectionState;
  readonly latestSequence: () => number | undefined;
}

/** The last event that was seen. Nothing is drawn from it, so it is no state of React's. */
class Latest {
  #sequence: number | undefined;
  readonly sequence = () => this.#sequence;

  raise(sequence: number): void {
    this.#sequence = Math.max(this.#sequence ?? 0, sequence);
  }
}

/** Follows the organization's events: the balance moves at once, and what else is shown is read again. */
export function useLive(client: CreditLedger, organization: string): Live {
  const queries = useQueryClient();
  const [latest] = useState(() => new Latest());
  const [connection, setConnection] = useState<ConnectionState>("connecting");
  const balance = useQuery(balanceQuery(client, organization, latest.sequence));
  const start = balance.data?.last_sequence;
  const isThere = start !== undefined && start > 0;

  useEffect(() => {
    if (!isThere) return undefined;
    const stop = new AbortController();
    let gathering: ReturnType<typeof setTimeout> | undefined;
    const readAgain = () => {
      gathering = undefined;
      void queries.invalidateQueries({ queryKey: keys.all(organization) });
    };
    const seen = (event: CreditSignal) => {
      latest.raise(event.sequence);
      const moved = (old: Balance | undefined) => (old === undefined ? old : after(old, event));
      queries.setQueryData<Balance>(keys.of(organization, "balance"), moved);
      gathering ??= setTimeout(readAgain, gatherMs);
    };
    const afterSequence = queries.getQueryData<Balance>(keys.of(organization, "balance"))?.last_sequence ?? 0;
    const follow = async () => {
      for await (const event of client.subscribe(organization, {
        signal: stop.signal,
        afterSequence,
        onState: (state) => stop.signal.aborted || setConnection(state),
      })) {
        seen(event);
      }
    };
    // What ends a stream for good is seen by the reads, which show it.
    follow().catch(() => setConnection("closed"));
    return () => {
      stop.abort();
      clearTimeout(gathering);
    };
  }, [client, organization, queries, isThere, latest]);

  return { connection: isThere ? connection : "open", latestSequence: latest.sequence };
}

/** The figures right after an event, as far as it tells; the rest follows with the next read. */
function after(old: Balance, event: CreditSignal): Balance {
  const balance = balanceOf(event);
  if (balance === undefined || event.sequence <= old.last_sequence) return old;
  const low_balance = balance < old.low_balance_threshold;
  return { ...old, balance, low_balance, available: old.available + balance - old.balance };
}

/** A page is told the balance; whoever has a key, the whole event. */
function balanceOf(event: CreditSignal & { readonly data?: { readonly balance_after?: number } }): number | undefined {
  return event.balance ?? event.data?.balance_after;
}
