// Writes src/generated/schema.ts from docs/openapi.json; with --check says whether it is what it would write.
import { readFile, writeFile } from "node:fs/promises";
import openapiTS, { astToString } from "openapi-typescript";

const source = new URL("../../../docs/openapi.json", import.meta.url);
const target = new URL("../src/generated/schema.ts", import.meta.url);
const head = "// Generated from docs/openapi.json by `npm run generate -w client`. Not to be edited.\n\n";

// What has a default need not be sent; an object without properties is any object.
const options = { defaultNonNullable: false, emptyObjectsUnknown: true };
const written = head + astToString(await openapiTS(source, options));
if (process.argv.includes("--check")) {
  const found = await readFile(target, "utf8").catch(() => "");
  if (found !== written) {
    console.error("src/generated/schema.ts is out of date; write it with `npm run generate -w client`");
    process.exit(1);
  }
} else {
  await writeFile(target, written);
}
