import { readFile, readdir, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { brotliCompress, constants, gzip } from "node:zlib";
import react from "@vitejs/plugin-react";
import { type Plugin, defineConfig } from "vite";

const out = join(import.meta.dirname, "../dist");

/** Compressed once here, so that the server never has to. */
function compressed(): Plugin {
  return {
    name: "compressed",
    apply: "build",
    async closeBundle() {
      const files = await readdir(out, { recursive: true });
      for (const file of files.filter((name) => /\.(html|js|css|svg)$/.test(name))) {
        const plain = await readFile(join(out, file));
        const quality = { params: { [constants.BROTLI_PARAM_QUALITY]: 11 } };
        await writeFile(join(out, `${file}.br`), await promisify(brotliCompress)(plain, quality));
        await writeFile(join(out, `${file}.gz`), await promisify(gzip)(plain, { level: 9 }));
      }
    },
  };
}

/** Empties the folder, but for the file that keeps it in the repository. */
function emptied(): Plugin {
  return {
    name: "emptied",
    apply: "build",
    async buildStart() {
      const names = await readdir(out).catch(() => []);
      await Promise.all(
        names.filter((name) => name !== ".gitkeep").map((name) => rm(join(out, name), { recursive: true })),
      );
    },
  };
}

export default defineConfig({
  root: import.meta.dirname,
  plugins: [react(), emptied(), compressed()],
  build: {
    outDir: out,
    emptyOutDir: false,
    // The pages' policy allows no `data:` scripts or styles.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    rollupOptions: {
      input: { index: join(import.meta.dirname, "index.html"), billing: join(import.meta.dirname, "billing.html") },
    },
  },
  server: { proxy: { "/v1": "http://127.0.0.1:8080", "/session": "http://127.0.0.1:8080" } },
});
