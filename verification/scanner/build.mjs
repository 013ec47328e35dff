// Builds the scanner into ../static/scan, or into the directory given. `make scanner` runs it.

import { build } from "esbuild";
import { copyFile, mkdir, readFile, readdir, rm, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const here = dirname(fileURLToPath(import.meta.url));
const out = process.argv[2] ?? join(here, "..", "static", "scan");
const COPIED = ["bevis.webmanifest", "icon.svg", "icon-192.png", "icon-512.png", "maskable-512.png", "scan.css", "sw.js"];

await mkdir(out, { recursive: true });
for (const name of await readdir(out)) await rm(join(out, name));
await build({
  absWorkingDir: here,
  entryPoints: { app: "app/main.js", decode: "app/decode.js", early: "app/early.js" },
  outdir: out,
  bundle: true,
  splitting: true,
  format: "esm",
  target: ["es2022"],
  minify: true,
  legalComments: "none",
  chunkNames: "[name]-[hash]",
  logLevel: "warning",
});
for (const name of COPIED) await copyFile(join(here, "app", name), join(out, name));
await copyFile(join(here, "node_modules", "zxing-wasm", "dist", "reader", "zxing_reader.wasm"), join(out, "zxing_reader.wasm"));

// Whose work is in there, and on which terms.
const theirs = ["zxing-wasm", "@noble/ed25519"].map(async (name) => {
  const text = await readFile(join(here, "node_modules", name, "LICENSE"), "utf8");
  return `${name}\n\n${text.trim()}\n`;
});
const zxing = "zxing_reader.wasm is made from zxing-cpp (Apache License 2.0, https://github.com/zxing-cpp/zxing-cpp) by zxing-wasm.\n";
await writeFile(join(out, "licences.txt"), [zxing, ...(await Promise.all(theirs))].join("\n\n"));
