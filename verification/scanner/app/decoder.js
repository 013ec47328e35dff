// The worker that decodes, as a function that is asked.

import { root } from "./place.js";

// Only our own file ever becomes a script: the page's rules let nothing else through.
const policy = globalThis.trustedTypes?.createPolicy("bevis-scan", {
  createScriptURL: (name) => {
    if (name !== "decode.js" && name !== "sw.js") throw new TypeError(`no script of ours: ${name}`);
    return new URL(`scan/${name}`, root).href;
  },
});

export const script = (name) => policy?.createScriptURL(name) ?? new URL(`scan/${name}`, root).href;

export class Decoder {
  #worker = new Worker(script("decode.js"), { type: "module" });
  #waiting = new Map();
  #last = 0;

  constructor() {
    this.ready = new Promise((resolve, reject) => {
      this.#worker.addEventListener("message", ({ data }) => {
        if (data.ready) return resolve();
        const waiting = this.#waiting.get(data.id);
        this.#waiting.delete(data.id);
        if (data.fault) waiting?.reject(new Error(data.fault));
        else waiting?.resolve(data);
      });
      this.#worker.addEventListener("error", (event) => reject(new Error(event.message || "decode.js")));
    });
  }

  ask(what, moved = []) {
    const id = ++this.#last;
    return new Promise((resolve, reject) => {
      this.#waiting.set(id, { resolve, reject });
      this.#worker.postMessage({ id, ...what }, moved);
    });
  }

  frame(frame, hard) {
    return this.ask({ frame, hard }, [frame]);
  }

  picture(bytes) {
    return this.ask({ picture: bytes }, [bytes]);
  }
}
