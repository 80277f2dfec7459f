// A chart as PNG, a chart or a page on paper. Without it the SVG file is offered, and the browser
// prints the page.
"use strict";

(() => {
  const TIMES = 2; // pixels for each pixel of the page: sharp on a slide

  for (const button of document.querySelectorAll("[data-chart-png], [data-print]")) button.hidden = false;

  // Where a line is wider than the screen, its newest end is what one came for.
  for (const frame of document.querySelectorAll("[data-newest]")) frame.scrollLeft = frame.scrollWidth;

  // An image knows no style sheet and no font of the page: its font goes into the file.
  async function withFont(svg) {
    const link = document.querySelector("link[rel=preload][as=font]");
    try {
      const blob = await (await fetch(link.href)).blob();
      const font = await new Promise((done, failed) => {
        const reader = new FileReader();
        reader.onload = () => done(reader.result);
        reader.onerror = failed;
        reader.readAsDataURL(blob);
      });
      const face = `@font-face{font-family:"Inter";font-weight:100 900;src:url(${font})}`;
      return svg.replace("<style>", `<style>${face} `);
    } catch {
      return svg; // the system's own letters, then
    }
  }

  function encoded(svg) {
    const bytes = new TextEncoder().encode(svg);
    return `data:image/svg+xml;base64,${btoa(Array.from(bytes, (byte) => String.fromCharCode(byte)).join(""))}`;
  }

  function decoded(address) {
    const bytes = Uint8Array.from(atob(address.split(",")[1]), (char) => char.charCodeAt(0));
    return new TextDecoder().decode(bytes);
  }

  async function drawn(address) {
    const image = new Image();
    image.src = address;
    await image.decode();
    const canvas = document.createElement("canvas");
    canvas.width = image.naturalWidth * TIMES;
    canvas.height = image.naturalHeight * TIMES;
    canvas.getContext("2d").drawImage(image, 0, 0, canvas.width, canvas.height);
    return new Promise((done) => canvas.toBlob(done, "image/png"));
  }

  async function save(button) {
    const file = button.closest(".chart").querySelector("[data-chart-file]").href;
    const address = encoded(await withFont(decoded(file)));
    await drawn(address).catch(() => null); // a first time, so that the font is there
    const picture = await drawn(address);
    const link = document.createElement("a");
    link.href = URL.createObjectURL(picture);
    link.download = button.dataset.chartPng;
    link.click();
    setTimeout(() => URL.revokeObjectURL(link.href), 10000);
  }

  function print(button) {
    const chart = button.dataset.print === "chart" && button.closest(".chart");
    const details = chart ? chart.querySelector("details") : null;
    const wasOpen = details?.open;
    if (chart) {
      document.body.dataset.printing = "chart";
      chart.dataset.printed = "";
      details.open = true;
    }
    window.print();
    if (!chart) return;
    delete document.body.dataset.printing;
    delete chart.dataset.printed;
    details.open = wasOpen;
  }

  document.addEventListener("click", (event) => {
    const png = event.target.closest?.("[data-chart-png]");
    if (png) save(png);
    const paper = event.target.closest?.("[data-print]");
    if (paper) print(paper);
  });

  // Filters swap the page below the frame: its buttons come anew.
  document.addEventListener("htmx:afterSwap", () => {
    for (const button of document.querySelectorAll("[data-chart-png], [data-print]")) button.hidden = false;
  });
})();
