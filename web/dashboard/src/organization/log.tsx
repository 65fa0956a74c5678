// The organization's events, newest first, as they come.

import { value } from "@credit-ledger/client";
import { Empty, Failure, Panel, Skeleton, creditKeys, useCreditBalance } from "@credit-ledger/react";
import { useQuery } from "@tanstack/react-query";
import type { ReactNode } from "react";
import { ledger } from "../ledger.js";
import { EventList, type LedgerEvent } from "../parts/event_list.js";
import type { PartProps } from "../views/organization.js";

/** The newest that are shown; all of them are at `credit-ledger events`. */
const shown = 100;

export default function Log({ org }: PartProps): ReactNode {
  const last = useCreditBalance().data?.last_sequence;
  const found = useQuery({
    queryKey: creditKeys.of(org, "events", last),
    enabled: last !== undefined && last > 0,
    placeholderData: (before: readonly LedgerEvent[] | undefined) => before,
    queryFn: async (): Promise<readonly LedgerEvent[]> => {
      const query = { after_sequence: Math.max(0, (last ?? 0) - shown), limit: shown };
      const params = { path: { org }, query };
      const answer = await ledger.api.GET("/v1/organizations/{org}/events", { params });
      const page = (await value(answer)) as { readonly data: readonly LedgerEvent[] };
      return [...page.data].reverse();
    },
  });
  return (
    <Panel title="Newest events">
      {found.isLoading ? <Skeleton lines={6} /> : null}
      {found.error === null ? null : <Failure error={found.error} retry={() => void found.refetch()} />}
      {last === 0 ? <Empty title="No events yet" /> : null}
      <EventList events={found.data ?? []} />
    </Panel>
  );
}
