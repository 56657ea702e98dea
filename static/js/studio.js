// The template studio: line numbers beside the source, fields put in where the cursor is, the length of the subject,
// the preview's width and part. The preview itself is htmx.
(function () {
  "use strict";
  const form = document.getElementById("studio");
  if (!form) return;
  const box = form.querySelector("[data-source]");
  const source = box.querySelector("textarea");
  const numbers = box.querySelector(".source-lines");
  const subject = form.querySelector("[data-counted]");
  const look = document.getElementById("preview");
  let wrong = Number(box.dataset.line);
  let last = source;

  // --- lines -------------------------------------------------------------------------------------
  function number() {
    const count = source.value.split("\n").length;
    while (numbers.children.length > count) numbers.lastElementChild.remove();
    while (numbers.children.length < count) {
      const line = document.createElement("span");
      line.textContent = String(numbers.children.length + 1);
      numbers.append(line);
    }
    numbers.querySelectorAll(".is-wrong").forEach((line) => line.classList.remove("is-wrong"));
    if (wrong && numbers.children[wrong - 1]) numbers.children[wrong - 1].classList.add("is-wrong");
    numbers.scrollTop = source.scrollTop;
  }
  source.addEventListener("input", number);
  source.addEventListener("scroll", () => (numbers.scrollTop = source.scrollTop));
  number();
  if (wrong) source.scrollTop = Math.max(0, (wrong - 4) * parseFloat(getComputedStyle(source).lineHeight));

  document.body.addEventListener("htmx:afterSwap", function (event) {
    if (event.detail.target !== look) return;
    const refused = look.querySelector("[data-refused]");
    wrong = refused ? Number(refused.dataset.line) : 0;
    number();
  });

  // --- subject -----------------------------------------------------------------------------------
  function letters(words) {
    if (!window.Intl || !Intl.Segmenter) return Array.from(words).length;
    return Array.from(new Intl.Segmenter(document.documentElement.lang, { granularity: "grapheme" }).segment(words)).length;
  }
  function measure() {
    const hint = document.getElementById(subject.dataset.counted);
    const count = letters(subject.value.replace(/\{%.*?%\}/g, "").replace(/\{\{.*?\}\}/g, "······"));
    hint.textContent = count.toLocaleString(document.documentElement.lang) + " " + (count > 60 ? hint.dataset.long : hint.dataset.one);
  }
  subject.addEventListener("input", measure);
  measure();

  // --- fields ------------------------------------------------------------------------------------
  form.addEventListener("focusin", function (event) {
    if (event.target === source || ["subject", "preheader"].includes(event.target.name)) last = event.target;
  });
  form.addEventListener("change", function (event) {
    const choice = event.target.closest("[data-insert]");
    if (!choice) return;
    event.stopPropagation();
    if (choice.value) {
      last.focus();
      last.setRangeText("{{ " + choice.value + " }}", last.selectionStart, last.selectionEnd, "end");
      last.dispatchEvent(new Event("input", { bubbles: true }));
    }
    choice.value = "";
  }, true);

  // --- the look ------------------------------------------------------------------------------------
  form.addEventListener("click", function (event) {
    ["Width", "Part"].forEach(function (what) {
      const button = event.target.closest("[data-look-" + what.toLowerCase() + "]");
      if (!button) return;
      look.dataset[what.toLowerCase()] = button.dataset["look" + what];
      button.parentElement.querySelectorAll("button").forEach(function (each) {
        each.classList.toggle("is-on", each === button);
        each.setAttribute("aria-pressed", String(each === button));
      });
    });
  });
  form.addEventListener("change", function (event) {
    if (event.target.name !== "customer") return;
    document.querySelectorAll("[data-as-customer]").forEach((field) => (field.value = event.target.value));
  });

  // --- what was typed and not saved -----------------------------------------------------------------
  let before = new FormData(form);
  let sent = false;
  form.addEventListener("submit", () => (sent = true));
  document.body.addEventListener("htmx:afterRequest", function (event) {
    if (event.detail.successful && event.detail.elt.matches("[data-draft]")) before = new FormData(form);
  });
  window.addEventListener("beforeunload", function (event) {
    const now = new FormData(form);
    const changed = ["name", "kind", "subject", "preheader", "body"].some((part) => now.get(part) !== before.get(part));
    if (changed && !sent) event.preventDefault();
  });
})();
