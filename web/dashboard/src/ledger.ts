// The dashboard's client: the server that the page came from, by the session's cookie.

import { CreditLedger } from "@credit-ledger/client";
import { QueryClient } from "@tanstack/react-query";

export const ledger = new CreditLedger({ baseUrl: window.location.origin, credentials: "session" });

export const queries = new QueryClient({ defaultOptions: { queries: { retry: false, staleTime: 5_000 } } });
