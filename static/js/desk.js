// The desk: a link that leads to a field also focuses it; a reason that needs something asks for
// it at once. Both work without: the link jumps there, and the fields show by themselves.
"use strict";

(() => {
  const FIELDS = "input:not([type=hidden]), select, textarea";

  document.addEventListener("click", (event) => {
    const link = event.target instanceof Element && event.target.closest("[data-focuses]");
    const form = link && document.getElementById(link.dataset.focuses);
    if (!form) return;
    event.preventDefault();
    form.scrollIntoView({ block: "nearest" });
    (form.querySelector("input:checked") || form.querySelector(FIELDS)).focus();
  });

  document.addEventListener("change", (event) => {
    const reason = event.target instanceof Element && event.target.closest(".reason");
    if (!reason) return;
    const panel = reason.closest("form");
    const needs = (reason.dataset.needs || "").split(" ").filter(Boolean);
    if (needs.includes("note")) panel.querySelector(".need-note").open = true;
    const field = needs.length && panel.querySelector(`.need-${needs[0]}`).querySelector(FIELDS);
    if (field) field.focus();
    panel.querySelector(".dock-act").scrollIntoView({ block: "nearest" });
  });
})();
