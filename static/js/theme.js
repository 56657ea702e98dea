// Runs before anything is painted: puts the device's choice of light or dark on the page where the person left it to it.
(function () {
  const root = document.documentElement;
  const dark = window.matchMedia("(prefers-color-scheme: dark)");
  const apply = function () {
    const wanted = root.dataset.theme || "auto";
    root.dataset.bsTheme = wanted === "auto" ? (dark.matches ? "dark" : "light") : wanted;
    document.dispatchEvent(new CustomEvent("cxm:theme"));
  };
  apply();
  dark.addEventListener("change", apply);
})();
