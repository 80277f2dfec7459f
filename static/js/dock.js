// The dock: the focus goes where the next key is wanted, and what an act will do is said with the
// date or the person chosen. Without it the same fields show and the same forms post.
"use strict";

(() => {
  const language = document.documentElement.lang === "en" ? "en-GB" : document.documentElement.lang;
  const long = new Intl.DateTimeFormat(language, { day: "numeric", month: "long", year: "numeric", timeZone: "UTC" });
  const missing = () => document.querySelector(".sheet-field.is-needed :placeholder-shown");

  // What a field says in the sentence of an effect; empty while nothing is chosen.
  function wordsOf(field) {
    if (field instanceof HTMLSelectElement) return field.selectedOptions[0]?.dataset.name || "";
    return field.valueAsDate ? long.format(field.valueAsDate) : "";
  }

  function fill(form) {
    for (const part of form.querySelectorAll("[data-follows]")) {
      part.dataset.plain ??= part.textContent;
      const field = form.elements[part.dataset.follows];
      const words = field ? wordsOf(field) : "";
      part.textContent = words ? part.dataset.pattern.replace("{choice}", () => words) : part.dataset.plain;
    }
  }

  const fillAll = () => document.querySelectorAll(".dock-panel").forEach(fill);

  function showAct(panel) {
    panel.querySelector(".dock-act").scrollIntoView({ block: "nearest" });
  }

  // Accepting: first what the call sheet still needs, else the button.
  function accepting(dock) {
    const panel = dock.querySelector(".dock-accept");
    showAct(panel);
    const covers = getComputedStyle(dock).position === "fixed"; // on a phone, the call sheet
    (!covers && missing() || panel.querySelector(".dock-act .btn")).focus({ preventScroll: true });
  }

  // Rejecting: what the reason needs, else the button. Attempts are read before one is logged, so
  // their line has the focus and not the button that would log one.
  function rejecting(panel, reason) {
    const needs = (reason.dataset.needs || "").split(" ").filter(Boolean);
    if (needs.includes("note")) panel.querySelector(".need-note").open = true;
    showAct(panel);
    let wanted = panel.querySelector(".dock-act .btn");
    if (needs[0] === "attempts") wanted = panel.querySelector(`.attempts[data-for="${reason.dataset.n}"]`);
    else if (needs.length) wanted = panel.querySelector(`.need-${needs[0]}`).querySelector("input, textarea");
    wanted.focus();
  }

  // Arrows walk through the choices and keep the focus there; a key of its own, a press or a space
  // chooses one and goes on. Chosen again, it goes on again.
  let walking = false;
  let byKey = false;
  document.addEventListener("keydown", (event) => { [byKey, walking] = [true, event.key.startsWith("Arrow")]; }, true);
  document.addEventListener("pointerdown", () => { byKey = walking = false; }, true);

  document.addEventListener("click", (event) => {
    const choice = event.target instanceof HTMLInputElement && event.target;
    const dock = choice && choice.closest(".dock");
    if (!dock || choice.type !== "radio") return;
    const reason = choice.closest(".reason");
    if (reason) dock.querySelector("#choose-reject").checked = true;
    if (walking) return;
    const goOn = () => {
      if (reason) rejecting(choice.form, reason);
      else if (choice.id === "choose-accept") accepting(dock);
      else (dock.querySelector(".reason input:checked") || dock.querySelector(".reason input")).focus();
    };
    // A key presses by script: the next key may already be on its way. A label that was pressed
    // by hand takes the focus after this event: ours comes after that.
    if (byKey) goOn();
    else setTimeout(goOn);
  });

  document.addEventListener("change", (event) => {
    const panel = event.target instanceof Element && event.target.closest(".dock-panel");
    if (panel) fill(panel);
  });
  document.addEventListener("input", (event) => {
    const panel = event.target instanceof Element && event.target.closest(".dock-panel");
    if (panel) fill(panel);
  });

  // The rest of the reasons: arrows choose among them. Opened at once, as the next key may already
  // be on its way.
  document.addEventListener("click", (event) => {
    const summary = event.target instanceof Element && event.target.closest(".more-reasons > summary");
    if (!summary) return;
    event.preventDefault();
    const more = summary.parentElement;
    more.open = !more.open;
    if (more.open) (more.querySelector("input:checked") || more.querySelector("input"))?.focus();
  });

  // On a phone the bar at the foot opens the dock as a sheet, without loading the page anew.
  document.addEventListener("click", (event) => {
    const link = event.target instanceof Element && event.target.closest("[data-chooses], .dock.is-open .dock-close a");
    if (link && !link.dataset.chooses) {
      event.preventDefault();
      link.closest(".dock").classList.remove("is-open");
      return;
    }
    const choice = link && document.getElementById(`choose-${link.dataset.chooses}`);
    if (!choice) return;
    event.preventDefault();
    choice.checked = true;
    location.hash = "decide";
  });

  // When the sheet comes back with another's text, what was typed while it was on its way stays,
  // and htmx leaves the caret where it was: the next letter must not become a key.
  let typed = null;
  document.addEventListener("htmx:beforeSwap", (event) => {
    const sheet = event.detail.target;
    typed = sheet?.id === "call-sheet" ? new FormData(sheet) : null;
  });
  document.addEventListener("htmx:afterSwap", () => {
    const sheet = typed && document.getElementById("call-sheet");
    for (const field of sheet?.querySelectorAll(".sheet-field [name]") || []) {
      if (field.value !== typed.get(field.name)) field.value = typed.get(field.name) ?? "";
    }
    typed = null;
  });

  // A save that did not arrive is said where the last one is.
  function notSaved(event) {
    const sheet = event.detail.elt?.closest?.("#call-sheet");
    const state = sheet?.querySelector("#sheet-state");
    if (!state) return;
    const revision = state.querySelector("[name=sheet_revision]");
    const words = document.createElement("span");
    words.className = "warn";
    words.textContent = sheet.dataset.notSaved;
    state.replaceChildren(words, revision);
  }
  document.addEventListener("htmx:sendError", notSaved);
  document.addEventListener("htmx:responseError", notSaved);

  document.addEventListener("htmx:afterSettle", fillAll);
  window.addEventListener("pageshow", fillAll);
  fillAll();
})();
