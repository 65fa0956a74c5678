// Choosing a package, and on to payment.

import type { CreditPackage } from "@credit-ledger/client";
import { type ReactNode, useState } from "react";
import { useCredits } from "../context.js";
import { useCheckout, useCreditPackages } from "../hooks.js";
import { Button } from "../ui/button.js";
import { Dialog } from "../ui/dialog.js";
import { Empty, Failure, Skeleton } from "../ui/states.js";

export interface PurchaseCreditModalProps {
  /** What to do with the address of the payment page; default: go there. */
  readonly onCheckout?: (url: string) => void;
}

export function PurchaseCreditModal({ onCheckout = leave }: PurchaseCreditModalProps): ReactNode {
  const { purchase } = useCredits();
  return (
    <Dialog title="Buy credits" isOpen={purchase.isOpen} onClose={purchase.close}>
      <Packages missing={purchase.missing} onCheckout={onCheckout} />
    </Dialog>
  );
}

function leave(url: string): void {
  // A payment page is not shown in frames.
  window.open(url, "_top");
}

interface PackagesProps {
  readonly missing: number | undefined;
  readonly onCheckout: (url: string) => void;
}

function Packages({ missing, onCheckout }: PackagesProps): ReactNode {
  const { format } = useCredits();
  const packages = useCreditPackages();
  const checkout = useCheckout();
  const [picked, setPicked] = useState<string | undefined>(undefined);
  const [saveCard, setSaveCard] = useState(false);
  const offered = packages.data ?? [];
  const chosen = picked ?? suggestion(offered, missing)?.id;

  if (packages.isLoading) return <Skeleton lines={3} height="4.5rem" />;
  if (packages.error !== null) return <Failure error={packages.error} retry={() => void packages.refetch()} />;
  if (offered.length === 0) {
    return <Empty title="No packages are for sale">An operator adds them with `credit-ledger packages add`.</Empty>;
  }
  const start = async () => {
    if (chosen === undefined) return;
    const started = await checkout.mutateAsync({ packageId: chosen, saveCard }).catch(() => undefined);
    if (started !== undefined) onCheckout(started.url);
  };
  return (
    <form
      className="cl-stack"
      onSubmit={(event) => {
        event.preventDefault();
        void start();
      }}
    >
      {missing === undefined || missing === 0 ? null : (
        <p className="cl-note cl-note-warn">{format.credits(missing)} more credits are needed for this.</p>
      )}
      <fieldset className="cl-packages">
        <legend className="cl-hidden">Package</legend>
        {offered.map((item) => (
          <PackageChoice key={item.id} item={item} isChosen={item.id === chosen} onChoose={() => setPicked(item.id)} />
        ))}
      </fieldset>
      <label className="cl-switch">
        <input type="checkbox" checked={saveCard} onChange={(event) => setSaveCard(event.target.checked)} />
        <span>Keep the card for auto-recharge</span>
      </label>
      {checkout.error === null ? null : <Failure error={checkout.error} />}
      <div className="cl-actions cl-actions-end">
        <Button kind="primary" type="submit" busy={checkout.isPending}>
          Continue to payment
        </Button>
      </div>
    </form>
  );
}

/** The smallest package that covers what is missing, or the one in the middle. */
function suggestion(offered: readonly CreditPackage[], missing: number | undefined): CreditPackage | undefined {
  if (missing !== undefined) return offered.find((item) => brings(item) >= missing) ?? offered.at(-1);
  return offered[Math.floor((offered.length - 1) / 2)];
}

function brings(item: CreditPackage): number {
  return item.credits + item.bonus_credits;
}

interface ChoiceProps {
  readonly item: CreditPackage;
  readonly isChosen: boolean;
  readonly onChoose: () => void;
}

function PackageChoice({ item, isChosen, onChoose }: ChoiceProps): ReactNode {
  const { format } = useCredits();
  const discount = item.discount_permille ?? 0;
  return (
    <label className="cl-package" data-chosen={isChosen}>
      <input type="radio" name="package" value={item.id} checked={isChosen} onChange={onChoose} />
      <span className="cl-package-name">
        <strong>{item.name}</strong>
        <span className="cl-muted">
          {format.credits(item.credits)} credits
          {item.bonus_credits > 0 ? ` + ${format.credits(item.bonus_credits)} bonus` : ""}
          {item.validity_days ? `, valid for ${format.count(item.validity_days)} days` : ""}
        </span>
        {item.features.length > 0 ? <span className="cl-muted">{item.features.join(" · ")}</span> : null}
      </span>
      <span className="cl-package-price">
        <strong className="cl-number">{format.money(item.price_cents, item.currency)}</strong>
        {discount > 0 ? <span className="cl-badge">Save {format.percent(discount / 1000)}</span> : null}
      </span>
    </label>
  );
}
