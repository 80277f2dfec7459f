// Clocks tick between two answers of the server. They follow the server's time, never the
// client's: what counts is how much of it has passed since the server said what time it was.
"use strict";

(() => {
  const SECOND = 1000;
  const meta = document.querySelector('meta[name="server-now"]');
  let offset = (meta ? Date.parse(meta.content) : Date.now()) - loadedAt();

  function loadedAt() {
    const navigation = performance.getEntriesByType("navigation")[0];
    const since = navigation ? performance.now() - navigation.responseStart : 0;
    return Date.now() - since;
  }

  function serverNow() {
    return Date.now() + offset;
  }

  function follow(date) {
    const told = Date.parse(date || "");
    // A Date header has whole seconds: correct only what is further off than that.
    if (!Number.isNaN(told) && Math.abs(told - serverNow()) > 1500) offset = told - Date.now();
  }

  // A page brought back from the history carries an old time: ask once.
  const [entry] = performance.getEntriesByType("navigation");
  if (entry && entry.type === "back_forward") {
    fetch(location.href, { method: "HEAD", cache: "no-store" })
      .then((answer) => { follow(answer.headers.get("Date")); tick(); })
      .catch(() => {});
  }

  document.addEventListener("htmx:afterRequest", (event) => {
    if (event.detail.xhr) follow(event.detail.xhr.getResponseHeader("Date"));
  });

  function duration(seconds) {
    const space = "\u00a0";
    const minutes = Math.floor(seconds / 60);
    const hours = Math.floor(seconds / 3600);
    if (seconds < 60) return `${seconds}${space}s`;
    if (hours < 1) return `${minutes}${space}min`;
    if (hours < 48) {
      const rest = String(minutes % 60).padStart(2, "0");
      return `${hours}${space}h` + (minutes % 60 ? `${space}${rest}` : "");
    }
    const days = Math.floor(hours / 24);
    return `${days}${space}d` + (hours % 24 ? `${space}${hours % 24}${space}h` : "");
  }

  // Seconds of working time left. The server said how many there were at its `now`; they run
  // while the calendar is open (until data-open-until) and stand still after it.
  function leftOf(clock, now) {
    const data = clock.dataset;
    const due = Date.parse(data.dueAt);
    if (data.left === undefined) return Math.floor((due - now) / SECOND);
    const said = Date.parse(data.now || meta?.content || "");
    const until = data.openUntil ? Math.min(now, Date.parse(data.openUntil)) : now;
    return Number(data.left) - Math.max(Math.floor((until - said) / SECOND), 0);
  }

  function stateOf(clock, left, now) {
    const warn = Date.parse(clock.dataset.warnAt || "");
    if (left < 0 || now > Date.parse(clock.dataset.dueAt)) return "breached";
    if (now >= warn) return "at_risk";
    return clock.classList.contains("clock-at_risk") ? "at_risk" : "on_time";
  }

  function show(clock, now) {
    const left = leftOf(clock, now);
    if (Number.isNaN(left)) return; // not told when it is due: what was served stays
    const state = stateOf(clock, left, now);
    if (!clock.classList.contains(`clock-${state}`)) {
      clock.classList.remove("clock-on_time", "clock-at_risk", "clock-breached");
      clock.classList.add(`clock-${state}`);
    }
    const words = clock.querySelector(".clock-words");
    const amount = duration(Math.abs(left));
    const short = clock.hasAttribute("data-short") && state !== "breached";
    const frame = state === "breached" ? words.dataset.over : words.dataset.left;
    const text = short ? amount : (frame || "{}").replace("{}", amount);
    if (words.textContent !== text) words.textContent = text;
  }

  function tick() {
    const now = serverNow();
    for (const clock of document.querySelectorAll("[data-clock]")) show(clock, now);
  }

  setInterval(tick, SECOND);
  document.addEventListener("visibilitychange", () => { if (!document.hidden) tick(); });
})();
