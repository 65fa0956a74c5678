// A list of the API as components need it: its rows so far, its states, and a function for more.

import type { InfiniteData, UseInfiniteQueryResult } from "@tanstack/react-query";

export interface List<T> {
  readonly rows: readonly T[];
  readonly isLoading: boolean;
  readonly error: Error | null;
  readonly hasMore: boolean;
  readonly isLoadingMore: boolean;
  readonly loadMore: () => void;
  readonly retry: () => void;
}

/** The pages that have been read, as one list. */
export function listOf<T>(found: UseInfiniteQueryResult<InfiniteData<{ readonly data: readonly T[] }>>): List<T> {
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
