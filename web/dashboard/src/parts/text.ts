// Numbers and dates of the dashboard, and amounts by the ledger's scale.

import { type Format, useFormat as useLedgersFormat } from "@credit-ledger/react";
import { ledger } from "../ledger.js";

export function useFormat(): Format {
  return useLedgersFormat(ledger);
}
