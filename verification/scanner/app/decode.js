// Finds QR codes in frames and pictures, beside the page, so that the page stays quick. It is asked one thing at a time.
//
// in   {id, frame: VideoFrame or ImageBitmap, hard} or {id, picture: ArrayBuffer}
// out  {id, codes: [{text, corners: [{x, y} × 4]}], width, height, took} or {id, fault}; once {ready: true}

import { prepareZXingModule, readBarcodes } from "zxing-wasm/reader";

const wasm = new URL("zxing_reader.wasm", import.meta.url).href;
const MOST = 6; // codes in one view
const LONGEST_SIDE = 1920;
const QUICK = { formats: ["QRCode"], tryHarder: false, tryRotate: true, tryInvert: false, tryDownscale: false, maxNumberOfSymbols: MOST };
const HARD = { ...QUICK, tryHarder: true, tryInvert: true, tryDownscale: true };

let canvas = null;
let context = null;

function pixels(frame) {
  const [wide, high] = [frame.displayWidth ?? frame.width, frame.displayHeight ?? frame.height];
  const scale = Math.min(1, LONGEST_SIDE / Math.max(wide, high));
  const [width, height] = [Math.round(wide * scale), Math.round(high * scale)];
  if (canvas?.width !== width || canvas?.height !== height) {
    canvas = new OffscreenCanvas(width, height);
    context = canvas.getContext("2d", { willReadFrequently: true });
  }
  context.drawImage(frame, 0, 0, width, height);
  return context.getImageData(0, 0, width, height);
}

const told = (found) =>
  found
    .filter((code) => code.isValid && code.text)
    .map(({ text, position }) => ({
      text,
      corners: ["topLeft", "topRight", "bottomRight", "bottomLeft"].map((corner) => position[corner]),
    }));

async function asked({ id, frame, picture, hard }) {
  const began = performance.now();
  let given = picture;
  if (frame) {
    given = pixels(frame);
    frame.close();
  }
  const codes = told(await readBarcodes(given, hard || picture ? HARD : QUICK));
  postMessage({ id, codes, width: given.width ?? 0, height: given.height ?? 0, took: performance.now() - began });
}

// The same file every time, from this place: the library would fetch it from elsewhere.
const ready = prepareZXingModule({ overrides: { locateFile: () => wasm }, fireImmediately: true }).then(async () => {
  await readBarcodes(new ImageData(64, 64), QUICK); // the first use is the slow one
  postMessage({ ready: true });
});

addEventListener("message", async ({ data }) => {
  try {
    await ready;
    await asked(data);
  } catch (fault) {
    postMessage({ id: data.id, fault: String(fault) });
  }
});
