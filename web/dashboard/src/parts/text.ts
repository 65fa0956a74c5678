// Numbers and dates of the dashboard.

import { formatFor } from "@credit-ledger/react";

export const format = formatFor(undefined);
