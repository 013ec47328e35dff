// Reads the QR codes in each of these pictures with the scanner's decoder, set as the scanner sets it for a picture.
// in: paths of pictures; out: one JSON line, a list of the texts in each

import { readFile } from "node:fs/promises";
import { pathToFileURL } from "node:url";
import { resolve } from "node:path";

const scanner = resolve(import.meta.dirname, "../../../verification/scanner");
const { prepareZXingModule, readBarcodes } = await import(pathToFileURL(resolve(scanner, "node_modules/zxing-wasm/dist/es/reader/index.js")));
const wasmBinary = await readFile(resolve(scanner, "../static/scan/zxing_reader.wasm"));
await prepareZXingModule({ overrides: { wasmBinary }, fireImmediately: true });
const settings = { formats: ["QRCode"], tryHarder: true, tryRotate: true, tryInvert: true, tryDownscale: true, maxNumberOfSymbols: 6 };
const found = [];
for (const path of process.argv.slice(2)) {
  const codes = await readBarcodes(new Uint8Array(await readFile(path)), settings);
  found.push(codes.filter((code) => code.isValid).map((code) => code.text));
}
console.log(JSON.stringify(found));
