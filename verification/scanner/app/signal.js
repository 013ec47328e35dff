// A verdict that is felt and heard as well: each kind has a rhythm of its own.

const BUZZ = { valid: [90], undetermined: [90, 80, 90], invalid: [350, 120, 350] };
const NOTES = { valid: [[660, 0.09], [990, 0.16]], undetermined: [[520, 0.12], [520, 0.12]], invalid: [[220, 0.22], [165, 0.34]] };
let audio = null;

// A browser lets nothing vibrate before somebody has touched the page.
export function buzz(outcome) {
  if (navigator.userActivation?.hasBeenActive) navigator.vibrate?.(BUZZ[outcome]);
}

export function sound(outcome) {
  audio ??= new AudioContext();
  let from = audio.currentTime + 0.01;
  for (const [pitch, lasts] of NOTES[outcome]) {
    const [tone, loud] = [audio.createOscillator(), audio.createGain()];
    tone.frequency.value = pitch;
    tone.type = outcome === "invalid" ? "square" : "sine";
    loud.gain.setValueAtTime(0.16, from);
    loud.gain.exponentialRampToValueAtTime(0.001, from + lasts);
    tone.connect(loud).connect(audio.destination);
    tone.start(from);
    tone.stop(from + lasts);
    from += lasts + 0.04;
  }
}
