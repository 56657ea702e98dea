// Draws what a page hands over by json_script: <figure data-chart="ID"> (see docs/face.md for the data).
// ECharts itself is fetched only where there is such a figure.
(function () {
  "use strict";
  const source = document.currentScript.dataset.echarts;
  const root = document.documentElement;
  const rtl = () => root.dir === "rtl";
  const token = (name) => getComputedStyle(root).getPropertyValue(name).trim();
  const drawn = new Map();
  let library = null;

  function load() {
    library = library || new Promise(function (done, failed) {
      const script = document.createElement("script");
      script.src = source;
      script.onload = () => done(window.echarts);
      script.onerror = failed;
      document.head.append(script);
    });
    return library;
  }

  const palette = () => [1, 2, 3, 4, 5, 6, 7, 8].map((n) => token("--cxm-series-" + n));

  function writer(data) {
    const given = { maximumFractionDigits: 2, notation: "standard", numberingSystem: data.digits || "latn" };
    if (data.unit === "percent") Object.assign(given, { style: "percent", maximumFractionDigits: 1 });
    if (data.currency) Object.assign(given, { style: "currency", currency: data.currency, maximumFractionDigits: 2 });
    const full = new Intl.NumberFormat(root.lang, given);
    const short = new Intl.NumberFormat(root.lang, Object.assign({}, given, { notation: "compact", maximumFractionDigits: 1 }));
    return {
      full: (value) => (value === null || value === undefined ? "–" : full.format(value)),
      short: (value) => short.format(value),
    };
  }

  // Pictures lay words out from left to right; a date that begins with a number would be read back to front.
  const own = (words) => (rtl() ? "\u2067" + words + "\u2069" : words);

  function frame(data, write) {
    const names = data.series.map((found) => found.name);
    return {
      color: palette(),
      textStyle: { fontFamily: token("--tblr-font-sans-serif"), color: token("--cxm-muted") },
      animationDuration: window.matchMedia("(prefers-reduced-motion: reduce)").matches ? 0 : 350,
      aria: { enabled: true },
      grid: { top: names.length > 1 ? 44 : 16, bottom: 8, left: 8, right: 8, containLabel: true },
      legend: {
        show: names.length > 1, top: 0, left: rtl() ? "auto" : 0, right: rtl() ? 0 : "auto", icon: "roundRect",
        itemWidth: 10, itemHeight: 10, textStyle: { color: token("--cxm-muted") }, align: rtl() ? "right" : "left",
      },
      tooltip: {
        trigger: "axis", renderMode: "richText", confine: true, backgroundColor: token("--cxm-raised"),
        borderColor: token("--cxm-line"), textStyle: { color: token("--cxm-ink"), align: rtl() ? "right" : "left" },
        valueFormatter: write.full,
      },
    };
  }

  function axes(data, write, flat) {
    // Below many steps the outermost words would reach beyond the picture unless they end with it.
    const many = !flat && data.labels.length > 31 ? { alignMinLabel: rtl() ? "right" : "left", alignMaxLabel: rtl() ? "left" : "right" } : {};
    const names = {
      type: "category", data: data.labels.map(own), inverse: flat ? true : rtl(),
      axisLine: { lineStyle: { color: token("--cxm-line") } }, axisTick: { show: false },
      axisLabel: Object.assign({
        color: token("--cxm-muted"), hideOverlap: true, formatter: (name, at) => (data.ticks ? own(data.ticks[at]) : name),
      }, many),
      position: flat && rtl() ? "right" : undefined,
    };
    const values = {
      type: "value", position: !flat && rtl() ? "right" : undefined, inverse: flat && rtl(),
      axisLabel: { color: token("--cxm-muted"), formatter: (value) => own(write.short(value)) }, splitNumber: 4, minInterval: data.whole ? 1 : 0,
      splitLine: { lineStyle: { color: token("--cxm-line-soft") } },
    };
    return flat ? { xAxis: values, yAxis: names } : { xAxis: names, yAxis: values };
  }

  const kinds = {
    line(data, write) {
      const series = data.series.map((found, at) => ({
        name: found.name, type: "line", data: found.values, smooth: 0.25, showSymbol: data.labels.length < 3, symbolSize: 7,
        lineStyle: { width: found.before ? 1.5 : 2.5, type: found.before ? "dashed" : "solid" },
        areaStyle: at === 0 && !found.before && data.series.length < 3 ? { opacity: 0.1 } : undefined,
        connectNulls: false,
      }));
      return Object.assign(frame(data, write), axes(data, write, false), { series: series });
    },
    bar(data, write, stack) {
      const flat = data.flat === true;
      const series = data.series.map((found) => ({
        name: found.name, type: "bar", data: found.values, stack: stack ? "all" : undefined, barMaxWidth: 34,
        itemStyle: { borderRadius: stack ? 0 : flat ? (rtl() ? [4, 0, 0, 4] : [0, 4, 4, 0]) : [4, 4, 0, 0] },
      }));
      return Object.assign(frame(data, write), axes(data, write, flat), { series: series });
    },
    stacked(data, write) {
      return kinds.bar(data, write, true);
    },
    donut(data, write) {
      const base = frame(data, write);
      const values = data.series[0].values;
      const sum = values.reduce((total, value) => total + value, 0);
      const share = new Intl.NumberFormat(root.lang, { style: "percent", maximumFractionDigits: 1, numberingSystem: data.digits || "latn" });
      base.tooltip.trigger = "item";
      base.tooltip.formatter = (found) => found.name + "\n" + write.full(found.value) + " · " + share.format(sum ? found.value / sum : 0);
      // Beside the ring there is room for words only on a wide screen; on a phone they stand below it.
      const phone = window.innerWidth < 576;
      const place = phone
        ? { orient: "horizontal", top: "auto", bottom: 0, left: "center", right: "auto" }
        : { orient: "vertical", top: "middle", left: rtl() ? 0 : "auto", right: rtl() ? "auto" : 0 };
      base.legend = Object.assign(base.legend, { show: true }, place);
      return Object.assign(base, { series: [{
        type: "pie", radius: phone ? ["42%", "62%"] : ["58%", "84%"],
        center: phone ? ["50%", "38%"] : [rtl() ? "68%" : "32%", "50%"], label: { show: false }, padAngle: 1.5,
        itemStyle: { borderRadius: 4 }, data: data.labels.map((name, at) => ({ name: name, value: values[at] })),
      }] });
    },
    funnel(data, write) {
      const base = frame(data, write);
      base.tooltip.trigger = "item";
      base.tooltip.formatter = (found) => found.name + "\n" + write.full(found.value);
      base.legend.show = false;
      return Object.assign(base, { series: [{
        type: "funnel", sort: "none", gap: 3, top: 8, bottom: 8, left: "4%", width: "92%", minSize: "28%",
        label: {
          position: "inside", color: token("--cxm-on-series"), lineHeight: 17,
          // On a phone the last step is narrower than its words and its figure beside each other.
          formatter: (found) => found.name + (window.innerWidth < 576 ? "\n" : "  ") + write.full(found.value),
        },
        itemStyle: { borderWidth: 0 }, data: data.labels.map((name, at) => ({ name: name, value: data.series[0].values[at] })),
      }] });
    },
    heat(data, write) {
      const base = frame(data, write);
      const cells = [];
      data.series.forEach((row, y) => row.values.forEach((value, x) => value === null || cells.push([x, y, value])));
      const top = Math.max(1, ...cells.map((cell) => cell[2]));
      base.tooltip.trigger = "item";
      base.tooltip.formatter = (found) => data.series[found.value[1]].name + " · " + data.labels[found.value[0]] + "\n" + write.full(found.value[2]);
      base.legend.show = false;
      base.grid.top = 8;
      const axis = (names, flat) => ({
        type: "category", data: names, inverse: flat ? true : rtl(), axisLine: { show: false }, axisTick: { show: false },
        axisLabel: { color: token("--cxm-muted") }, position: flat ? (rtl() ? "right" : "left") : "bottom",
      });
      return Object.assign(base, {
        xAxis: axis(data.labels, false), yAxis: axis(data.series.map((row) => row.name), true),
        visualMap: { show: false, min: 0, max: top, inRange: { color: [token("--cxm-heat-low"), token("--cxm-series-1")] } },
        series: [{ type: "heatmap", data: cells, itemStyle: { borderRadius: 3, borderWidth: 2, borderColor: token("--cxm-card") } }],
      });
    },
  };

  // The same figures as rows, for those who read rather than look; a page may bring a better table in the slot.
  function table(figure, data, write) {
    const place = figure.querySelector(".chart-table");
    if (!place || place.childElementCount) return;
    const grid = document.createElement("table");
    grid.className = "table table-sm data-table";
    const cell = function (row, kind, words) {
      const made = document.createElement(kind);
      made.textContent = words;
      if (kind === "th") made.scope = row.parentElement.tagName === "THEAD" ? "col" : "row";
      row.append(made);
    };
    const head = grid.createTHead().insertRow();
    cell(head, "td", "");
    data.series.forEach((found) => cell(head, "th", found.name));
    const rows = grid.createTBody();
    data.labels.forEach(function (name, at) {
      const row = rows.insertRow();
      cell(row, "th", name);
      data.series.forEach((found) => cell(row, "td", write.full(found.values[at])));
    });
    place.append(grid);
  }

  async function draw(figure) {
    const data = JSON.parse(document.getElementById(figure.dataset.chart).textContent);
    const write = writer(data);
    table(figure, data, write);
    const echarts = await load();
    const place = figure.querySelector(".chart-picture");
    if (drawn.has(place)) drawn.get(place).dispose();
    const chart = echarts.init(place, null, { renderer: "svg" });
    chart.setOption(kinds[data.kind](data, write));
    drawn.set(place, chart);
    figure.dataset.drawn = "yes";
  }

  const drawAll = (within) => within.querySelectorAll("[data-chart]").forEach(draw);
  drawAll(document);
  document.body.addEventListener("htmx:afterSettle", (event) => drawAll(event.detail.elt.parentElement || event.detail.elt));
  document.addEventListener("cxm:theme", () => drawAll(document));
  window.addEventListener("resize", function () {
    drawn.forEach(function (chart, place) {
      if (place.isConnected) chart.resize();
      else { chart.dispose(); drawn.delete(place); }
    });
  });
})();
