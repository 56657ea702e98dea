// What every page does: notices, dialogs, copying, selecting many, forms that send themselves. One listener per event
// on the document, so that whatever htmx brings in works without being set up.
(function () {
  "use strict";
  const body = document.body;
  const text = (name) => body.dataset["text" + name] || "";

  // --- notices ---------------------------------------------------------------------------------
  function notice(words, tone) {
    const box = document.createElement("div");
    box.className = "notice tone-" + (tone || "info");
    box.dataset.toast = "";
    if (tone === "error") box.setAttribute("role", "alert");
    const line = document.createElement("div");
    line.className = "notice-words";
    line.dir = "auto";
    line.textContent = words;
    const close = document.createElement("button");
    close.type = "button";
    close.className = "btn-close";
    close.dataset.dismiss = "";
    close.setAttribute("aria-label", text("Close"));
    box.append(line, close);
    document.getElementById("toasts").append(box);
    leave(box);
  }

  // Good news goes by itself, bad news stays until it was read; a pointer or the focus on it holds it.
  function leave(box) {
    if (box.classList.contains("tone-error") || box.classList.contains("tone-warning")) return;
    const go = function () {
      if (box.matches(":hover, :focus-within")) window.setTimeout(go, 2000);
      else box.remove();
    };
    window.setTimeout(go, 7000);
  }

  document.querySelectorAll("[data-toast]").forEach(leave);
  body.addEventListener("toast", function (event) {
    (event.detail.value || [event.detail]).forEach((found) => notice(found.text, found.tone));
  });

  // The key that is meant, whatever the keyboard's language: with an Arabic layout the key of N says "ى".
  function key(event) {
    const said = event.key.toLowerCase();
    if (said.length > 1 || said < "\u0080") return said;
    return event.code === "Slash" ? "/" : event.code.startsWith("Key") ? event.code.slice(3).toLowerCase() : said;
  }
  window.cxm = { notice: notice, key: key };

  // --- htmx ------------------------------------------------------------------------------------
  body.addEventListener("htmx:configRequest", function (event) {
    const token = document.querySelector("meta[name=csrf-token]");
    if (token && event.detail.verb !== "get") event.detail.headers["X-CSRFToken"] = token.content;
  });
  body.addEventListener("htmx:responseError", function (event) {
    const status = event.detail.xhr.status;
    const word = { 401: "Expired", 403: "Forbidden", 404: "Gone", 410: "Gone", 429: "Busy" }[status] || "Error";
    if (!event.detail.elt.closest("[data-quiet], .running")) notice(text(word), "error");
  });
  body.addEventListener("htmx:sendError", function (event) {
    if (!event.detail.elt.closest("[data-quiet], .running")) notice(text("Offline"), "error");
  });
  // What asks again by itself waits while somebody reads a definition inside it.
  body.addEventListener("htmx:beforeRequest", function (event) {
    const moving = event.detail.elt;
    if (moving.matches("[data-quiet]") && moving.querySelector("details[open]")) event.preventDefault();
  });
  // A page that asks for sign-in in the middle of a fragment is a page, not a fragment.
  body.addEventListener("htmx:beforeSwap", function (event) {
    const where = event.detail.xhr.responseURL || "";
    if (where.includes("/accounts/login/")) {
      event.detail.shouldSwap = false;
      window.location.reload();
    }
  });

  // --- clicks ----------------------------------------------------------------------------------
  document.addEventListener("click", function (event) {
    const open = event.target.closest("[data-open]");
    if (open) {
      const dialog = document.getElementById(open.dataset.open);
      if (dialog && !dialog.open) dialog.showModal();
      return;
    }
    const close = event.target.closest("[data-close]");
    if (close) close.closest("dialog").close();
    const dismiss = event.target.closest("[data-dismiss]");
    if (dismiss) dismiss.closest("[data-toast]").remove();
    if (event.target instanceof HTMLDialogElement && outside(event, event.target)) event.target.close();
    const copy = event.target.closest("[data-copy]");
    if (copy) copyFrom(copy);
    document.querySelectorAll("details[data-light-dismiss][open]").forEach(function (found) {
      if (!found.contains(event.target)) found.open = false;
    });
  });

  function outside(event, dialog) {
    const box = dialog.getBoundingClientRect();
    return event.clientX < box.left || event.clientX > box.right || event.clientY < box.top || event.clientY > box.bottom;
  }

  async function copyFrom(button) {
    try {
      await navigator.clipboard.writeText(button.dataset.copy);
      notice(text("Copied"), "success");
    } catch (error) {
      const code = button.closest(".copy");
      if (code) window.getSelection().selectAllChildren(code.querySelector("code"));
    }
  }

  document.addEventListener("keydown", function (event) {
    if (event.key !== "Escape") return;
    document.querySelectorAll("details[data-light-dismiss][open]").forEach(function (found) {
      const had = found.contains(document.activeElement);
      found.open = false;
      if (had) found.querySelector("summary").focus();
    });
  });

  // --- groups of the side bar stay as they were left ---------------------------------------------
  document.querySelectorAll("details[data-remember]").forEach(function (group) {
    const key = "cxm." + group.dataset.remember;
    try {
      if (window.localStorage.getItem(key) === "open") group.open = true;
      group.addEventListener("toggle", () => window.localStorage.setItem(key, group.open ? "open" : "closed"));
    } catch (error) {
      // A browser that keeps nothing opens the group one is in.
    }
  });

  // --- forms -----------------------------------------------------------------------------------
  document.addEventListener("change", function (event) {
    const form = event.target.closest("form[data-autosubmit]");
    if (form && !event.target.closest("[data-no-submit]")) form.requestSubmit();
    if (event.target.closest("[data-bulk]")) count(event.target);
  });
  // Whoever comes back finds the page as it was, but a choice that led away from it would still be shown.
  window.addEventListener("pageshow", () => document.querySelectorAll("form[data-autosubmit][method=get]").forEach((form) => form.reset()));
  // A page shows two spaces as one: who types what stands there is right.
  const spaced = (words) => words.trim().split(/\s+/).join(" ");
  document.addEventListener("submit", function (event) {
    const form = event.target;
    const typed = form.querySelector("[data-typed]");
    if (typed && spaced(typed.value) !== spaced(typed.dataset.typed)) {
      event.preventDefault();
      typed.setAttribute("aria-invalid", "true");
      typed.focus();
    }
    if (!event.defaultPrevented && form.method === "post") once(event, form);
  });

  // A double click is one wish: the browser would send both. A form that leads nowhere (a file is saved) or whose answer
  // does not come may be sent again after a while, and at once by whoever comes back to the page.
  function once(event, form) {
    if (form.dataset.sent) event.preventDefault();
    form.dataset.sent = "1";
    window.setTimeout(() => delete form.dataset.sent, 8000);
  }
  window.addEventListener("pageshow", function () {
    document.querySelectorAll("form[data-sent]").forEach((form) => delete form.dataset.sent);
  });

  // --- selecting many ----------------------------------------------------------------------------
  // <form data-bulk> … <input type="checkbox" data-bulk-all> … <input type="checkbox" name="ids"> … <c-bulk-bar>
  function count(changed) {
    const form = changed.closest("[data-bulk]");
    const boxes = Array.from(form.querySelectorAll("tbody input[type=checkbox]"));
    const all = form.querySelector("[data-bulk-all]");
    if (changed === all) boxes.forEach((box) => (box.checked = all.checked));
    const chosen = boxes.filter((box) => box.checked).length;
    if (all) {
      all.checked = chosen > 0 && chosen === boxes.length;
      all.indeterminate = chosen > 0 && chosen < boxes.length;
    }
    const bar = form.querySelector("[data-bulk-bar]");
    if (!bar) return;
    bar.hidden = chosen === 0;
    bar.querySelector("[data-bulk-count]").textContent = chosen.toLocaleString(document.documentElement.lang);
  }
  document.addEventListener("click", function (event) {
    const none = event.target.closest("[data-bulk-none]");
    if (!none) return;
    const form = none.closest("[data-bulk]");
    form.querySelectorAll("input[type=checkbox]").forEach((box) => (box.checked = false));
    count(form.querySelector("tbody input[type=checkbox]"));
  });
})();
