// Hooks and components for pages that show credits. The style sheet is `@credit-ledger/react/styles.css`.

export { AutoRechargeSettings } from "./components/auto_recharge_settings.js";
export { CostPreview, type CostPreviewProps } from "./components/cost_preview.js";
export { CreditBalance, type CreditBalanceProps } from "./components/credit_balance.js";
export { CreditHistory, type CreditHistoryProps } from "./components/credit_history.js";
export { CreditUsageChart, type CreditUsageChartProps } from "./components/credit_usage_chart.js";
export { LowBalanceAlert } from "./components/low_balance_alert.js";
export { PurchaseCreditModal, type PurchaseCreditModalProps } from "./components/purchase_credit_modal.js";
export { PurchaseHistory, type PurchaseHistoryProps } from "./components/purchase_history.js";
export { type CreditContextValue, keys as creditKeys, useCredits } from "./context.js";
export { type Format, formatFor, movement } from "./format.js";
export {
  type Affordability,
  useCanAfford,
  useCheckout,
  useCreditBalance,
  useCreditFetch,
  useCreditHistory,
  useCreditPackages,
  useInsufficientCredits,
  usePurchases,
  useUsage,
} from "./hooks.js";
export { type List, listOf } from "./list.js";
export { CreditProvider, type CreditProviderProps } from "./provider.js";
export { orNone } from "./queries.js";
export { useAutoRecharge } from "./recharge.js";
export type { PageToken } from "./token.js";
export { Button, type ButtonProps } from "./ui/button.js";
export { CreditsInput, type CreditsInputProps } from "./ui/credits_input.js";
export { Dialog, type DialogProps } from "./ui/dialog.js";
export { Field, type FieldProps } from "./ui/field.js";
export { ListStates, type ListStatesProps } from "./ui/list_states.js";
export { Panel, type PanelProps } from "./ui/panel.js";
export { Empty, Failure, Skeleton, explain } from "./ui/states.js";
export { useFormat } from "./use_format.js";
export { useWidth } from "./use_width.js";
