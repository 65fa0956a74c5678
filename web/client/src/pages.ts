// Lists come in pages; a page names the next one by a cursor.

export interface Page<T> {
  readonly data: readonly T[];
  readonly next_cursor?: string | null;
}

/** Every row of a list, page by page as they are read. */
export async function* rows<T>(read: (cursor: string | undefined) => Promise<Page<T>>): AsyncGenerator<T, void, void> {
  let cursor: string | undefined;
  do {
    const page = await read(cursor);
    yield* page.data;
    cursor = page.next_cursor ?? undefined;
  } while (cursor !== undefined);
}
