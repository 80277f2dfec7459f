// Play mode: an active page says so, so that its hold and presence last; an idle one does not.
// A step that opens takes the focus; a time after the clock is due is warned of as it is chosen.
"use strict";

(() => {
  const EVERY = 30000; // between two signs of life
  const ACTIVE = 120000; // how long after the last key or click a person counts as being here
  const FIRST = "input:not([type=hidden]):not([type=checkbox]):not([type=datetime-local]), .aside-time";
  let acted = Date.now();
  let said = Date.now(); // the page's own loading was the first sign

  function stay() {
    const form = document.querySelector("[data-stay]");
    if (!form || !window.htmx) return;
    said = Date.now();
    window.htmx.trigger(form, "portal:stay");
  }

  function act() {
    const back = Date.now() - said > EVERY;
    acted = Date.now();
    if (back) stay();
  }

  for (const kind of ["keydown", "pointerdown", "input", "wheel"]) {
    document.addEventListener(kind, act, { passive: true, capture: true });
  }
  setInterval(() => {
    const idle = Date.now() - acted > ACTIVE || document.hidden;
    if (!idle && Date.now() - said >= EVERY) stay();
  }, EVERY / 2);

  // Opened here and not by the browser, which does so a moment later: the first letter of what is
  // typed next must find the field, not a key of the page.
  document.addEventListener("click", (event) => {
    const summary = event.target instanceof Element && event.target.closest("[data-step] > summary");
    if (!summary) return;
    event.preventDefault();
    const step = summary.parentElement;
    step.open = !step.open;
    if (step.open) step.querySelector(FIRST)?.focus();
  });

  document.addEventListener("input", (event) => {
    const field = event.target;
    if (!(field instanceof HTMLInputElement) || !field.dataset.lateAfter) return;
    const warning = document.getElementById("snooze-late");
    if (warning) warning.hidden = !(field.value && field.value >= field.dataset.lateAfter);
  });
})();
