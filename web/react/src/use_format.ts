// Numbers in the reader's language and amounts by the ledger's scale, as soon as that is known.

import type { CreditLedger } from "@credit-ledger/client";
import { useQuery } from "@tanstack/react-query";
import { useMemo } from "react";
import { type Format, formatFor } from "./format.js";
import { scaleQuery } from "./queries.js";

export function useFormat(client: CreditLedger, locale?: string): Format {
  const scale = useQuery(scaleQuery(client)).data ?? null;
  return useMemo(() => formatFor(locale, scale), [locale, scale]);
}
