/* The controls of a report: what moves over the figures and tables, which are whole without it. D3 (selection, array) is in
 * the page. */
"use strict";
(() => {
const data = JSON.parse(document.getElementById("report-data").textContent);
const number = (value, decimals = 3) => Number.isFinite(value) ? value.toFixed(decimals) : "n/a";
const show = (id, text) => d3.select(document.getElementById(id)).text(text);

/* Where a value of a figure's axes is in its drawing. */
function plotOf(svg) {
  const [left, top, width, height, x0, x1, y0, y1] = svg.dataset.plot.split(" ").map(Number);
  return {left, top, width, height, x: v => left + (v - x0) / (x1 - x0) * width, y: v => top + height - (v - y0) / (y1 - y0) * height,
    value: px => x0 + (px - left) / width * (x1 - x0)};
}

/* ---- threshold and prevalence ---- */

function setCell(id, value, low, high) {
  const cell = d3.select("#" + id + " td").text(number(value));
  if (low !== null && high !== null && Number.isFinite(low) && !Number.isNaN(high))
    cell.text(number(value) + " ").append("span").attr("class", "interval").text(number(low) + " to " + number(high));
}

/* A predictive value is a monotone function of its likelihood ratio, so the ends of an interval carry over. */
function positiveValue(ratio, prevalence) {
  if (ratio === null || Number.isNaN(ratio)) return NaN;
  return prevalence === 0 ? 0 : prevalence === 1 ? 1 : ratio === 0 ? 0 : 1 / (1 + (1 - prevalence) / prevalence / ratio);
}
function negativeValue(ratio, prevalence) {
  if (ratio === null || Number.isNaN(ratio)) return NaN;
  return prevalence === 0 ? 1 : prevalence === 1 ? 0 : 1 / (1 + prevalence / (1 - prevalence) * ratio);
}

function setMatrix(counts) {
  for (let label = 0; label < 2; ++label) {
    const whole = counts[label][0] + counts[label][1];
    for (let called = 0; called < 2; ++called) {
      const share = whole ? counts[label][called] / whole : 0;
      const cell = d3.select(`#matrix-${label}-${called}`).style("--share", Math.floor(share * 60) + "%");
      cell.select("b").text(counts[label][called]);
      cell.select(".interval").text(Math.round(100 * share) + " %");
    }
  }
}

function mark(id, x, y, told) {
  const svg = document.getElementById("chart-" + id);
  if (!svg || !Number.isFinite(x) || !Number.isFinite(y)) return;
  const plot = plotOf(svg);
  let dot = d3.select(svg).select("circle.point");
  if (dot.empty())
    dot = d3.select(svg).append("circle").attr("class", "point").attr("r", 6).attr("fill", "none").attr("stroke", "currentColor")
      .attr("stroke-width", 2.5);
  dot.attr("cx", plot.x(x)).attr("cy", plot.y(y));
  dot.selectAll("title").data([told]).join("title").text(t => t);
}

function update() {
  const i = Number(document.getElementById("threshold").value), threshold = i / 100;
  const prevalence = Number(document.getElementById("prevalence").value) / 1000;
  const tp = data.tp[i], fp = data.fp[i], fn = data.positives - tp, tn = data.negatives - fp;
  const sensitivity = tp / data.positives, specificity = tn / data.negatives;
  show("threshold-value", threshold.toFixed(2));
  show("prevalence-value", prevalence.toFixed(3));
  document.getElementById("threshold").setAttribute("aria-valuetext", threshold.toFixed(2));
  document.getElementById("prevalence").setAttribute("aria-valuetext", (100 * prevalence).toFixed(1) + " %");
  show("point-threshold", threshold.toFixed(2));
  show("matrix-threshold", threshold.toFixed(2));
  show("point-prevalence", prevalence.toFixed(3));
  setMatrix([[tn, fp], [fn, tp]]);
  setCell("value-sensitivity", sensitivity, ...data.sensitivity[i]);
  setCell("value-specificity", specificity, ...data.specificity[i]);
  const [pLow, pHigh] = data.ratioPositive[i], [nLow, nHigh] = data.ratioNegative[i];
  const known = tp + fp > 0, knownNegative = tn + fn > 0;
  setCell("value-ppv", known ? positiveValue(sensitivity / (1 - specificity), prevalence) : NaN,
    pLow === null ? null : positiveValue(pLow, prevalence), pHigh === null ? null : positiveValue(pHigh, prevalence));
  setCell("value-npv", knownNegative ? negativeValue((1 - sensitivity) / specificity, prevalence) : NaN,
    nHigh === null ? null : negativeValue(nHigh, prevalence), nLow === null ? null : negativeValue(nLow, prevalence));
  const told = "threshold " + threshold.toFixed(2);
  mark("roc", 1 - specificity, sensitivity, told);
  mark("precision-recall", sensitivity, known ? tp / (tp + fp) : NaN, told);
  mark("decision", threshold, (tp - fp * threshold / (1 - threshold)) / (data.positives + data.negatives), told);
}

function begin() {
  const sliders = document.getElementById("sliders");
  if (!sliders) return;
  const prevalence = document.getElementById("prevalence").value;
  sliders.hidden = false;
  d3.selectAll("#threshold, #prevalence").on("input", update);
  d3.select("#reset").on("click", () => {
    document.getElementById("threshold").value = 50;
    document.getElementById("prevalence").value = prevalence;
    update();
  });
  update();
}

/* ---- values of the lines under the pointer ---- */

function follow(svg) {
  const lines = Array.from(svg.querySelectorAll("path[data-name]"), path => ({name: path.dataset.name,
    x: path.dataset.x.split(" ").map(Number), y: path.dataset.y.split(" ").map(Number)}));
  if (!lines.length) return;
  const plot = plotOf(svg), tip = d3.select(svg.parentNode).append("div").attr("class", "tip").attr("hidden", "");
  d3.select(svg).on("mousemove", given => { /* D3 6 and later give it, earlier ones keep it */
    const box = svg.getBoundingClientRect(), scale = svg.viewBox.baseVal.width / box.width;
    const event = given instanceof Event ? given : d3.event, px = (event.clientX - box.left) * scale, at = plot.value(px);
    if (px < plot.left || px > plot.left + plot.width) return void tip.attr("hidden", "");
    const said = lines.slice(0, 6).map(line => {
      const i = d3.bisectCenter(line.x, at);
      return line.name + ": " + number(line.y[i]);
    });
    tip.attr("hidden", null).style("top", "0").style(px < plot.left + plot.width / 2 ? "left" : "right",
      px < plot.left + plot.width / 2 ? (px / scale + 12) + "px" : (box.width - px / scale + 12) + "px")
      .style(px < plot.left + plot.width / 2 ? "right" : "left", "auto").text("");
    tip.append("div").text("at " + number(at, 2));
    for (const line of said) tip.append("div").text(line);
  }).on("mouseleave", () => tip.attr("hidden", ""));
}

begin();
for (const svg of document.querySelectorAll("svg[data-plot]")) follow(svg);
/* All is printed, also what is folded. */
let closed = [];
window.addEventListener("beforeprint", () => {
  closed = Array.from(document.querySelectorAll("details:not([open])"));
  for (const details of closed) details.open = true;
});
window.addEventListener("afterprint", () => { for (const details of closed) details.open = false; });
})();
