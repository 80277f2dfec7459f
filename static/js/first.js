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

  const WRITTEN_IN = "textarea, input:not([type=radio], [type=checkbox], [type=button], [type=submit])";

  // What was pressed after a key that opens a field was written for that field.
  function press(event) {
    const field = document.activeElement?.matches(WRITTEN_IN) ? document.activeElement : null;
    const isText = event.key.length === 1 && !event.ctrlKey && !event.metaKey && !event.altKey;
    if (field && isText) document.execCommand("insertText", false, event.key);
    else (field || document.body).dispatchEvent(new KeyboardEvent("keydown", event));
  }

  function replay() {
    document.removeEventListener("keydown", keep, true);
    early.forEach(press);
  }

  document.addEventListener("keydown", keep, true);
  document.addEventListener("DOMContentLoaded", () => setTimeout(replay)); // after all that begins then
})();
