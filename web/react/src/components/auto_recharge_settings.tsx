// Auto-recharge: when credits are bought by themselves, how many, and why or why not right now.

import type { AutoRechargeInput, AutoRechargeState, CreditPackage } from "@credit-ledger/client";
import { type FormEvent, type ReactNode, useState } from "react";
import { useCredits } from "../context.js";
import { type Format, minorUnits } from "../format.js";
import { useCreditPackages } from "../hooks.js";
import { useAutoRecharge } from "../recharge.js";
import { Button } from "../ui/button.js";
import { CreditsInput } from "../ui/credits_input.js";
import { Field } from "../ui/field.js";
import { Panel } from "../ui/panel.js";
import { Failure, Skeleton, sentence } from "../ui/states.js";

export interface AutoRechargeSettingsProps {
  /** Whether the reader may change them. */
  readonly canChange?: boolean;
}

export function AutoRechargeSettings({ canChange = true }: AutoRechargeSettingsProps): ReactNode {
  const { state, save, resume } = useAutoRecharge();
  const packages = useCreditPackages();
  const error = state.error ?? packages.error;
  const isLoading = state.isLoading || packages.isLoading;
  return (
    <Panel title="Auto-recharge">
      {isLoading ? <Skeleton lines={4} /> : null}
      {error === null ? null : <Failure error={error} retry={() => void Promise.all([state.refetch(), packages.refetch()])} />}
      {state.data === undefined || packages.data === undefined ? null : (
        <>
          <Standing state={state.data} onResume={canChange ? () => resume.mutate() : undefined} isResuming={resume.isPending} />
          <Form
            // Begins anew with what was saved.
            key={JSON.stringify(state.data?.policy ?? null)}
            state={state.data}
            packages={packages.data}
            canChange={canChange}
            isSaving={save.isPending}
            isSaved={save.isSuccess}
            onSave={save.mutate}
          />
          {save.error === null ? null : <Failure error={save.error} />}
        </>
      )}
    </Panel>
  );
}

interface StandingProps {
  readonly state: AutoRechargeState | null;
  readonly onResume: (() => void) | undefined;
  readonly isResuming: boolean;
}

function Standing({ state, onResume, isResuming }: StandingProps): ReactNode {
  const { format } = useCredits();
  if (state === null) return <p className="cl-hint" role="status">This begins with the first credits.</p>;
  if (state.suspension) {
    return (
      <div className="cl-note cl-note-warn" role="status">
        <span>Recharging is suspended: {state.suspension.reason}.</span>
        {onResume === undefined ? null : <Button onClick={onResume} busy={isResuming}>Resume</Button>}
      </div>
    );
  }
  if (state.pending) {
    const { credits, price } = state.pending;
    const text = `${format.credits(credits)} credits for ${format.money(price.amount_minor, price.currency)} are being bought.`;
    return <p className="cl-note" role="status">{text}</p>;
  }
  return <p className="cl-hint" role="status">{decided(state, format)}</p>;
}

function decided({ decision, policy }: AutoRechargeState, format: Format): string {
  const { reason, detail, unrestricted_balance: balance } = decision;
  if (reason === "not_configured") return "Nothing is bought by itself.";
  if (reason !== "balance_above_threshold" || !policy) return sentence(detail);
  return `The balance of ${format.credits(balance)} is not below the threshold of ${format.credits(policy.threshold)}.`;
}

interface FormProps {
  readonly state: AutoRechargeState | null;
  readonly packages: readonly CreditPackage[];
  readonly canChange: boolean;
  readonly isSaving: boolean;
  readonly isSaved: boolean;
  readonly onSave: (input: AutoRechargeInput) => void;
}

function Form({ state, packages, canChange, isSaving, isSaved, onSave }: FormProps): ReactNode {
  const { format } = useCredits();
  const policy = state?.policy ?? undefined;
  const [isOn, setOn] = useState(policy?.enabled ?? false);
  const [packageId, setPackageId] = useState(policy?.package_id ?? packages[0]?.id ?? "");
  const chosen = packages.find((item) => item.id === packageId);
  const submit = (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault();
    const given = new FormData(event.currentTarget);
    const credits = (name: string) => format.amount(String(given.get(name) ?? ""));
    if (!isOn) return onSave({ enabled: false });
    const amount = credits("amount");
    const limit = Number(given.get("limit") || 0);
    const currency = chosen?.currency ?? "USD";
    onSave({
      enabled: true,
      threshold: credits("threshold"),
      package_id: packageId,
      ...(amount > 0 ? { amount } : {}),
      ...(limit > 0 ? { monthly_limit: { amount_minor: Math.round(limit * minorUnits(currency)), currency } } : {}),
    });
  };
  return (
    <form className="cl-stack" onSubmit={submit}>
      <label className="cl-switch">
        <input type="checkbox" role="switch" checked={isOn} disabled={!canChange} onChange={(event) => setOn(event.target.checked)} />
        <span>Buy credits when they run low</span>
      </label>
      <fieldset className="cl-grid" disabled={!isOn || !canChange}>
        <legend className="cl-hidden">What to buy, and when</legend>
        <Field label="When the balance falls below">
          {(ids) => <CreditsInput ids={ids} name="threshold" format={format} min={0} isRequired amount={policy?.threshold ?? 1000} />}
        </Field>
        <Field label="Package">
          {(ids) => (
            <select {...ids} className="cl-select" value={packageId} onChange={(event) => setPackageId(event.target.value)}>
              {packages.map((item) => (
                <option key={item.id} value={item.id}>
                  {item.name}, {format.credits(item.credits)} for {format.money(item.price_cents, item.currency)}
                </option>
              ))}
            </select>
          )}
        </Field>
        <Field label="Credits to buy" hint="Rounded up to whole packages; empty: one package.">
          {(ids) => <CreditsInput ids={ids} name="amount" format={format} min={1} amount={policy?.amount} />}
        </Field>
        <Field label={`Most in a month (${(chosen?.currency ?? "USD").toUpperCase()})`} hint="Empty: no limit.">
          {(ids) => (
            <input {...ids} className="cl-input" name="limit" type="number" min={0} step="0.01" defaultValue={policy?.monthly_limit ? policy.monthly_limit.amount_minor / minorUnits(policy.monthly_limit.currency) : ""} />
          )}
        </Field>
      </fieldset>
      <div className="cl-actions cl-actions-end">
        <span className="cl-hint" role="status">{isSaved && !isSaving ? "Saved." : ""}</span>
        {canChange ? (
          <Button kind="primary" type="submit" busy={isSaving} disabled={format.scale === null}>
            Save
          </Button>
        ) : null}
      </div>
    </form>
  );
}
