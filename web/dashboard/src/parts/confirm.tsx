// A command of an operator: what it does, its figures, a reason, and a second look before it is sent. Sent twice, or
// again after a failure, it is one command.

import { newIdempotencyKey } from "@credit-ledger/client";
import { Button, type ButtonProps, CreditsInput, Dialog, Failure, Field, formatFor } from "@credit-ledger/react";
import { useMutation } from "@tanstack/react-query";
import { type ReactNode, useState } from "react";
import { useFormat } from "./text.js";

export interface Given {
  readonly amount: number | undefined;
  readonly reason: string;
  readonly text: (name: string) => string;
}

export interface ConfirmProps {
  /** On the button that opens the dialog, and on the one that sends. */
  readonly action: string;
  readonly title: string;
  readonly explanation: ReactNode;
  readonly kind?: ButtonProps["kind"];
  readonly amount?: { readonly label: string; readonly hint?: string; readonly isOptional?: boolean; readonly isSigned?: boolean; readonly isCredits?: boolean };
  readonly hasReason?: boolean;
  readonly more?: ReactNode;
  /** The command; it is given its key. */
  readonly run: (given: Given, idempotencyKey: string) => Promise<unknown>;
}

const plain = formatFor(undefined);

export function Confirm(props: ConfirmProps): ReactNode {
  const [isOpen, setOpen] = useState(false);
  return (
    <>
      <Button kind={props.kind ?? "plain"} onClick={() => setOpen(true)}>
        {props.action}
      </Button>
      <Dialog title={props.title} isOpen={isOpen} onClose={() => setOpen(false)}>
        <Form {...props} onDone={() => setOpen(false)} />
      </Dialog>
    </>
  );
}

function Form({ action, explanation, kind, amount, hasReason = true, more, run, onDone }: ConfirmProps & { readonly onDone: () => void }): ReactNode {
  const [key] = useState(newIdempotencyKey);
  const ledgers = useFormat();
  // Money is typed in the smallest unit of its currency, as it is sent.
  const format = amount?.isCredits ? ledgers : plain;
  const sending = useMutation({ mutationFn: (given: Given) => run(given, key), onSuccess: onDone });
  return (
    <form
      className="cl-stack"
      onSubmit={(event) => {
        event.preventDefault();
        const data = new FormData(event.currentTarget);
        const text = (name: string) => String(data.get(name) ?? "").trim();
        sending.mutate({ amount: text("amount") === "" ? undefined : format.amount(text("amount")), reason: text("reason"), text });
      }}
    >
      <p className="cl-hint">{explanation}</p>
      {amount === undefined ? null : (
        <Field label={amount.label} hint={amount.hint}>
          {(ids) => <CreditsInput ids={ids} name="amount" format={format} isRequired={!amount.isOptional} {...(amount.isSigned ? {} : { min: 1 })} />}
        </Field>
      )}
      {more}
      {hasReason ? (
        <Field label="Reason" hint="It is kept in the log for ever: no names of persons.">
          {(ids) => <input {...ids} className="cl-input" name="reason" maxLength={1000} required />}
        </Field>
      ) : null}
      {sending.error === null ? null : <Failure error={sending.error} />}
      <div className="cl-actions cl-actions-end">
        <Button onClick={onDone}>Back</Button>
        <Button kind={kind === "danger" ? "danger" : "primary"} type="submit" busy={sending.isPending} disabled={format.scale === null}>
          {action}
        </Button>
      </div>
    </form>
  );
}
