// Loaded before anything is drawn: what only works with scripts shows from the first frame on, and
// a key pressed while the other scripts are still on their way waits for them.
"use strict";

document.documentElement.dataset.js = "on";

(() => {
  const early = [];

  function keep(event) {
    if (event.target !== document.body) return; // in a field it is written at once
    event.stopImmediatePropagation();
    early.push(event);
  }

  // One of them may open a field: what was pressed after it was not meant as a key.
  function replay() {
    document.removeEventListener("keydown", keep, true);
    for (const event of early) {
      if (document.activeElement.matches("textarea, select, input:not([type=radio], [type=checkbox])")) return;
      document.body.dispatchEvent(new KeyboardEvent("keydown", event));
    }
  }

  document.addEventListener("keydown", keep, true);
  document.addEventListener("DOMContentLoaded", () => setTimeout(replay)); // after all that begins then
})();
