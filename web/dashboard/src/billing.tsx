// The billing page: what an end customer sees of one organization.
//
// In a frame it asks the page around it for a browser token; who may put it into a frame, the server's policy says. On
// its own, it shows the organization in `?organization=` to who is signed in to the dashboard. A token is never in an
// address.

import "@credit-ledger/react/styles.css";
import "./dashboard.css";
import {
  AutoRechargeSettings,
  CreditBalance,
  CreditHistory,
  CreditProvider,
  CreditUsageChart,
  Empty,
  LowBalanceAlert,
  PurchaseCreditModal,
  PurchaseHistory,
  Skeleton,
} from "@credit-ledger/react";
import { type ReactNode, StrictMode, useEffect, useState } from "react";
import { createRoot } from "react-dom/client";
import { type Embedder, askEmbedder, isFramed } from "./embedder.js";
import { Known } from "./parts/known.js";
import { ledger } from "./ledger.js";

function Billing(): ReactNode {
  if (isFramed()) return <Framed />;
  const organization = new URLSearchParams(window.location.search).get("organization");
  if (!organization) {
    return (
      <Empty title="This page is shown by your application">
        It opens it in a frame and hands it a browser token. See docs/web/billing-page.md.
      </Empty>
    );
  }
  return (
    <CreditProvider client={ledger} organizationId={organization}>
      <Parts />
    </CreditProvider>
  );
}

function Framed(): ReactNode {
  const [embedder, setEmbedder] = useState<Embedder | undefined>(undefined);
  useEffect(() => askEmbedder(setEmbedder), []);
  if (embedder === undefined) return <Skeleton lines={4} height="3rem" />;
  const { organizationId, billingUrl, locale, getToken } = embedder;
  return (
    <CreditProvider baseUrl={window.location.origin} {...{ organizationId, billingUrl, locale, getToken }}>
      <Parts />
    </CreditProvider>
  );
}

function Parts(): ReactNode {
  return (
    <div className="cl-stack">
      <h1 className="billing-title">Billing</h1>
      <Outcome />
      <Known>
        <div className="cl-stack">
          <LowBalanceAlert />
          <div className="columns even">
            <CreditBalance />
            <AutoRechargeSettings />
          </div>
          <CreditUsageChart />
          <div className="columns">
            <CreditHistory filters={{ limit: 10 }} />
            <PurchaseHistory />
          </div>
        </div>
      </Known>
      <PurchaseCreditModal />
    </div>
  );
}

/** The way back from a checkout proves nothing: the balance moves when the payment has arrived. */
function Outcome(): ReactNode {
  const outcome = new URLSearchParams(window.location.search).get("credits");
  if (outcome === "purchased") {
    return <p className="cl-note" role="status">Thank you. Your credits appear here as soon as the payment has arrived.</p>;
  }
  if (outcome === "cancelled") return <p className="cl-note" role="status">The payment was cancelled. Nothing was charged.</p>;
  return null;
}

const root = document.getElementById("root");
if (root !== null) {
  createRoot(root).render(
    <StrictMode>
      <main className="page billing">
        <Billing />
      </main>
    </StrictMode>,
  );
}
