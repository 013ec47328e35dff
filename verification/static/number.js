// The answer about a number, on a page of its own: it grows old like any other.

import { fade, given } from "./old_answer.js";

const place = document.getElementById("verdict");
given(place, () => location.reload());
addEventListener("pageshow", (event) => {
  if (event.persisted) fade();
});
