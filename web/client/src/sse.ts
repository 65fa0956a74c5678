// Reading `text/event-stream`, as far as this server writes it.

/** One server-sent event, or a comment's place. */
export interface StreamMessage {
  readonly id: string | undefined;
  readonly data: string | undefined;
  readonly retryMs: number | undefined;
}

/** The messages of a body, as they come. */
export async function* messages(body: ReadableStream<Uint8Array>): AsyncGenerator<StreamMessage, void, void> {
  const reader = body.pipeThrough(new TextDecoderStream() as ReadableWritablePair<string, Uint8Array>).getReader();
  let text = "";
  try {
    for (;;) {
      const { done, value } = await reader.read();
      if (done) return;
      text += value;
      for (let end = text.indexOf("\n\n"); end >= 0; end = text.indexOf("\n\n")) {
        yield message(text.slice(0, end));
        text = text.slice(end + 2);
      }
    }
  } finally {
    // Whoever stops reading lets the connection go.
    await reader.cancel().catch(() => undefined);
  }
}

function message(block: string): StreamMessage {
  const fields = new Map<string, string>();
  for (const line of block.split("\n")) {
    const colon = line.indexOf(":");
    if (colon > 0) fields.set(line.slice(0, colon), line.slice(colon + 1).replace(/^ /, ""));
  }
  const retry = Number(fields.get("retry"));
  return { id: fields.get("id"), data: fields.get("data"), retryMs: fields.has("retry") ? retry : undefined };
}
