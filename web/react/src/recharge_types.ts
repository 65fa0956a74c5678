// As the API describes them; replaced by the generated ones where those are there.

interface Money {
  readonly amount_minor: number;
  readonly currency: string;
}

export interface AutoRechargeInput {
  readonly enabled?: boolean;
  readonly threshold?: number;
  readonly package_id?: string;
  readonly amount?: number;
  readonly monthly_limit?: Money;
}

export interface AutoRechargeState {
  readonly policy?: {
    readonly enabled: boolean;
    readonly threshold: number;
    readonly package_id: string;
    readonly amount?: number | null;
    readonly monthly_limit?: Money | null;
  } | null;
  readonly decision: { readonly reason: string; readonly detail: string; readonly recharge: boolean };
  readonly pending?: { readonly credits: number; readonly price: Money; readonly requested_at: string } | null;
  readonly spent_this_month?: Money | null;
  readonly suspension?: { readonly reason: string; readonly cause: string; readonly since: string } | null;
}
