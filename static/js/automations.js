// On a narrow screen the inspector stands below the tree: whoever opens a step is taken to it. Focus stays where it was.
(function () {
  "use strict";
  let opened = "";
  document.body.addEventListener("htmx:beforeRequest", function (event) {
    const link = event.detail.elt.closest("[data-inspect]");
    opened = link ? link.id : "";
  });
  document.body.addEventListener("htmx:afterSettle", function () {
    if (!opened) return;
    const inspector = document.getElementById("inspector");
    const link = document.getElementById(opened);
    opened = "";
    if (window.matchMedia("(max-width: 991px)").matches) {
      inspector.scrollIntoView({ block: "start" });
      inspector.focus({ preventScroll: true });
    } else if (link) {
      link.focus({ preventScroll: true });
    }
  });
})();
