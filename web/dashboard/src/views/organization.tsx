// One organization: what it has, what it does with it, and what an operator may do about it.

import { CreditProvider, LowBalanceAlert, PurchaseCreditModal } from "@credit-ledger/react";
import { type ReactNode, Suspense, lazy } from "react";
import { Link } from "wouter";
import { ledger, queries } from "../ledger.js";
import { Overview } from "../organization/overview.js";
import { Known } from "../parts/known.js";
import { Places } from "../parts/places.js";

const History = lazy(() => import("../organization/history.js"));
const Grants = lazy(() => import("../organization/grants.js"));
const Reservations = lazy(() => import("../organization/reservations.js"));
const Purchases = lazy(() => import("../organization/purchases.js"));
const Settings = lazy(() => import("../organization/settings.js"));
const Log = lazy(() => import("../organization/log.js"));

const tabs = {
  overview: { name: "Overview", Part: Overview },
  history: { name: "History", Part: History },
  grants: { name: "Grants", Part: Grants },
  reservations: { name: "Reservations", Part: Reservations },
  purchases: { name: "Purchases", Part: Purchases },
  settings: { name: "Settings", Part: Settings },
  events: { name: "Events", Part: Log },
} as const;

export interface PartProps {
  readonly org: string;
}

export default function Organization({ org, view }: PartProps & { readonly view: string }): ReactNode {
  const here = view in tabs ? (view as keyof typeof tabs) : "overview";
  const { Part } = tabs[here];
  const base = `/organizations/${encodeURIComponent(org)}`;
  return (
    <CreditProvider client={ledger} queryClient={queries} organizationId={org}>
      <div className="title">
        <h1>{org}</h1>
        <a className="cl-button" href={`/billing?organization=${encodeURIComponent(org)}`}>
          Billing page
        </a>
      </div>
      <Places className="tabs" label="Organization" here={here}>
        {Object.entries(tabs).map(([key, { name }]) => (
          <Link key={key} href={key === "overview" ? base : `${base}/${key}`} aria-current={key === here ? "page" : undefined}>
            {name}
          </Link>
        ))}
      </Places>
      <Known>
        <div className="cl-stack">
          <LowBalanceAlert />
          <Suspense fallback={<div className="cl-panel tall" />}>
            <Part org={org} />
          </Suspense>
        </div>
      </Known>
      <PurchaseCreditModal />
    </CreditProvider>
  );
}
