// The examples of docs/web, as programs.

import { readFile, readdir } from "node:fs/promises";
import { join } from "node:path";

const folder = join(import.meta.dirname, "../../docs/web");

export interface Example {
  /** The page's name, without `.md`. */
  readonly page: string;
  readonly ending: "ts" | "tsx";
  readonly code: string;
}

export async function examples(): Promise<readonly Example[]> {
  const pages = (await readdir(folder)).sort();
  const found = await Promise.all(
    pages.map(async (file) => {
      const text = await readFile(join(folder, file), "utf8");
      const page = file.replace(".md", "");
      const blocks = [...text.matchAll(/```(tsx?)\n([\s\S]*?)```/g)];
      if (blocks.length === 0) throw new Error(`${file} has no example`);
      return blocks.map(([, ending, code]) => ({ page, ending: ending as Example["ending"], code: code ?? "" }));
    }),
  );
  return found.flat();
}
