// The desk: when its part comes anew, each pane stays where it was scrolled. The case and the sheet
// do so only for the same lead; another one begins at its top. The current row is kept in sight.
// A link that leads to a form also focuses its first field. Without it the link jumps there.
"use strict";

(() => {
  const FIELDS = "input:not([type=hidden]), select, textarea";
  const ALWAYS = [".queue-body"];
  const SAME_LEAD = [".case-body", ".sheet"];
  let before = null;

  const desk = () => document.getElementById("desk");

  function read() {
    const part = desk();
    if (!part) return null;
    const tops = {};
    for (const pane of [...ALWAYS, ...SAME_LEAD]) tops[pane] = part.querySelector(pane)?.scrollTop || 0;
    return { handoff: part.dataset.handoff, tops };
  }

  function put(panes) {
    for (const pane of panes) {
      const found = desk().querySelector(pane);
      if (found && before.tops[pane]) found.scrollTop = before.tops[pane];
    }
  }

  // By hand: scrollIntoView would also scroll what is around the pane.
  function showCurrent() {
    const row = desk().querySelector(".hs[aria-current]");
    const pane = row?.closest(".queue-body");
    if (!pane) return;
    const [inner, outer] = [row.getBoundingClientRect(), pane.getBoundingClientRect()];
    if (inner.top < outer.top) pane.scrollTop -= outer.top - inner.top + 8;
    else if (inner.bottom > outer.bottom) pane.scrollTop += inner.bottom - outer.bottom + 8;
  }

  document.addEventListener("htmx:beforeSwap", () => { before = read(); });
  document.addEventListener("htmx:afterSwap", () => {
    const part = desk();
    if (!part || !before) return;
    put(ALWAYS);
    if (part.dataset.handoff === before.handoff) put(SAME_LEAD);
    showCurrent();
  });
  if (desk()) showCurrent();

  document.addEventListener("click", (event) => {
    const link = event.target instanceof Element && event.target.closest("[data-focuses]");
    const form = link && document.getElementById(link.dataset.focuses);
    if (!form) return;
    event.preventDefault();
    form.scrollIntoView({ block: "nearest" });
    (form.querySelector("input:checked") || form.querySelector(FIELDS)).focus();
  });
})();
