// A product's page with credits on it: a balance in the bar, the price of an action, and what happens without credits.

import {
  AutoRechargeSettings,
  CostPreview,
  CreditBalance,
  CreditHistory,
  CreditProvider,
  CreditUsageChart,
  LowBalanceAlert,
  PurchaseCreditModal,
  PurchaseHistory,
  useCreditFetch,
} from "@credit-ledger/react";
import "@credit-ledger/react/styles.css";
import { useState } from "react";
import { createRoot } from "react-dom/client";

const exportCost = 10;

async function post(path) {
  const response = await fetch(path, { method: "POST" });
  if (!response.ok) throw new Error(`${path}: ${response.status}`);
  return response.json();
}

function Product() {
  const creditFetch = useCreditFetch();
  const [said, setSaid] = useState("");
  const run = async () => {
    const response = await creditFetch("/api/export", { method: "POST" });
    setSaid(response.ok ? await response.text() : `Not exported (${response.status}).`);
  };
  return (
    <>
      <header style={{ display: "flex", justifyContent: "space-between", alignItems: "center" }}>
        <h1>Reports</h1>
        <CreditBalance compact />
      </header>
      <LowBalanceAlert />
      <CostPreview cost={exportCost} />
      <p>
        <button type="button" className="cl-button cl-button-primary" onClick={run}>
          Export
        </button>{" "}
        <span role="status">{said}</span>
      </p>
      <CreditUsageChart />
      <CreditHistory filters={{ limit: 5 }} />
      <AutoRechargeSettings />
      <PurchaseHistory />
      <PurchaseCreditModal />
    </>
  );
}

/** The ledger's own billing page in a frame, which asks this page for a token. */
function Framed({ ledgerUrl }) {
  const answer = (frame) => {
    if (frame === null) return undefined;
    const listen = async (event) => {
      if (event.source !== frame.contentWindow || event.data?.type !== "credit-ledger:token?") return;
      const token = await post("/api/credits/token");
      frame.contentWindow.postMessage({ type: "credit-ledger:token", ...token, billing_url: window.location.href }, ledgerUrl);
    };
    window.addEventListener("message", listen);
    return () => window.removeEventListener("message", listen);
  };
  return <iframe ref={answer} title="Billing" src={`${ledgerUrl}/billing`} style={{ width: "100%", height: "60rem", border: 0 }} />;
}

const config = await (await fetch("/api/config")).json();
const page =
  window.location.pathname === "/billing" ? (
    <Framed ledgerUrl={config.ledgerUrl} />
  ) : (
    <CreditProvider baseUrl={config.ledgerUrl} organizationId={config.organizationId} getToken={() => post("/api/credits/token")}>
      <Product />
    </CreditProvider>
  );
createRoot(document.getElementById("root")).render(<main>{page}</main>);
