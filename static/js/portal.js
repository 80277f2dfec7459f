// What every page shares: dialogs, menus, toasts, copying, theme, focus after htmx has swapped.
// Nothing here is needed: without it each link, form and <details> does the same by itself.
"use strict";

(() => {
  const root = document.documentElement;

  function dialogOf(link) {
    const id = link.dataset.opens || "";
    const found = id && document.getElementById(id);
    return found instanceof HTMLDialogElement ? found : null;
  }

  document.addEventListener("click", (event) => {
    const target = event.target;
    if (!(target instanceof Element)) return;

    const opener = target.closest("[data-opens]");
    const dialog = opener && dialogOf(opener);
    if (dialog) {
      event.preventDefault();
      dialog.dispatchEvent(new CustomEvent("portal:open"));
      if (!dialog.open) dialog.showModal();
    }
    const closer = target.closest("[data-closes]");
    if (closer && closer.closest("dialog")?.open) {
      event.preventDefault();
      closer.closest("dialog").close();
    }
    if (target instanceof HTMLDialogElement && target.open) target.close(); // the backdrop

    for (const menu of document.querySelectorAll("details.pick[open], details[data-closes-outside][open]")) {
      if (!menu.contains(target)) menu.open = false;
    }
    target.closest("[data-dismiss]")?.closest("[data-toast]")?.remove();

    // What stands under a row opens and closes; its content comes with the first opening.
    const expander = target.closest("[data-expands]");
    if (expander) {
      event.preventDefault();
      const row = document.getElementById(expander.dataset.expands);
      row.hidden = !row.hidden;
      expander.setAttribute("aria-expanded", String(!row.hidden));
    }

    const copy = target.closest("[data-copy]");
    if (copy) copyText(copy);
  });

  document.addEventListener("keydown", (event) => {
    if (event.key !== "Escape") return;
    const menu = document.activeElement?.closest("details.pick[open], details[data-closes-outside][open]");
    if (!menu) return;
    menu.open = false;
    menu.querySelector("summary")?.focus();
  });

  async function copyText(button) {
    const source = button.dataset.copyFrom && document.querySelector(button.dataset.copyFrom);
    const text = source ? source.value ?? source.textContent.trim() : button.dataset.copy;
    try {
      await navigator.clipboard.writeText(text);
    } catch {
      source?.select?.();
      return;
    }
    if (!button.dataset.copied || button.dataset.busy) return;
    const before = [...button.childNodes];
    button.dataset.busy = "yes";
    button.textContent = button.dataset.copied;
    setTimeout(() => { button.replaceChildren(...before); delete button.dataset.busy; }, 2000);
  }

  // Toasts: an undo leaves when its ten seconds are over, other news after eight; errors stay.
  function time(toast) {
    if (toast.dataset.toast === "stays" || toast.dataset.timed) return;
    toast.dataset.timed = "yes";
    const undo = toast.classList.contains("notice-undo");
    const leave = () => {
      if (!undo && (toast.matches(":hover") || toast.contains(document.activeElement))) {
        setTimeout(leave, 2000);
      } else {
        toast.remove();
      }
    };
    setTimeout(leave, undo ? 10000 : 8000);
  }

  function timeToasts() {
    document.querySelectorAll("[data-toast]").forEach(time);
  }

  // Theme: shown at once; the form still tells the server, which remembers.
  document.addEventListener("submit", (event) => {
    const form = event.target;
    const value = event.submitter?.value;
    if (!form.matches?.("[data-theme-form]") || !value) return;
    event.preventDefault();
    if (value === "auto") root.removeAttribute("data-bs-theme");
    else root.setAttribute("data-bs-theme", value);
    for (const button of document.querySelectorAll("[data-theme-form] [name=theme]")) {
      if (button.value === value) button.setAttribute("aria-pressed", "true");
      else button.removeAttribute("aria-pressed");
    }
    const body = new FormData(form);
    body.set("theme", value);
    fetch(form.action, { method: "POST", body, redirect: "manual" });
  });

  // After a swap the focus goes to what the server marked, or to the part that changed, if the
  // element that had it is gone. A part that merely refreshes itself never takes the focus, and
  // nor does one that settles after a quick hand has already moved it on.
  let pressed = false;
  document.addEventListener("htmx:afterSwap", () => { pressed = false; });
  document.addEventListener("keydown", () => { pressed = true; }, true);
  document.addEventListener("htmx:afterSettle", (event) => {
    timeToasts();
    const part = event.detail.elt;
    if (!(part instanceof HTMLElement)) return;
    const wanted = part.querySelector("[data-focus]") || (part.matches("[data-focus]") ? part : null);
    const lost = !document.activeElement || document.activeElement === document.body;
    if (!lost && (pressed || !wanted)) return;
    if (!wanted && event.detail.requestConfig?.triggeringEvent === undefined) return;
    const next = wanted || part;
    if (!next.matches("a, button, input, select, textarea, summary, [tabindex]")) next.tabIndex = -1;
    next.focus({ preventScroll: !wanted });
  });

  // A part that cannot come says so; the page stays as it was.
  function tell(words) {
    const box = document.getElementById("toasts");
    if (!box || !words) return;
    const toast = document.createElement("div");
    toast.className = "notice notice-error";
    toast.dataset.toast = "";
    const text = document.createElement("p");
    text.textContent = words;
    toast.append(text);
    box.replaceChildren(toast);
    time(toast);
  }

  // A whole page in answer to a part: the session is over (a redirect to sign-in), a refusal
  // (its sentence is told), or the page again with what was wrong in its form.
  function pageIn(xhr) {
    if (!/<!doctype/i.test(xhr.responseText.slice(0, 400))) return null;
    return new DOMParser().parseFromString(xhr.responseText, "text/html");
  }

  function refusalIn(xhr) {
    const refusal = pageIn(xhr)?.querySelector(".refusal");
    const parts = refusal ? [...refusal.querySelectorAll("h1, h1 ~ p:not(.code)")] : [];
    return parts.map((part) => part.textContent.trim()).filter(Boolean).join(". ");
  }

  document.addEventListener("htmx:beforeSwap", (event) => {
    const { xhr, requestConfig } = event.detail;
    if (!event.detail.shouldSwap || !pageIn(xhr)) return;
    const answered = new URL(xhr.responseURL || location.href, location.href);
    const refusal = refusalIn(xhr);
    if (refusal) {
      event.detail.shouldSwap = false;
      tell(refusal);
    } else if (xhr.status >= 400) {
      event.detail.target = document.body;
      event.detail.swapOverride = "innerHTML";
    } else if (answered.pathname !== new URL(requestConfig.path, location.href).pathname) {
      event.detail.shouldSwap = false;
      location.assign(answered);
    }
  });

  document.addEventListener("htmx:sendError", () => tell(document.body.dataset.offline));
  document.addEventListener("htmx:responseError", (event) => {
    if (event.detail.xhr.status === 401) location.reload();
    else tell(refusalIn(event.detail.xhr) || document.body.dataset.failed);
  });

  timeToasts();
})();
