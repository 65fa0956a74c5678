// Auto-recharge: when credits are bought by themselves, how many, and why or why not right now.

import type { AutoRechargeInput, AutoRechargeState, CreditPackage } from "@credit-ledger/client";
import { type FormEvent, type ReactNode, useState } from "react";
import { useCredits } from "../context.js";
import { minorUnits } from "../format.js";
import { useCreditPackages } from "../hooks.js";
import { useAutoRecharge } from "../recharge.js";
import { Button } from "../ui/button.js";
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
  return <p className="cl-hint" role="status">{decided(state.decision)}</p>;
}

function decided({ reason, detail }: AutoRechargeState["decision"]): string {
  return reason === "not_configured" ? "Nothing is bought by itself." : sentence(detail);
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
    const number = (name: string) => Number(given.get(name) || 0);
    if (!isOn) return onSave({ enabled: false });
    const limit = number("limit");
    const currency = chosen?.currency ?? "USD";
    onSave({
      enabled: true,
      threshold: number("threshold"),
      package_id: packageId,
      ...(number("amount") > 0 ? { amount: number("amount") } : {}),
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
          {(ids) => <input {...ids} className="cl-input" name="threshold" type="number" min={0} step={1} required defaultValue={policy?.threshold ?? 1000} />}
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
          {(ids) => <input {...ids} className="cl-input" name="amount" type="number" min={1} step={1} defaultValue={policy?.amount ?? ""} />}
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
          <Button kind="primary" type="submit" busy={isSaving}>
            Save
          </Button>
        ) : null}
      </div>
    </form>
  );
}
