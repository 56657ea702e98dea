// The builder of maps by keyboard and pointer: which part is chosen, arrow keys from part to part, a click anywhere in
// a column, Ctrl+Z. The canvas and the inspector themselves are htmx.
(function () {
  "use strict";
  const builder = document.querySelector("[data-map]");
  if (!builder) return;
  const rtl = document.documentElement.dir === "rtl";

  function mark() {
    const inspector = document.getElementById("inspector");
    const place = inspector ? inspector.dataset.place : "";
    builder.querySelectorAll(".is-chosen").forEach((cell) => cell.classList.remove("is-chosen"));
    builder.querySelectorAll("[aria-current='true']").forEach((link) => link.removeAttribute("aria-current"));
    if (!place) return;
    builder.querySelectorAll('[data-part="' + place + '"]').forEach((cell) => cell.classList.add("is-chosen"));
    const link = document.getElementById("part-" + place);
    if (link) link.setAttribute("aria-current", "true");
  }

  document.body.addEventListener("htmx:afterSettle", mark);
  document.body.addEventListener("htmx:oobAfterSwap", mark);
  mark();

  builder.addEventListener("click", function (event) {
    if (event.target.closest("a, button, input, select, textarea")) return;
    const cell = event.target.closest("[data-part]");
    const link = cell && document.getElementById("part-" + cell.dataset.part);
    if (link) link.click();
  });

  builder.addEventListener("keydown", function (event) {
    const link = event.target.closest("[data-inspect]");
    const step = { ArrowRight: rtl ? -1 : 1, ArrowLeft: rtl ? 1 : -1 }[event.key];
    if (!link || !step || !link.id) return;
    const row = Array.from(link.closest("tr").querySelectorAll("[data-inspect]"));
    const next = row[row.indexOf(link) + step];
    if (!next) return;
    event.preventDefault();
    next.focus();
    next.scrollIntoView({ block: "nearest", inline: "nearest" });
  });

  // In a field Ctrl+Z is the browser's own.
  document.addEventListener("keydown", function (event) {
    if (!(event.ctrlKey || event.metaKey) || window.cxm.key(event) !== "z") return;
    if (event.target.closest("input, textarea, select, [contenteditable]")) return;
    const form = builder.querySelector(event.shiftKey ? "[data-redo]" : "[data-undo]");
    if (!form || form.querySelector("button").disabled) return;
    event.preventDefault();
    form.requestSubmit();
  });

  // On narrow windows the inspector stands below the canvas.
  document.body.addEventListener("htmx:afterSwap", function (event) {
    if (event.detail.target.id !== "inspector" || !window.matchMedia("(max-width: 1099.98px)").matches) return;
    document.getElementById("inspector").scrollIntoView({ block: "start" });
  });
})();
