// Keys are declared where the act is: data-key="a" on a link, button, label, summary or field
// presses it. Only what is visible answers, and in an open dialog only what stands inside it.
// A person's own keys (data-keymap on <body>, usual key to own key) are translated here alone.
"use strict";

(() => {
  const PRESSED = "a[href], button, summary, label, input, select, textarea, form";
  const WAIT = 1500; // for the letter after "g"
  const GO = "g";
  const mac = /Mac|iPhone|iPad/.test(navigator.platform);
  let going = 0;

  const keymap = () => JSON.parse(document.body.dataset.keymap || "{}");
  const off = () => document.body.dataset.keys === "off";

  // What a person presses for a usual key; empty when it is switched off.
  function ownOf(usual) {
    if (usual.length !== 1) return usual;
    return off() ? "" : keymap()[usual] ?? usual;
  }

  // The usual key behind what was pressed; empty when nothing is meant by it any more.
  function usualOf(pressed) {
    if (pressed.length !== 1) return pressed;
    if (off()) return "";
    const own = keymap();
    const moved = Object.keys(own).find((usual) => own[usual] === pressed);
    return moved ?? (pressed in own ? "" : pressed);
  }

  // A field that was closed away keeps the focus until the page is drawn; nobody writes there.
  function writing(element) {
    if (!(element instanceof HTMLElement) || !element.checkVisibility()) return false;
    if (element.isContentEditable || element.matches("textarea, select")) return true;
    return element.matches("input:not([type=radio], [type=checkbox], [type=button], [type=submit])");
  }

  // A control that is only drawn by its label is as visible as the label.
  function visible(element) {
    const box = element.matches("input[type=radio], input[type=checkbox]") ? element.closest("label") || element : element;
    return box.checkVisibility({ visibilityProperty: true }) && !element.matches(":disabled, [aria-disabled=true]");
  }

  function nameOf(event) {
    const parts = [];
    if (event.ctrlKey || event.metaKey) parts.push("ctrl");
    if (event.altKey) parts.push("alt");
    parts.push(event.key.toLowerCase());
    return parts.join("+");
  }

  function scope() {
    const open = [...document.querySelectorAll("dialog[open]")];
    return open.at(-1) || document;
  }

  const keysOf = (element) => element.dataset.key.toLowerCase().split(" ");

  // What the page does with a key goes before what the frame does with it.
  function withKey(usual) {
    const found = [...scope().querySelectorAll("[data-key]")].filter((element) =>
      keysOf(element).includes(usual) && visible(element));
    return found.find((element) => !element.closest("[data-frame]")) || found[0];
  }

  function press(element) {
    if (!element.matches(PRESSED)) return;
    if (element instanceof HTMLFormElement) element.requestSubmit();
    else if (writing(element)) element.focus();
    else (element.control || element).click(); // a label would take the focus after it
  }

  // "g", then the letter of a page: meanwhile the nav shows the letters.
  function goTo(letter) {
    stopGoing();
    const page = document.querySelector(`a[data-go="${CSS.escape(letter)}"]`);
    if (page) location.assign(page.href);
    return Boolean(page);
  }

  function startGoing() {
    document.body.dataset.going = "";
    going = setTimeout(stopGoing, WAIT);
  }

  function stopGoing() {
    clearTimeout(going);
    going = 0;
    delete document.body.dataset.going;
  }

  document.addEventListener("keydown", (event) => {
    if (event.defaultPrevented || event.isComposing || event.repeat && event.key === "Enter") return;
    const pressed = nameOf(event);
    const modified = event.ctrlKey || event.metaKey || event.altKey;
    if (!modified && writing(event.target)) {
      if (event.key === "Escape") event.target.blur();
      return;
    }
    if (["Shift", "Control", "Alt", "Meta"].includes(event.key)) return;
    if (going && !modified && event.key.length === 1 && goTo(pressed)) {
      event.preventDefault();
      return;
    }
    if (event.key === "Enter" && event.target instanceof Element && event.target.closest("a[href], button, summary")) return;
    const usual = usualOf(pressed);
    if (usual === GO && scope() === document && document.querySelector("a[data-go]")) {
      event.preventDefault();
      startGoing();
      return;
    }
    const element = usual && withKey(usual);
    if (!element) return;
    event.preventDefault();
    press(element);
  });

  // Where one key is chosen, the next one typed takes the place of the last.
  document.addEventListener("focusin", (event) => {
    if (event.target.matches?.("[data-key-field]")) event.target.select();
  });

  // How a key is written on its cap.
  function cap(key) {
    const words = { enter: "Enter", escape: "Esc", "ctrl+enter": mac ? "⌘ Enter" : "Ctrl Enter", "ctrl+k": mac ? "⌘ K" : "Ctrl K" };
    return words[key.toLowerCase()] || (key.length === 1 ? key.toUpperCase() : key);
  }

  function capOf(element) {
    return keysOf(element).map(ownOf).filter(Boolean).map(cap)[0] || "";
  }

  function kbd(text) {
    const key = document.createElement("kbd");
    key.className = "key";
    key.textContent = text;
    return key;
  }

  function labelOf(element) {
    const said = element.dataset.keyLabel || element.getAttribute("aria-label");
    if (said) return said;
    const copy = element.cloneNode(true);
    copy.querySelectorAll("kbd, svg, .visually-hidden").forEach((part) => part.remove());
    return (copy.textContent || "").replace(/\s+/g, " ").trim() || element.getAttribute("title") || "";
  }

  // Hints say the person's own keys, also in parts that came later.
  function hints(root) {
    if (!off() && !document.body.dataset.keymap && !mac) return;
    for (const key of root.querySelectorAll("kbd.key")) {
      key.dataset.usual ??= key.textContent.trim();
      const usual = key.dataset.usual.toLowerCase();
      if (usual === "ctrl k") key.textContent = cap("ctrl+k");
      if (usual.length !== 1 || key.closest("[data-own-keys]")) continue;
      const own = ownOf(usual);
      key.hidden = !own;
      key.textContent = cap(own);
    }
  }

  hints(document);
  document.addEventListener("htmx:afterSettle", () => hints(document));

  // Every act of this page that has a key, once: the palette offers them, the overlay lists them.
  function acts() {
    const seen = new Set();
    const found = [];
    for (const element of document.querySelectorAll("[data-key]")) {
      const key = keysOf(element)[0];
      if (seen.has(key) || element.closest("dialog") || !visible(element)) continue;
      seen.add(key);
      const frame = Boolean(element.closest("[data-frame]"));
      found.push({ element, label: labelOf(element), cap: capOf(element), frame });
    }
    return found;
  }

  function pages() {
    const seen = new Set();
    return [...document.querySelectorAll(".nav a[data-go]")].filter((page) =>
      !seen.has(page.dataset.go) && seen.add(page.dataset.go)).map((page) =>
      ({ label: labelOf(page.querySelector(".word") || page), letter: page.dataset.go }));
  }

  window.portalKeys = { acts, press, kbd };

  // The overlay lists what is on the page now; nothing is written twice.
  const overlay = document.getElementById("keys");

  function line(caps, text) {
    const head = document.createElement("dt");
    head.append(...caps.map(kbd));
    const body = document.createElement("dd");
    body.textContent = text;
    return [head, body];
  }

  overlay?.addEventListener("portal:open", () => {
    const all = acts().filter((act) => act.cap);
    const lines = {
      page: all.filter((act) => !act.frame).flatMap((act) => line([act.cap], act.label)),
      all: all.filter((act) => act.frame).flatMap((act) => line([act.cap], act.label)),
      go: ownOf(GO) ? pages().flatMap((page) => line([cap(ownOf(GO)), cap(page.letter)], page.label)) : [],
    };
    for (const [name, content] of Object.entries(lines)) {
      const list = overlay.querySelector(`[data-keys-of="${name}"]`);
      list.replaceChildren(...content);
      list.closest("section").hidden = !content.length;
    }
  });
})();
