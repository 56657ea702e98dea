/* The builder of a survey: the phone shows what was just saved, in the language chosen, at the question worked on. */
(function () {
  "use strict";
  const phone = document.getElementById("phone");
  if (!phone) return;
  const base = phone.src.split("?")[0];
  let language = new URL(phone.src).searchParams.get("lang");
  let step = 1;
  const show = () => { phone.src = base + "?lang=" + language + "&step=" + step; };

  document.body.addEventListener("survey-changed", show);
  document.addEventListener("click", function (event) {
    const button = event.target.closest("[data-survey-language]");
    if (!button) return;
    language = button.dataset.surveyLanguage;
    button.parentElement.querySelectorAll("button").forEach(function (each) {
      each.classList.toggle("is-on", each === button);
      each.setAttribute("aria-pressed", String(each === button));
    });
    show();
  });
  document.addEventListener("toggle", function (event) {
    const card = event.target;
    if (!card.matches || !card.matches(".question") || !card.open || Number(card.dataset.step) === step) return;
    step = Number(card.dataset.step);
    show();
  }, true);
})();
