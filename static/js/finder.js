// Search and commands: "/" or Ctrl-K opens it, letters filter the places and ask the server for customers.
(function () {
  "use strict";
  const finder = document.getElementById("finder");
  if (!finder) return;
  const words = finder.querySelector("#finder-words");
  const people = finder.querySelector("#finder-people");
  const places = Array.from(finder.querySelectorAll("#finder-places .finder-item"));
  const none = finder.querySelector(".finder-none");
  let chosen = null;

  document.addEventListener("keydown", function (event) {
    const typing = event.target.closest("input, textarea, select, [contenteditable=true]");
    const slash = window.cxm.key(event) === "/" && !typing && !event.ctrlKey && !event.metaKey && !event.altKey;
    const chord = (event.ctrlKey || event.metaKey) && window.cxm.key(event) === "k";
    if (!slash && !chord) return;
    event.preventDefault();
    if (!finder.open) finder.showModal();
    words.select();
  });

  const visible = () => Array.from(finder.querySelectorAll(".finder-item")).filter((item) => !item.hidden);

  function choose(item) {
    if (chosen) {
      chosen.setAttribute("aria-selected", "false");
      words.removeAttribute("aria-activedescendant");
    }
    chosen = item || null;
    if (!chosen) return;
    chosen.id = chosen.id || "finder-" + Math.random().toString(36).slice(2);
    chosen.setAttribute("aria-selected", "true");
    chosen.scrollIntoView({ block: "nearest" });
    words.setAttribute("aria-activedescendant", chosen.id);
  }

  function filter() {
    const asked = words.value.trim().toLocaleLowerCase();
    places.forEach((item) => (item.hidden = asked !== "" && !item.textContent.toLocaleLowerCase().includes(asked)));
    if (!asked) people.replaceChildren();
    finder.querySelector(".finder-head").hidden = places.every((item) => item.hidden);
    none.hidden = visible().length > 0;
    choose(visible()[0]);
  }

  words.addEventListener("input", filter);
  people.addEventListener("htmx:afterSwap", function () {
    none.hidden = visible().length > 0;
    choose(visible()[0]);
  });
  finder.addEventListener("keydown", function (event) {
    const items = visible();
    const at = items.indexOf(chosen);
    if (event.key === "ArrowDown") choose(items[Math.min(at + 1, items.length - 1)]);
    else if (event.key === "ArrowUp") choose(items[Math.max(at - 1, 0)]);
    else if (event.key === "Enter" && chosen && event.target === words) chosen.click();
    else return;
    event.preventDefault();
  });
  filter();
})();
