// Ctrl K: leads and pages come from the server, the acts of this page from the page. The field
// keeps the focus; the arrows move the choice, Enter takes it.
"use strict";

(() => {
  const palette = document.getElementById("palette");
  const keys = window.portalKeys;
  if (!palette || !keys) return;
  const field = palette.querySelector("input");
  const list = palette.querySelector("[role=listbox]");
  const own = document.getElementById("palette-acts");
  const found = document.getElementById("palette-found");
  const said = palette.querySelector("[role=status]");
  const FIRST = 6; // acts shown before anything is typed
  let acts = [];
  let answered = false;

  const fold = (text) => text.toLowerCase().normalize("NFKD").replace(/\p{M}/gu, "");

  function meets(act, words) {
    const known = fold(act.label).split(/[^\p{L}\p{N}]+/u);
    return words.every((word) => known.some((one) => one.startsWith(word)));
  }

  function optionOf(act, place) {
    const option = document.createElement("button");
    option.type = "button";
    option.className = "palette-item";
    option.tabIndex = -1;
    option.id = `palette-act-${place}`;
    option.setAttribute("role", "option");
    option.setAttribute("aria-selected", "false");
    const icon = act.element.querySelector("svg.icon")?.cloneNode(true);
    if (icon) icon.setAttribute("class", "icon");
    const name = document.createElement("span");
    name.className = "palette-name";
    name.textContent = act.label;
    const caps = document.createElement("span");
    caps.className = "palette-keys";
    caps.ariaHidden = "true";
    if (act.cap) caps.append(keys.kbd(act.cap));
    const usual = document.getElementById("palette-icon")?.content.firstElementChild?.cloneNode(true);
    option.append(...[icon || usual].filter(Boolean), name, caps);
    option.addEventListener("click", () => {
      palette.close();
      keys.press(act.element);
    });
    return option;
  }

  function showActs() {
    const words = fold(field.value).split(/\s+/).filter(Boolean);
    const shown = acts.filter((act) => meets(act, words)).slice(0, FIRST);
    const group = document.createElement("div");
    group.className = "palette-group";
    group.setAttribute("role", "group");
    const title = document.createElement("div");
    title.setAttribute("role", "presentation");
    title.className = "palette-title";
    title.id = "palette-acts-title";
    title.textContent = own.dataset.title;
    group.setAttribute("aria-labelledby", title.id);
    group.append(title, ...shown.map(optionOf));
    own.replaceChildren(...(shown.length ? [group] : []));
    choose(0);
  }

  const options = () => [...list.querySelectorAll("[role=option]")];

  function choose(place) {
    const all = options();
    const at = all.length ? (place + all.length) % all.length : -1;
    all.forEach((option, i) => option.setAttribute("aria-selected", String(i === at)));
    if (at < 0) field.removeAttribute("aria-activedescendant");
    else {
      field.setAttribute("aria-activedescendant", all[at].id);
      all[at].scrollIntoView({ block: "nearest" });
    }
    palette.querySelector("[data-nothing]")?.toggleAttribute("hidden", all.length > 0);
    const { one, many, none } = said.dataset;
    if (answered) said.textContent = all.length > 1 ? many.replace("{}", all.length) : all.length ? one : none;
  }

  const chosen = () => options().findIndex((option) => option.getAttribute("aria-selected") === "true");

  palette.addEventListener("portal:open", () => {
    acts = keys.acts().filter((act) => !act.frame);
    field.value = "";
    answered = false;
    said.textContent = "";
    showActs();
    window.htmx?.trigger(field, "portal:find");
    field.focus(); // where it is open already; else opening it does
  });

  field.addEventListener("input", showActs);
  palette.addEventListener("htmx:afterSwap", () => { answered = true; choose(Math.max(chosen(), 0)); });

  palette.addEventListener("keydown", (event) => {
    if (event.isComposing) return;
    const steps = { ArrowDown: 1, ArrowUp: -1, PageDown: 5, PageUp: -5 };
    if (event.key in steps) choose(chosen() + steps[event.key]);
    else if (event.key === "Enter" && event.target === field) options()[chosen()]?.click();
    else if (event.key === "Escape") palette.close();
    else if (event.key === "k" && (event.ctrlKey || event.metaKey)) palette.close();
    else return;
    event.preventDefault();
  });

  list.addEventListener("mousemove", (event) => {
    const option = event.target.closest("[role=option]");
    if (option && option.getAttribute("aria-selected") !== "true") choose(options().indexOf(option));
  });
})();
