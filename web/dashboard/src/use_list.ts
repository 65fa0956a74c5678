// Lists of the API, page by page.

import type { Page } from "@credit-ledger/client";
import { type List, listOf } from "@credit-ledger/react";
import { type QueryKey, useInfiniteQuery } from "@tanstack/react-query";

export function useList<T>(queryKey: QueryKey, read: (cursor: string | undefined) => Promise<Page<T>>): List<T> {
  const found = useInfiniteQuery({
    queryKey,
    queryFn: ({ pageParam }) => read(pageParam),
    initialPageParam: undefined as string | undefined,
    getNextPageParam: (page) => page.next_cursor ?? undefined,
  });
  return listOf(found);
}
