// Dropping a file on the upload, its name, and how far the upload is.
(function () {
  "use strict";

  function named(form) {
    const input = form.querySelector("input[type=file]");
    form.querySelector("[data-drop-name]").textContent = input.files.length ? input.files[0].name : "";
  }

  document.addEventListener("change", function (event) {
    const form = event.target.closest("[data-upload]");
    if (form && event.target.type === "file") named(form);
  });

  ["dragenter", "dragover", "dragleave", "drop"].forEach(function (kind) {
    document.addEventListener(kind, function (event) {
      const zone = event.target instanceof Element ? event.target.closest("[data-drop]") : null;
      if (!zone) return;
      event.preventDefault();
      zone.classList.toggle("is-over", kind === "dragenter" || kind === "dragover");
      if (kind === "drop" && event.dataTransfer.files.length) {
        zone.querySelector("input[type=file]").files = event.dataTransfer.files;
        named(zone.closest("form"));
      }
    });
  });

  document.body.addEventListener("htmx:xhr:progress", function (event) {
    const form = event.target.closest("[data-upload]");
    if (!form || !event.detail.lengthComputable) return;
    const line = form.querySelector("[data-upload-progress]");
    const share = Math.floor((100 * event.detail.loaded) / event.detail.total);
    line.hidden = false;
    line.querySelector("progress").value = share;
    line.querySelector("[data-upload-words]").textContent = share + "%";
  });
})();
