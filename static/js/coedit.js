// A draft that several people write: what is open in this window is never replaced by news.
// The server leaves out what it was told is open; this covers what was opened while it answered,
// and what was clicked and is not open yet: its answer needs the place it was asked from.
"use strict";

(() => {
  const ASKING = ":has(.htmx-request)";
  const TALK_ASKING = ":has(.said.htmx-request)";
  const KEPT = [
    ".rule.is-open", `.rule${ASKING}`, `.rules-head${ASKING}`,
    ".rule-thread:not(:empty)", `.rule${TALK_ASKING} + .rule-thread`,
    `.rules-head${TALK_ASKING} + .rule-thread`,
  ].join(", ");

  document.addEventListener("htmx:oobBeforeSwap", (event) => {
    const { target, fragment } = event.detail;
    if (target.id !== "rules-text" || !fragment) return;
    for (const open of target.querySelectorAll(KEPT)) {
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
