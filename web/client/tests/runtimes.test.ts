// Where the package has to work: in Express as it is, and in a runtime that has web standards and nothing of Node. Next.js
// calls its route handlers with a `Request` and takes a `Response`, on either of them; `server.test.ts` does so.

import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { fileURLToPath } from "node:url";
import { EdgeVM } from "@edge-runtime/vm";
import express from "express";
import { type Rollup, build } from "vite";
import { describe, expect, it } from "vitest";
import { withCreditCheck } from "../src/server/express.js";
import { admin, adminKey, baseUrl, funded } from "./support.js";

const balance = async (org: string) => (await admin().balance(org, { consistency: "strong" })).available;

describe("Express", () => {
  it("spends for a route that answers 2xx, and answers 402 as plain as the handler would", async () => {
    const org = await funded(25);
    const app = express();
    app.use(express.json());
    const scan = (request: express.Request, response: express.Response) => {
      const { isBad } = request.body as { isBad: boolean };
      response.status(isBad ? 422 : 201).json({ pages: 3 });
    };
    const organizationId = (request: express.Request) => request.get("x-org") ?? "";
    app.post("/scan", withCreditCheck(scan, 10, { ledger: admin(), organizationId }));
    const server = createServer(app).listen(0);
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/scan`;
    const answers: unknown[] = [];
    for (const isBad of [false, true, false, false]) {
      const headers = { "content-type": "application/json", "x-org": org };
      const answer = await fetch(url, { method: "POST", headers, body: JSON.stringify({ isBad }) });
      answers.push([answer.status, await answer.json()]);
      await expect.poll(async () => (await admin().balance(org, { consistency: "strong" })).reserved).toBe(0);
    }
    server.close();
    const done = { pages: 3 };
    expect(answers).toEqual([[201, done], [422, done], [201, done], [402, { error: "Insufficient credits", required: 10, balance: 5 }]]);
    expect(await balance(org)).toBe(5);
  });
});

/** The package and an application, as a bundler makes them one file. */
async function bundled(): Promise<string> {
  const entry = fileURLToPath(new URL("./edge_application.ts", import.meta.url));
  const lib = { entry, formats: ["iife" as const], name: "application" };
  const made = await build({ configFile: false, logLevel: "error", build: { write: false, minify: false, lib } });
  const [{ output }] = made as [Rollup.RollupOutput];
  return output[0].code;
}

describe("an edge runtime", () => {
  it("has all that the package needs", async () => {
    const org = await funded(15);
    const vm = new EdgeVM();
    vm.evaluate(await bundled());
    const answers = await vm.evaluate<Promise<[number, unknown][]>>(`(async () => {
      const handler = handlerFor(${JSON.stringify(baseUrl())}, ${JSON.stringify(adminKey)}, ${JSON.stringify(org)});
      const answers = [];
      for (const path of ["/first", "/second"]) {
        const answer = await handler(new Request("https://app.test" + path));
        answers.push([answer.status, await answer.json()]);
      }
      return answers;
    })()`);
    expect(JSON.parse(JSON.stringify(answers))).toEqual([[200, { asked: "/first" }], [402, { error: "Insufficient credits", required: 10, balance: 5 }]]);
    expect(await balance(org)).toBe(5);
  });
});
