// The camera: frames go to the decoder one at a time, the newest always; what it finds is outlined over the picture.

import { whatIs } from "./codes.js";
import { svg } from "./dom.js";

const WANTED = { facingMode: { ideal: "environment" }, width: { ideal: 1920 }, height: { ideal: 1080 }, frameRate: { ideal: 30 } };
const HARD_EACH = 3; // every third look takes more trouble

export class Camera {
  #stream = null;
  #busy = false;
  #looks = 0;
  #run = 0;

  constructor(video, outlines, decoder, told) {
    Object.assign(this, { video, outlines, decoder, told, looking: false });
  }

  get on() {
    return this.#stream?.active ?? false;
  }

  get track() {
    return this.#stream?.getVideoTracks()[0] ?? null;
  }

  async start() {
    const mine = ++this.#run;
    if (!this.on) {
      if (!navigator.mediaDevices?.getUserMedia) throw new DOMException("no camera here", "NotSupportedError");
      const stream = await navigator.mediaDevices.getUserMedia({ video: WANTED, audio: false });
      if (mine !== this.#run) return stream.getTracks().forEach((track) => track.stop());
      this.#stream = stream;
      this.video.srcObject = stream;
      // Codes are held near, and stay sharp where the camera can be told so.
      this.track.applyConstraints({ advanced: [{ focusMode: "continuous" }] }).catch(() => undefined);
    }
    await this.video.play().catch(() => undefined);
    this.#busy = false;
    this.#looks = 0; // quick ones first: most codes are read at once
    this.looking = true;
    this.#next(mine);
  }

  pause() {
    this.looking = false;
    this.#run += 1;
    this.draw([]);
  }

  stop() {
    this.pause();
    this.#stream?.getTracks().forEach((track) => track.stop());
    this.#stream = null;
    this.video.srcObject = null;
  }

  get torch() {
    return Boolean(this.track?.getCapabilities?.().torch);
  }

  setTorch(on) {
    return this.track.applyConstraints({ advanced: [{ torch: on }] });
  }

  #next(mine) {
    const look = (now, taken) => {
      if (mine !== this.#run || !this.looking) return;
      this.#next(mine);
      if (!this.#busy && this.video.videoWidth) this.#look(taken?.captureTime ?? now, mine);
    };
    if (this.video.requestVideoFrameCallback) this.video.requestVideoFrameCallback(look);
    else requestAnimationFrame(look);
  }

  async #look(captured, mine) {
    this.#busy = true;
    try {
      const frame = "VideoFrame" in globalThis ? new VideoFrame(this.video) : await createImageBitmap(this.video);
      const found = await this.decoder.frame(frame, ++this.#looks % HARD_EACH === 0);
      if (mine !== this.#run || !this.looking) return;
      this.draw(found.codes, found.width, found.height);
      this.told(found.codes, captured);
    } catch {
      // A frame that could not be taken is followed by another.
    } finally {
      this.#busy = false;
    }
  }

  // Outlines lie where the picture is shown, which fills its frame and is cut at two sides.
  draw(codes, width, height) {
    if (width) this.outlines.setAttribute("viewBox", `0 0 ${width} ${height}`);
    this.outlines.setAttribute("preserveAspectRatio", "xMidYMid slice");
    this.outlines.replaceChildren(
      ...codes.map(({ text, corners }) =>
        svg("polygon", { class: whatIs(text).kind, points: corners.map(({ x, y }) => `${x},${y}`).join(" ") }),
      ),
    );
  }
}

export const whyNot = (fault) =>
  !globalThis.isSecureContext
    ? "not_secure"
    : { NotAllowedError: "camera_denied", SecurityError: "camera_denied", NotReadableError: "camera_busy", AbortError: "camera_busy" }[fault?.name] ??
      "camera_missing";
