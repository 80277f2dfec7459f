// Keys are declared where the act is: data-key="a" on a link, button, label, summary or field
// presses it. Only what is visible answers, and in an open dialog only what stands inside it.
"use strict";

(() => {
  const PRESSED = "a[href], button, summary, label, input, select, textarea, form";

  function writing(element) {
    if (!(element instanceof HTMLElement)) return false;
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
    if (event.ctrlKey || event.metaKey) parts.push("Ctrl");
    if (event.altKey) parts.push("Alt");
    parts.push(event.key);
    return parts.join("+").toLowerCase();
  }

  function scope() {
    const open = [...document.querySelectorAll("dialog[open]")];
    return open.at(-1) || document;
  }

  function withKey(name) {
    return [...scope().querySelectorAll("[data-key]")].find((element) =>
      element.dataset.key.toLowerCase().split(" ").includes(name) && visible(element));
  }

  function press(element) {
    if (!element.matches(PRESSED)) return;
    if (element instanceof HTMLFormElement) element.requestSubmit();
    else if (writing(element)) element.focus();
    else element.click();
  }

  document.addEventListener("keydown", (event) => {
    if (event.defaultPrevented || event.isComposing || event.repeat && event.key === "Enter") return;
    const name = nameOf(event);
    const modified = event.ctrlKey || event.metaKey || event.altKey;
    if (!modified && writing(event.target)) {
      if (event.key === "Escape") event.target.blur();
      return;
    }
    const single = !modified && event.key.length === 1;
    if (single && document.body.dataset.keys === "off") return;
    if (event.key === "Enter" && event.target instanceof Element && event.target.closest("a[href], button, summary")) return;
    const element = withKey(name);
    if (!element) return;
    event.preventDefault();
    press(element);
  });

  // The overlay lists what is on the page now; nothing is written twice.
  function labelOf(element) {
    const said = element.dataset.keyLabel || element.getAttribute("aria-label");
    if (said) return said;
    const copy = element.cloneNode(true);
    copy.querySelectorAll("kbd, svg").forEach((part) => part.remove());
    return (copy.textContent || "").replace(/\s+/g, " ").trim() || element.getAttribute("title") || "";
  }

  const overlay = document.getElementById("keys");
  overlay?.addEventListener("portal:open", () => {
    const list = overlay.querySelector("[data-keys-list]");
    const seen = new Set();
    const lines = [];
    for (const element of document.querySelectorAll("[data-key]")) {
      const key = element.dataset.key.split(" ")[0];
      if (overlay.contains(element) || seen.has(key.toLowerCase()) || !visible(element)) continue;
      seen.add(key.toLowerCase());
      const head = document.createElement("dt");
      const cap = document.createElement("kbd");
      cap.className = "key";
      cap.textContent = key.length === 1 ? key.toUpperCase() : key;
      head.append(cap);
      const text = document.createElement("dd");
      text.textContent = labelOf(element);
      lines.push(head, text);
    }
    list.replaceChildren(...lines);
  });
})();
