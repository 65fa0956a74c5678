// The price book: as it is, its versions, and an editor with an estimate beside it.

import { type components, LedgerError, value } from "@credit-ledger/client";
import { Button, Empty, Failure, type Format, Panel, Skeleton, creditKeys } from "@credit-ledger/react";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { type ReactNode, useState } from "react";
import { ledger } from "../ledger.js";
import { Estimate } from "../parts/estimate.js";
import { type Column, Listing } from "../parts/listing.js";
import { useFormat } from "../parts/text.js";
import { useMay } from "../session.js";
import { useList } from "../use_list.js";

type Version = components["schemas"]["PriceBookVersion"];
type Book = components["schemas"]["PriceBookBody"];

const start: Book = { prices: [{ operation: "*", components: [{ unit: "request", per_unit: "1" }] }] };

const columns = (format: Format): readonly Column<Version>[] => [
  { name: "Version", show: (row) => <span className="cl-number">{row.version}</span> },
  { name: "Holds from", show: (row) => <span className="cl-nowrap">{format.dateTime(row.valid_from)}</span> },
  { name: "Prices", isNumber: true, show: (row) => row.prices },
];

export default function Prices(): ReactNode {
  const format = useFormat();
  const book = useQuery({ queryKey: ["price-book"], queryFn: current });
  const list = useList<Version>(["price-book", "versions"], async (cursor) => {
    const query = { limit: 20, ...(cursor === undefined ? {} : { cursor }) };
    return value(await ledger.api.GET("/v1/price-book/versions", { params: { query } }));
  });
  return (
    <>
      <div className="title">
        <h1>Prices</h1>
      </div>
      <div className="columns">
        {book.isLoading ? <Panel title="Price book"><Skeleton height="24rem" /></Panel> : null}
        {book.error === null ? null : <Failure error={book.error} />}
        {book.isSuccess ? <Editor key={book.data?.version ?? 0} book={(book.data?.book as Book | undefined) ?? start} /> : null}
        <div className="cl-stack">
          <Estimate />
          <Panel title="Versions">
            <Listing list={list} caption="Versions" columns={columns(format)} rowKey={(row) => String(row.version)} empty={<Empty title="No price book yet">Publish one: until then, operations are charged by amounts only.</Empty>} />
          </Panel>
        </div>
      </div>
    </>
  );
}

/** `null`: none has been published. */
async function current() {
  try {
    return await value(await ledger.api.GET("/v1/price-book"));
  } catch (error) {
    if (error instanceof LedgerError && error.status === 404) return null;
    throw error;
  }
}

function Editor({ book }: { readonly book: Book }): ReactNode {
  const mayPublish = useMay("admin");
  const client = useQueryClient();
  const [text, setText] = useState(() => JSON.stringify(book, null, 2));
  const read = parsed(text);
  const publish = useMutation({
    mutationFn: async (body: Book) => value(await ledger.api.PUT("/v1/price-book", { body })),
    onSuccess: async () => {
      await client.invalidateQueries({ queryKey: ["price-book"] });
      await client.invalidateQueries({ queryKey: creditKeys.scale });
    },
  });
  return (
    <Panel title="Price book" actions={<span className="cl-badge" data-tone={read.mistake === undefined ? "good" : "bad"}>{read.mistake === undefined ? "Valid JSON" : "Not JSON"}</span>}>
      <form
        className="cl-stack"
        onSubmit={(event) => {
          event.preventDefault();
          if (read.body !== undefined) publish.mutate(read.body);
        }}
      >
        <textarea className="cl-input" aria-label="Price book as JSON" rows={24} spellCheck={false} readOnly={!mayPublish} value={text} onChange={(event) => setText(event.target.value)} />
        {read.mistake === undefined ? null : <p className="cl-note cl-note-bad" role="alert">{read.mistake}</p>}
        {publish.error === null ? null : <Mistakes error={publish.error} />}
        <div className="cl-actions cl-actions-end">
          <p className="cl-hint">A published version never changes; receipts name the version that priced them.</p>
          {mayPublish ? (
            <Button kind="primary" type="submit" busy={publish.isPending} disabled={read.body === undefined}>
              Check and publish
            </Button>
          ) : null}
        </div>
      </form>
    </Panel>
  );
}

function parsed(text: string): { body?: Book; mistake?: string } {
  try {
    return { body: JSON.parse(text) as Book };
  } catch (error) {
    return { mistake: error instanceof Error ? error.message : "not JSON" };
  }
}

/** The server names each mistake with its place in the book. */
function Mistakes({ error }: { readonly error: Error }): ReactNode {
  const mistakes = error instanceof LedgerError ? error.problem["mistakes"] : undefined;
  if (!Array.isArray(mistakes)) return <Failure error={error} />;
  return (
    <ul className="cl-note cl-note-bad mistakes" role="alert">
      {mistakes.map((mistake: unknown, n) => (
        <li key={n}>{typeof mistake === "string" ? mistake : Object.values(mistake as object).join(": ")}</li>
      ))}
    </ul>
  );
}
