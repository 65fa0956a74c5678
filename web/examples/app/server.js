// The product's own server. It has the key; its pages get tokens. Settings: LEDGER_URL, LEDGER_KEY, ORGANIZATION, PORT.

import { readFile } from "node:fs/promises";
import { createServer } from "node:http";
import { extname, join } from "node:path";
import { Readable } from "node:stream";
import { CreditLedger } from "@credit-ledger/client";
import { getCreditsRoutes, withCreditCheck } from "@credit-ledger/client/server";

const { LEDGER_URL, LEDGER_KEY, ORGANIZATION = "acme", PORT = "4987" } = process.env;
const ledger = new CreditLedger({ baseUrl: LEDGER_URL, credentials: { apiKey: LEDGER_KEY } });
// A real application looks into its session.
const organizationId = () => ORGANIZATION;
const credits = getCreditsRoutes({ ledger, organizationId, billingUrl: `http://127.0.0.1:${PORT}/billing` });

const routes = {
  "GET /api/config": () => Response.json({ ledgerUrl: LEDGER_URL, organizationId: ORGANIZATION }),
  "GET /api/credits/balance": credits.balance.GET,
  "GET /api/credits/history": credits.history.GET,
  "POST /api/credits/purchase": credits.purchase.POST,
  "POST /api/credits/consume": credits.consume.POST,
  "POST /api/credits/token": credits.token.POST,
  "POST /api/export": withCreditCheck(() => new Response("Exported."), 10, { ledger, organizationId }),
};

const types = { ".html": "text/html", ".js": "text/javascript", ".css": "text/css" };

async function file(path) {
  const name = extname(path) === "" ? "/index.html" : path;
  const text = await readFile(join(import.meta.dirname, "dist", name)).catch(() => undefined);
  return text === undefined
    ? new Response("not found", { status: 404 })
    : new Response(text, { headers: { "content-type": types[extname(name)] ?? "application/octet-stream" } });
}

createServer(async (incoming, outgoing) => {
  const url = new URL(incoming.url, `http://${incoming.headers.host}`);
  const body = ["GET", "HEAD"].includes(incoming.method) ? undefined : Readable.toWeb(incoming);
  const request = new Request(url, { method: incoming.method, headers: incoming.headers, body, duplex: "half" });
  const route = routes[`${incoming.method} ${url.pathname}`];
  const response = await (route?.(request) ?? file(url.pathname));
  outgoing.writeHead(response.status, Object.fromEntries(response.headers));
  outgoing.end(Buffer.from(await response.arrayBuffer()));
}).listen(Number(PORT), "127.0.0.1", () => console.log(`listening on http://127.0.0.1:${PORT}`));
