// Signing in with an API key.

import { Button, Failure, Field } from "@credit-ledger/react";
import type { ReactNode } from "react";
import { useSignIn } from "../session.js";

export function SignIn(): ReactNode {
  const signIn = useSignIn();
  return (
    <main className="sign-in">
      <form
        className="cl-panel cl-stack"
        onSubmit={(event) => {
          event.preventDefault();
          signIn.mutate(String(new FormData(event.currentTarget).get("key") ?? ""));
        }}
      >
        <h1>
          <span className="mark" aria-hidden="true" /> Credit Ledger
        </h1>
        <Field label="API key" hint="Your rights here are those of the key. It is not kept in the browser: a session stands for it, for twelve hours.">
          {(ids) => <input {...ids} className="cl-input" name="key" type="password" autoComplete="current-password" required />}
        </Field>
        {signIn.error === null ? null : <Failure error={signIn.error} />}
        <Button kind="primary" type="submit" busy={signIn.isPending}>
          Sign in
        </Button>
        <p className="cl-hint">
          <code>credit-ledger keys create --scope read</code> makes one.
        </p>
      </form>
    </main>
  );
}
