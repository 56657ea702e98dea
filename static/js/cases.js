// Cases by keyboard, and words that are never lost.
// A draft stands in the browser from the first letter until the server has shown the message it became.
(() => {
  const typing = (target) => target.closest("input, textarea, select, [contenteditable]");

  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || typing(event.target) || document.querySelector("dialog[open]")) return;
    const key = window.cxm.key(event);
    if (key === "j" || key === "k") return choose(event, key === "j" ? 1 : -1);
    const keys = document.querySelectorAll(`[data-key="${CSS.escape(key)}"]:not([disabled])`);
    const wanted = [...keys].find((found) => !found.closest(".calls")); // calls.js minds those
    if (!wanted) return;
    event.preventDefault();
    if (wanted.matches("input")) wanted.focus();
    else wanted.click();
  });

  // j and k walk down and up the list; Enter opens, because the link has the focus.
  function choose(event, step) {
    const rows = [...document.querySelectorAll("[data-row]")];
    if (!rows.length) return;
    event.preventDefault();
    const at = rows.findIndex((row) => row.classList.contains("chosen"));
    rows[at]?.classList.remove("chosen");
    const next = rows[Math.min(Math.max(at + step, 0), rows.length - 1)];
    next.classList.add("chosen");
    next.querySelector("a").focus();
  }

  document.querySelectorAll("[data-composer]").forEach((form) => {
    const words = form.querySelector("[data-words]");
    const kept = form.querySelector("[data-kept]");
    const key = (mode) => `draft:${form.dataset.draft}:${mode}`;
    const modes = [...form.querySelectorAll("[data-mode]")];
    let mode = "";

    function show(next) {
      if (mode) keep();
      mode = next;
      form.dataset.mode = mode;
      modes.forEach((button) => button.setAttribute("aria-pressed", String(button.dataset.mode === mode)));
      form.querySelectorAll("[data-answers]").forEach((button) => { button.hidden = mode !== "answer"; });
      form.querySelectorAll("[data-notes]").forEach((button) => { button.hidden = mode !== "note"; });
      words.value = localStorage.getItem(key(mode)) || "";
      kept.hidden = !words.value;
    }

    function keep() {
      if (words.value) localStorage.setItem(key(mode), words.value);
      else localStorage.removeItem(key(mode));
      kept.hidden = !words.value;
    }

    // What was sent from here and stands in the thread now is no draft any more.
    const sent = JSON.parse(sessionStorage.getItem("sent") || "null");
    if (sent && sent.draft === form.dataset.draft && location.hash.startsWith("#said-")) {
      if (localStorage.getItem(sent.key) === sent.words) localStorage.removeItem(sent.key);
      sessionStorage.removeItem("sent");
    }

    const refused = words.value; // the server gave the words back
    show(modes[0].disabled ? "note" : "answer");
    if (refused) { words.value = refused; keep(); }
    form.dataset.ready = "1";

    modes.forEach((button) => button.addEventListener("click", () => { show(button.dataset.mode); words.focus(); }));
    words.addEventListener("input", keep);
    words.addEventListener("keydown", (event) => {
      if (event.key === "Escape") words.blur();
      if (event.key !== "Enter" || !(event.ctrlKey || event.metaKey)) return;
      event.preventDefault();
      form.requestSubmit(form.querySelector(mode === "note" ? "[data-notes]" : "[data-default]"));
    });
    form.addEventListener("submit", () => {
      keep();
      sessionStorage.setItem("sent", JSON.stringify({ draft: form.dataset.draft, key: key(mode), words: words.value }));
    });
    form.querySelector("[data-canned]")?.addEventListener("change", async (event) => {
      const address = event.target.value;
      event.target.value = "";
      if (!address) return;
      const token = form.querySelector("[name=csrfmiddlewaretoken]").value;
      const answer = await fetch(address, { method: "POST", headers: { Accept: "text/plain", "X-CSRFToken": token } });
      if (!answer.ok) return;
      words.setRangeText(await answer.text(), words.selectionStart, words.selectionEnd, "end");
      words.focus();
      keep();
    });
  });

  document.querySelectorAll("dialog[data-show='1']").forEach((dialog) => dialog.showModal());
})();
