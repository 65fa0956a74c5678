// Lists of the API, page by page.

import type { Page } from "@credit-ledger/client";
import { type QueryKey, useInfiniteQuery } from "@tanstack/react-query";

export interface List<T> {
  readonly rows: readonly T[];
  readonly isLoading: boolean;
  readonly error: Error | null;
  readonly hasMore: boolean;
  readonly isLoadingMore: boolean;
  readonly loadMore: () => void;
  readonly retry: () => void;
}

export function useList<T>(queryKey: QueryKey, read: (cursor: string | undefined) => Promise<Page<T>>): List<T> {
  const found = useInfiniteQuery({
    queryKey,
    queryFn: ({ pageParam }) => read(pageParam),
    initialPageParam: undefined as string | undefined,
    getNextPageParam: (page) => page.next_cursor ?? undefined,
  });
  return {
    rows: found.data?.pages.flatMap((page) => page.data) ?? [],
    isLoading: found.isLoading,
    error: found.error,
    hasMore: found.hasNextPage,
    isLoadingMore: found.isFetchingNextPage,
    loadMore: () => void found.fetchNextPage(),
    retry: () => void found.refetch(),
  };
}
