// The provider: who looks at whose credits, and the one connection behind everything below it.

import { CreditLedger } from "@credit-ledger/client";
import { QueryClient, QueryClientProvider } from "@tanstack/react-query";
import { type ReactNode, useCallback, useMemo, useState } from "react";
import { CreditContext, type CreditContextValue } from "./context.js";
import { useLive } from "./live.js";
import { type PageToken, tokenSource } from "./token.js";
import { useFormat } from "./use_format.js";

interface Common {
  readonly organizationId: string;
  /** BCP 47; default the browser's. */
  readonly locale?: string | undefined;
  /** Where a checkout returns to; default this page. */
  readonly billingUrl?: string | undefined;
  /** The application's own, if its queries and these are to share one. */
  readonly queryClient?: QueryClient | undefined;
  readonly children: ReactNode;
}

interface WithToken extends Common {
  /** The ledger's address. */
  readonly baseUrl: string;
  /** Asks the application's server for a browser token (`getCreditsRoutes().token`). */
  readonly getToken: () => Promise<PageToken>;
}

interface WithClient extends Common {
  readonly client: CreditLedger;
}

export type CreditProviderProps = WithToken | WithClient;

export function CreditProvider(props: CreditProviderProps): ReactNode {
  const [own] = useState(() => new QueryClient());
  const client = useClient(props);
  return (
    <QueryClientProvider client={props.queryClient ?? own}>
      <Connected {...props} key={props.organizationId} client={client} />
    </QueryClientProvider>
  );
}

/** Made once: what follows from it is kept as long as it stays the same. */
function useClient(props: CreditProviderProps): CreditLedger {
  const given = "client" in props ? props.client : undefined;
  const [made] = useState(() => {
    if ("client" in props) return props.client;
    return new CreditLedger({ baseUrl: props.baseUrl, credentials: { token: tokenSource(props.getToken) } });
  });
  return given ?? made;
}

function Connected({ client, organizationId, locale, billingUrl, children }: WithClient): ReactNode {
  const { connection, latestSequence } = useLive(client, organizationId);
  const format = useFormat(client, locale);
  const [dialog, setDialog] = useState<{ readonly missing: number | undefined } | undefined>(undefined);
  const open = useCallback((missing?: number) => setDialog({ missing }), []);
  const close = useCallback(() => setDialog(undefined), []);
  const value = useMemo<CreditContextValue>(() => {
    const purchase = { isOpen: dialog !== undefined, missing: dialog?.missing, open, close };
    return { client, organizationId, connection, format, purchase, latestSequence, billingUrl };
  }, [client, organizationId, connection, format, dialog, open, close, latestSequence, billingUrl]);
  return <CreditContext.Provider value={value}>{children}</CreditContext.Provider>;
}
