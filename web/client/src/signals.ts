// Signals that end what is under way.

/** Ends with whichever ends first. As `AbortSignal.any`, which edge runtimes and browsers of 2023 do not have. */
export function either(one: AbortSignal, other: AbortSignal): AbortSignal {
  const ended = new AbortController();
  for (const signal of [one, other]) {
    if (signal.aborted) ended.abort(signal.reason);
    // Its end takes the listeners away, so that a signal that lives long gathers none.
    signal.addEventListener("abort", () => ended.abort(signal.reason), { once: true, signal: ended.signal });
  }
  return ended.signal;
}
