"use strict";
/* The page of `leukvk watch`: asks for the run's numbers again and again, and draws them. */

const EVERY = 2000; // milliseconds
const SVG = "http://www.w3.org/2000/svg";
const WIDTH = 480, HEIGHT = 260, LEFT = 52, RIGHT = 12, TOP = 10, BOTTOM = 42;
/* Okabe and Ito's colours, those that can be told from white and from black. */
const COLOURS = ["#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#56b4e9"];
const PANELS = [
    {name: "Loss", unit: "cross-entropy, nats", curves: {train_loss: "training", val_loss: "validation"}, least: 0},
    {name: "Accuracy", unit: "share of images", curves: {train_accuracy: "training", val_accuracy: "validation"}, range: [0, 1]},
    {name: "AUC", unit: "area under the ROC curve", curves: {val_auc: "validation"}, range: [0, 1]},
    {name: "Weighted F1", unit: "score", curves: {val_f1_weighted: "validation"}, range: [0, 1]},
];
const byId = id => document.getElementById(id);
let token = "", paused = false, last = "", next = 0;

function element(name, properties = {}, ...children) {
    const made = document.createElement(name);
    Object.assign(made, properties);
    made.append(...children);
    return made;
}

function drawn(name, attributes = {}, text = "") {
    const made = document.createElementNS(SVG, name);
    for (const [key, value] of Object.entries(attributes))
        made.setAttribute(key, value);
    made.textContent = text;
    return made;
}

const colourOf = index => COLOURS[index % COLOURS.length];
const runName = run => run.name || "the run";

/* Points [epoch, value] of a column; epochs without a value are left out. */
function points(run, column) {
    const at = run.columns.indexOf(column), epoch = run.columns.indexOf("epoch");
    return at < 0 || epoch < 0 ? [] : run.rows.map(row => [row[epoch], row[at]]).filter(([x, y]) => x !== null && y !== null);
}

/* Round steps that cut the range into about `count` parts. */
function ticks(low, high, count) {
    const raw = (high - low) / count || 1, power = 10 ** Math.floor(Math.log10(raw));
    const step = power * [1, 2, 5, 10].find(factor => factor * power >= raw * 0.999);
    const found = [];
    for (let i = Math.ceil(low / step - 1e-9); i * step <= high + step * 1e-9; ++i)
        found.push(Number((i * step).toPrecision(6)));
    return found;
}

function drawAxes(svg, panel, x, y, xRange, yRange) {
    for (const value of ticks(...yRange, 5)) {
        svg.append(drawn("line", {class: "axis", x1: LEFT, x2: WIDTH - RIGHT, y1: y(value), y2: y(value)}));
        svg.append(drawn("text", {x: LEFT - 6, y: y(value) + 5, "text-anchor": "end"}, String(value)));
    }
    for (const value of ticks(...xRange, 6).filter(Number.isInteger))
        svg.append(drawn("text", {x: x(value), y: HEIGHT - BOTTOM + 18, "text-anchor": "middle"}, String(value)));
    svg.append(drawn("text", {x: (LEFT + WIDTH - RIGHT) / 2, y: HEIGHT - 4, "text-anchor": "middle"}, "epoch"));
}

function drawPanel(panel, runs) {
    const curves = runs.flatMap((run, i) => Object.entries(panel.curves)
        .map(([column, part]) => ({run, colour: colourOf(i), part, points: points(run, column)}))).filter(curve => curve.points.length);
    if (curves.length === 0)
        return null;
    const xs = curves.flatMap(curve => curve.points.map(point => point[0])), ys = curves.flatMap(curve => curve.points.map(point => point[1]));
    const xRange = [1, Math.max(2, ...xs, ...runs.map(run => run.finished ? 0 : run.epochs))];
    const yRange = panel.range ?? [Math.min(panel.least ?? Infinity, ...ys), Math.max(...ys) * 1.05 || 1];
    const x = value => LEFT + (value - xRange[0]) / (xRange[1] - xRange[0]) * (WIDTH - LEFT - RIGHT);
    const y = value => HEIGHT - BOTTOM - (value - yRange[0]) / (yRange[1] - yRange[0]) * (HEIGHT - TOP - BOTTOM);
    const summary = curves.map(({run, part, points: all}) => `${runName(run)}, ${part}: ${all.at(-1)[1].toPrecision(4)} after epoch ${all.at(-1)[0]}`);
    const svg = drawn("svg", {class: "curves", viewBox: `0 0 ${WIDTH} ${HEIGHT}`, role: "img", "aria-label": `${panel.name} by epoch. ${summary.join("; ")}`});
    drawAxes(svg, panel, x, y, xRange, yRange);
    for (const {colour, part, points: all} of curves) {
        const style = {stroke: colour, "stroke-dasharray": part === "training" ? "5 4" : "none"};
        svg.append(drawn("polyline", {class: "curve", points: all.map(([a, b]) => `${x(a)},${y(b)}`).join(" "), ...style}));
        const [a, b] = all.at(-1);
        svg.append(drawn("circle", {cx: x(a), cy: y(b), r: 3.5, fill: colour}));
    }
    return element("figure", {}, element("figcaption", {textContent: `${panel.name} (${panel.unit})`}), svg);
}

function key(colour, dash, text) {
    const svg = drawn("svg", {viewBox: "0 0 36 12", "aria-hidden": "true"});
    svg.append(drawn("line", {x1: 0, x2: 36, y1: 6, y2: 6, stroke: colour, "stroke-width": 3, "stroke-dasharray": dash}));
    return element("li", {}, svg, text);
}

function showLegend(runs) {
    const lines = [key("currentColor", "none", "validation"), key("currentColor", "5 4", "training")];
    if (runs.length > 1)
        lines.push(...runs.map((run, i) => key(colourOf(i), "none", runName(run))));
    byId("legend").replaceChildren(...lines);
}

function lastOf(run, name) {
    const at = run.columns.indexOf(name);
    return at < 0 ? null : run.rows.at(-1)?.[at] ?? null;
}

function showTable(runs) {
    const all = runs.find(run => run.columns.length)?.columns ?? [];
    const columns = all.filter(name => runs.some(run => lastOf(run, name) !== null));
    byId("last-head").replaceChildren(element("th", {scope: "col", textContent: "run"}),
        ...columns.map(name => element("th", {scope: "col", className: "number", textContent: name})));
    byId("last-rows").replaceChildren(...runs.filter(run => run.rows.length).map(run => element("tr", {},
        element("th", {scope: "row", className: "name", textContent: runName(run)}),
        ...columns.map(name => lastOf(run, name)).map(value => element("td", {className: "number", textContent: value === null ? "–" : Number(value.toPrecision(4))})))));
}

function tell(runs) {
    const going = runs.filter(run => !run.finished);
    const epoch = run => `${runName(run)}: epoch ${run.rows.length} of ${run.epochs || "?"}`;
    return runs.length === 0 ? "The run has not begun." : going.length === 0 ? "The training is finished."
        : going.map(epoch).slice(0, 6).join("; ") + (going.length > 6 ? ` and ${going.length - 6} more` : "");
}

function show(answer) {
    byId("folder").textContent = answer.folder;
    if (byId("status").textContent !== tell(answer.runs))
        byId("status").textContent = tell(answer.runs);
    showLegend(answer.runs);
    byId("panels").replaceChildren(...PANELS.map(panel => drawPanel(panel, answer.runs)).filter(panel => panel));
    showTable(answer.runs);
}

async function look() {
    try {
        const answer = await fetch("/v1/run", {headers: token ? {Authorization: `Bearer ${token}`} : {}});
        byId("token-form").hidden = answer.status !== 401;
        if (!answer.ok)
            throw new Error(answer.status === 401 ? "it asks for a token" : `it answered ${answer.status}`);
        const text = await answer.text();
        if (paused)
            return;
        if (text !== last)
            show(JSON.parse(text));
        last = text;
    } catch (error) {
        byId("status").textContent = `No news from the server: ${error.message}`;
        last = "";
    }
    clearTimeout(next); // one turn at a time, also where "Go on" has begun another
    if (!paused)
        next = setTimeout(look, EVERY);
}

byId("pause").addEventListener("click", () => {
    paused = !paused;
    byId("pause").textContent = paused ? "Go on" : "Pause";
    clearTimeout(next);
    if (!paused)
        look();
});
byId("token-form").addEventListener("submit", event => {
    event.preventDefault();
    token = byId("token").value.trim();
});
look();
