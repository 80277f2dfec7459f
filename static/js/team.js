// The team board: handoffs are dragged onto a person, or picked up and set down by keyboard. Both
// tick, choose and press the one form that works by itself without any of this.
"use strict";

(() => {
  const REFRESH = 60000;
  const TYPING = 800; // letters pressed within it belong to one name
  let carried = []; // ids of the handoffs that are picked up
  let from = null; // what had the focus then
  let typed = "";
  let lastTyped = 0;
  let after = ""; // the handoff to go on with once the board has come back

  const board = () => document.getElementById("board");
  const form = () => document.getElementById("pass-on");
  const rows = () => [...document.querySelectorAll(".tb-row")];
  const rowOf = (element) => element instanceof Element ? element.closest(".tb-row") : null;
  const idOf = (row) => row.dataset.handoff;
  const tickOf = (row) => row.querySelector("input[name=handoff]");
  const gripOf = (row) => row.querySelector(".tb-grip");
  const ticked = () => rows().filter((row) => tickOf(row).checked);
  const people = () => [...document.querySelectorAll(".tb-person[data-person]")];
  const takeOf = (person) => person.querySelector("[data-take]");

  function say(words) {
    const box = document.getElementById("tb-said");
    if (!box) return;
    box.textContent = "";
    requestAnimationFrame(() => { box.textContent = words; });
  }

  const text = (name, words = {}) => Object.entries(words).reduce(
    (said, [key, value]) => said.replace(`{${key}}`, value), document.getElementById("tb-words")?.dataset[name] || "");

  function showTicks() {
    const box = document.querySelector(".tb-ticked");
    if (!box) return;
    const count = ticked().length;
    box.textContent = count ? box.dataset.one.replace("{}", count) : box.dataset.none;
    const all = document.querySelector("[data-tick-all]");
    if (!all) return;
    all.checked = count > 0 && count === rows().length;
    all.indeterminate = count > 0 && count < rows().length;
  }

  // What a drag or a key means: everything ticked, if the row is among it, else the row alone.
  function meant(row) {
    const chosen = ticked();
    return row && !chosen.includes(row) ? [row] : chosen;
  }

  function passOn(chosen, person) {
    if (!chosen.length) return;
    const all = rows();
    const last = all.indexOf(chosen.at(-1));
    const next = all.slice(last + 1).concat(all.slice(0, last)).find((row) => !chosen.includes(row));
    after = next ? idOf(next) : "";
    for (const row of all) tickOf(row).checked = chosen.includes(row);
    form().elements.to.value = person.dataset.person;
    putDown();
    say(text("passing", { who: person.dataset.name, n: chosen.length }));
    form().requestSubmit(form().querySelector("button:not([type=button])"));
  }

  // Picking up by keyboard or click: the people become buttons, the first with room is in focus.
  function pickUp(row) {
    const chosen = meant(row);
    if (!chosen.length) {
      say(text("nothing"));
      return;
    }
    from = document.activeElement;
    carried = chosen.map(idOf);
    typed = "";
    board().dataset.carrying = "";
    for (const each of chosen) each.classList.add("is-carried");
    const first = people().find((one) => !one.classList.contains("is-shut")) || people()[0];
    if (first) takeOf(first).focus();
    const name = chosen.length === 1 ? chosen[0].dataset.name : text("several", { n: chosen.length });
    say(text("picked", { lead: name, who: first ? first.dataset.words : "" }));
  }

  function putDown() {
    carried = [];
    delete board()?.dataset.carrying;
    for (const row of rows()) row.classList.remove("is-carried");
  }

  function move(steps) {
    const all = people();
    const here = all.indexOf(document.activeElement?.closest(".tb-person"));
    const next = all[(here + steps + all.length) % all.length];
    if (next) reach(next);
  }

  function reach(person) {
    takeOf(person).focus();
    takeOf(person).scrollIntoView({ block: "nearest" });
    say(person.dataset.words);
  }

  function byLetter(letter) {
    const now = Date.now();
    typed = now - lastTyped < TYPING ? typed + letter : letter;
    lastTyped = now;
    const all = people();
    const here = all.indexOf(document.activeElement?.closest(".tb-person"));
    const turned = all.slice(here + (typed.length === 1 ? 1 : 0)).concat(all.slice(0, here + 1));
    const found = turned.find((one) => one.dataset.name.toLowerCase().startsWith(typed));
    if (found) reach(found);
  }

  const STEPS = { ArrowDown: 1, ArrowRight: 1, ArrowUp: -1, ArrowLeft: -1 };

  // While something is carried every key is about where it goes.
  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    if (carried.length) {
      if (event.key === "Escape") {
        const back = from;
        putDown();
        back?.focus();
        say(text("back"));
      } else if (event.key in STEPS) {
        move(STEPS[event.key]);
      } else if (event.key === "Home" || event.key === "End") {
        const all = people();
        if (all.length) reach(event.key === "Home" ? all[0] : all.at(-1));
      } else if (event.key.length === 1 && event.key !== " ") {
        byLetter(event.key.toLowerCase());
      } else {
        return;
      }
      event.preventDefault();
      event.stopPropagation();
      return;
    }
    const row = rowOf(event.target);
    if (!row || !event.target.matches(".tb-grip, input[name=handoff]")) return;
    if (event.key === "ArrowDown" || event.key === "ArrowUp") {
      const all = rows();
      const next = all[all.indexOf(row) + (event.key === "ArrowDown" ? 1 : -1)];
      if (next) (event.target.matches(".tb-grip") ? gripOf(next) : tickOf(next)).focus();
      event.preventDefault();
    } else if (event.key === "x" && event.target.matches(".tb-grip") && document.body.dataset.keys !== "off") {
      tickOf(row).click();
      event.preventDefault();
    }
  }, true);

  document.addEventListener("click", (event) => {
    const target = event.target instanceof Element ? event.target : null;
    if (!target) return;
    if (target.closest("[data-pick-up]")) {
      const row = rowOf(document.activeElement) || rowOf(lastRow());
      pickUp(ticked().length ? null : row);
    } else if (target.closest(".tb-grip")) {
      pickUp(rowOf(target));
    } else if (carried.length && target.closest(".tb-person[data-person]")) {
      event.preventDefault();
      event.stopPropagation();
      passOn(rows().filter((row) => carried.includes(idOf(row))), target.closest(".tb-person"));
    } else if (carried.length && !target.closest(".tb-people")) {
      putDown();
    }
  }, true);

  // "m" is pressed where the focus was: the button takes it, so the row is remembered.
  let last = null;
  const lastRow = () => last && document.contains(last) ? last : null;
  document.addEventListener("focusin", (event) => {
    if (rowOf(event.target)) last = rowOf(event.target);
  });

  document.addEventListener("change", (event) => {
    const all = event.target instanceof Element && event.target.closest("[data-tick-all]");
    if (all) for (const row of rows()) tickOf(row).checked = all.checked;
    if (all || event.target.name === "handoff") showTicks();
  });

  // Dragging. A link or picture inside the row is not what is dragged.
  function arm() {
    for (const row of rows()) {
      row.draggable = true;
      for (const link of row.querySelectorAll("a")) link.draggable = false;
    }
    showTicks();
  }

  document.addEventListener("dragstart", (event) => {
    const row = rowOf(event.target);
    if (!row) return;
    putDown();
    const chosen = meant(row);
    carried = chosen.map(idOf);
    event.dataTransfer.effectAllowed = "move";
    event.dataTransfer.setData("text/plain", chosen.map((one) => one.dataset.name).join(", "));
    for (const each of chosen) each.classList.add("is-dragged");
  });

  const over = (event) => carried.length && event.target instanceof Element
    ? event.target.closest(".tb-person[data-person]") : null;

  document.addEventListener("dragover", (event) => {
    const person = over(event);
    for (const one of document.querySelectorAll(".tb-person.is-over")) {
      if (one !== person) one.classList.remove("is-over");
    }
    if (!person) return;
    event.preventDefault();
    event.dataTransfer.dropEffect = "move";
    person.classList.add("is-over");
  });

  document.addEventListener("drop", (event) => {
    const person = over(event);
    if (!person) return;
    event.preventDefault();
    passOn(rows().filter((row) => carried.includes(idOf(row))), person);
  });

  document.addEventListener("dragend", () => {
    putDown();
    for (const one of document.querySelectorAll(".is-dragged, .is-over")) one.classList.remove("is-dragged", "is-over");
  });

  // The board has come back: go on with the next row, and tell what the toast says.
  document.addEventListener("htmx:afterSettle", (event) => {
    if (event.detail.elt?.id !== "board") return;
    arm();
    if (document.querySelector(".tb-refused")) {
      after = "";
      return;
    }
    const next = after && rows().find((row) => idOf(row) === after);
    after = "";
    const free = [document.body, document.getElementById("toasts")].includes(document.activeElement);
    if (next && (free || board().contains(document.activeElement))) gripOf(next).focus();
  });

  // Clocks tick by themselves; who has what is asked again now and then, never under the hand.
  setInterval(() => {
    const busy = document.hidden || carried.length || ticked().length || board()?.contains(document.activeElement)
      || document.querySelector(".tb-refused, dialog[open]");
    if (busy || !window.htmx || !board()) return;
    htmx.ajax("GET", location.pathname + location.search, { target: "#board", swap: "outerHTML" });
  }, REFRESH);

  arm();
})();
