// A draft that several people write: what is open in this window is never replaced by news.
// The server leaves out what it was told is open; this covers what was opened while it answered.
"use strict";

(() => {
  document.addEventListener("htmx:oobBeforeSwap", (event) => {
    const { target, fragment } = event.detail;
    if (target.id !== "rules-text" || !fragment) return;
    for (const open of target.querySelectorAll(".rule.is-open, .rule-thread:not(:empty)")) {
      const other = open.id && fragment.querySelector(`[id="${CSS.escape(open.id)}"]`);
      if (other) other.setAttribute("hx-preserve", "true");
      else fragment.append(open);
    }
  });

  // Nobody reads a page that is not shown; the next poll after it is shown again tells it all.
  document.addEventListener("htmx:beforeRequest", (event) => {
    if (event.detail.elt.matches("[data-live]") && document.hidden) event.preventDefault();
  });
})();
