// The browser token of a page: asked for once, and again before it ends.

export interface PageToken {
  readonly token: string;
  readonly expires_at: string;
}

/** A token is replaced this long before its end, so that no request meets it too late. */
const earlyMs = 60_000;

/** Gives the token in force; requests at the same time share one call of `fetchToken`. */
export function tokenSource(fetchToken: () => Promise<PageToken>, now: () => number = Date.now): () => Promise<string> {
  let current: { readonly token: Promise<PageToken>; endsAt: number } | undefined;
  return async () => {
    if (current === undefined || now() >= current.endsAt) {
      const asked = { token: fetchToken(), endsAt: Infinity };
      current = asked;
      asked.token.then(
        ({ expires_at }) => {
          const life = Date.parse(expires_at) - now();
          // A short one is used for half its life at least.
          asked.endsAt = now() + Math.max(life - earlyMs, life / 2);
        },
        () => {
          // The next request asks again.
          if (current === asked) current = undefined;
        },
      );
    }
    return (await current.token).token;
  };
}
