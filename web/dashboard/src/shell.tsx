// What is around every view: where one can go, and who is signed in.

import { Button } from "@credit-ledger/react";
import type { ReactNode } from "react";
import { Link, useLocation } from "wouter";
import { Places } from "./parts/places.js";
import { useMay, useSession, useSignOut } from "./session.js";
import { views } from "./views.js";

export function Shell({ children }: { readonly children: ReactNode }): ReactNode {
  const [at] = useLocation();
  const session = useSession();
  const isBound = Boolean(session.organization_id);
  const mayManage = useMay("admin") && !isBound;
  const signOut = useSignOut();
  const places = [
    { to: views.organizations.path, name: "Organizations", shown: !isBound },
    { to: `/organizations/${session.organization_id ?? ""}`, name: "Organization", shown: isBound },
    { to: views.events.path, name: "Events", shown: true },
    { to: views.packages.path, name: "Packages", shown: true },
    { to: views.prices.path, name: "Prices", shown: !isBound },
    { to: views.projections.path, name: "Projections", shown: true },
    { to: views.keys.path, name: "API keys", shown: mayManage },
  ];
  return (
    <div className="shell">
      <a className="skip" href="#content">
        Skip to content
      </a>
      <header className="bar">
        <Link href="/" className="brand">
          <span className="mark" aria-hidden="true" />
          Credit Ledger
        </Link>
        <Places className="places" label="Main" here={at}>
          {places.filter((place) => place.shown).map(({ to, name }) => (
            <Place key={to} to={to} name={name} />
          ))}
        </Places>
        <div className="who">
          <span className="cl-badge" title={session.actor}>{session.scope}</span>
          <Button onClick={() => signOut.mutate()}>Sign out</Button>
        </div>
      </header>
      <main id="content" className="page" tabIndex={-1}>
        {children}
      </main>
    </div>
  );
}

function Place({ to, name }: { readonly to: string; readonly name: string }): ReactNode {
  const [at] = useLocation();
  const isHere = at === to || at.startsWith(`${to}/`) || (at === "/" && to === views.organizations.path);
  return (
    <Link href={to} aria-current={isHere ? "page" : undefined}>
      {name}
    </Link>
  );
}
