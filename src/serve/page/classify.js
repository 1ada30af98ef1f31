"use strict";
/* The page of `leukvk serve`: sends images in small groups to /v1/predict and shows what comes back. All text from outside
 * is set as text, never as HTML. */

const GROUP = 16; // images of a request
const byId = id => document.getElementById(id);
const state = {model: null, token: "", lines: [], queue: [], running: false, stopped: null, done: 0, all: 0};

function element(name, properties = {}, ...children) {
    const made = document.createElement(name);
    for (const [key, value] of Object.entries(properties))
        if (key in made)
            made[key] = value;
        else
            made.setAttribute(key, value);
    made.append(...children);
    return made;
}

class Refusal extends Error {
    constructor(status, answer) {
        super(answer?.error?.message ?? `the server answered ${status}`);
        this.status = status;
        this.images = answer?.images;
    }
}

async function ask(path, options = {}) {
    const headers = new Headers(options.headers);
    if (state.token)
        headers.set("Authorization", `Bearer ${state.token}`);
    const answer = await fetch(path, {...options, headers});
    const content = await answer.json().catch(() => null);
    if (!answer.ok)
        throw new Refusal(answer.status, content);
    return content;
}

/* ---- the model ---- */

function showModel(model) {
    state.model = model;
    byId("model-line").textContent = `${model.name}: ${model.classes.join(", ")}`;
    byId("probability-heading").textContent = model.positive_class ? `Probability of ${model.positive_class}` : "Probability";
    byId("microns-label").hidden = !model.microns_per_pixel;
    byId("microns-note").textContent = model.microns_per_pixel
        ? `The model was trained at ${model.microns_per_pixel} microns per pixel; images of another scale need theirs here.` : "";
    byId("explain-label").hidden = !model.explains;
    const facts = {
        "Name": model.name, "Network": `${model.architecture}, ${model.parameters.toLocaleString("en")} parameters` +
            (model.members > 1 ? `, ${model.members} models` : ""),
        "Classes": model.classes.join(", "),
        "Positive class": model.positive_class && `${model.positive_class}, where the probability is above ${model.threshold}`,
        "Input": `${model.input.crop}, ${model.input.width} × ${model.input.height} pixels`,
        "Scale": model.microns_per_pixel ? `${model.microns_per_pixel} µm per pixel` : "not known",
        "Expected": model.estimate ?? "no estimate is stored with the model",
        "Digest": model.digest, "Device": model.device, "Program": `leukvk ${model.version}`,
    };
    byId("model").replaceChildren(...Object.entries(facts).filter(([, value]) => value)
        .flatMap(([name, value]) => [element("dt", {textContent: name}), element("dd", {textContent: value})]));
}

async function loadModel() {
    try {
        showModel(await ask("/v1/model"));
        byId("token-form").hidden = true;
        byId("token-error").textContent = "";
        return true;
    } catch (error) {
        if (error.status === 401) {
            byId("token-error").textContent = state.token ? "This token is not the server's." : "";
            byId("token-form").hidden = false;
            byId("model-line").textContent = "The server asks for a token.";
            byId("token").focus();
        } else {
            byId("model-line").textContent = `The server does not answer: ${error.message}`;
        }
        return false;
    }
}

/* ---- the files ---- */

const isImage = name => /\.(bmp|jpe?g|png|tiff?|webp)$/i.test(name);

async function filesOfEntry(entry, path) {
    if (entry.isFile) {
        const file = await new Promise((resolve, reject) => entry.file(resolve, reject));
        return [{file, name: path + file.name, chosen: path === ""}];
    }
    const reader = entry.createReader(), found = [];
    for (;;) { // gives a part of the entries at a time
        const part = await new Promise((resolve, reject) => reader.readEntries(resolve, reject));
        if (part.length === 0)
            break;
        for (const child of part)
            found.push(...await filesOfEntry(child, `${path}${entry.name}/`));
    }
    return found;
}

async function filesOfDrop(transfer) {
    const entries = [...transfer.items].map(item => item.webkitGetAsEntry?.()).filter(entry => entry);
    if (entries.length === 0)
        return [...transfer.files].map(file => ({file, name: file.name, chosen: true}));
    return (await Promise.all(entries.map(entry => filesOfEntry(entry, "")))).flat();
}

/* A file that is named itself is sent whatever its name is, as `leukvk predict` does; of a folder, those named as images. */
function add(files) {
    const wanted = files.filter(({name, chosen}) => chosen || isImage(name) && !/(^|\/)\./.test(name));
    wanted.sort((a, b) => a.name < b.name ? -1 : a.name > b.name ? 1 : 0);
    if (wanted.length === 0) {
        say("No image among the files.");
        return;
    }
    state.queue.push(...wanted);
    state.all += wanted.length;
    run();
}

/* ---- asking ---- */

function say(text) {
    byId("status").textContent = text;
}

function showProgress() {
    const refused = state.lines.filter(line => line.refused).length;
    byId("progress").hidden = byId("stop").hidden = !state.running;
    byId("progress").value = state.all ? state.done / state.all : 0;
    byId("download").disabled = !state.lines.some(line => line.csv);
    byId("clear").disabled = state.running || state.lines.length === 0;
    if (state.lines.length || state.running)
        say(`${state.done} of ${state.all} images` + (refused ? `, ${refused} refused` : "") + (state.running ? " …" : "."));
}

function nextGroup() {
    const group = [];
    let bytes = 0;
    while (state.queue.length && group.length < Math.min(GROUP, state.model.limits.images)) {
        const size = state.queue[0].file.size + 1024;
        if (group.length && bytes + size > state.model.limits.body_bytes / 2)
            break;
        bytes += size;
        group.push(state.queue.shift());
    }
    return group;
}

function query() {
    const microns = byId("microns").value.trim().replace(",", ".");
    return microns ? `?microns_per_pixel=${encodeURIComponent(microns)}` : "";
}

/* The answers for a group, in its order; a failure of the whole request becomes each image's. */
async function predict(group, signal) {
    const form = new FormData();
    for (const {file, name} of group)
        form.append("image", file, name);
    for (let attempt = 0; ; ++attempt) {
        try {
            return (await ask(`/v1/predict${query()}`, {method: "POST", body: form, signal})).images;
        } catch (error) {
            if (error.status === 503 && attempt < 20) {
                await new Promise(resolve => setTimeout(resolve, 500));
                continue;
            }
            if (error.name === "AbortError" || error.status === 401)
                throw error;
            return error.images ?? group.map(({name}) => ({name, error: {message: error.message}}));
        }
    }
}

async function run() {
    if (state.running || (!state.model && !await loadModel()))
        return;
    state.running = true;
    state.stopped = new AbortController();
    showProgress();
    while (state.queue.length) {
        const group = nextGroup();
        try {
            const answers = await predict(group, state.stopped.signal);
            answers.forEach((answer, i) => showLine(group[i], answer));
        } catch (error) {
            state.queue.unshift(...group);
            if (error.status === 401) {
                await loadModel();
            } else { // stopped by the user
                state.all -= state.queue.length;
                state.queue = [];
            }
            break;
        }
        state.done += group.length;
        showProgress();
    }
    state.running = false;
    showProgress();
}

/* ---- the table ---- */

function noPicture(text) {
    return element("span", {className: "picture none", textContent: text});
}

function thumbnail(file, name) {
    const picture = element("img", {alt: `picture ${name}`, loading: "lazy", src: URL.createObjectURL(file)});
    picture.addEventListener("error", () => {
        picture.closest("button")?.setAttribute("aria-label", `enlarge ${name}: no preview`);
        picture.replaceWith(noPicture("no preview"));
    });
    return picture;
}

function percent(p) {
    return p > 0 && p < 0.0005 ? "<\u00a00.1\u00a0%" : p < 1 && p > 0.9995 ? ">\u00a099.9\u00a0%" : `${(100 * p).toFixed(1)}\u00a0%`;
}

function probabilityCell(answer) {
    const shown = state.model.positive_class ?? answer.class;
    const p = answer.probabilities[shown];
    const all = Object.entries(answer.probabilities).map(([name, value]) => `${name} ${percent(value)}`).join(", ");
    return element("td", {className: "number", title: all, "data-name": `Probability of ${shown}`}, percent(p),
        element("meter", {min: 0, max: 1, value: p, "aria-label": `probability of ${shown}`}));
}

function showLine({file, name}, answer) {
    const refused = Boolean(answer.error);
    const line = {refused, csv: answer.csv, name};
    const picture = element("div", {className: "pictures"});
    const open = element("button", {type: "button", "aria-label": `enlarge ${name}`}, thumbnail(file, name));
    open.addEventListener("click", () => enlarge(file, name, answer, line));
    picture.append(open);
    const note = refused ? answer.error.message
        : answer.unlike ? `unlike what the model has seen, by its ${answer.unlike_by}` : "";
    const cells = [element("td", {}, picture), element("th", {scope: "row", className: "name", textContent: name})];
    if (refused)
        cells.push(element("td", {colSpan: 3, textContent: "refused"}));
    else
        cells.push(element("td", {textContent: answer.class, "data-name": "Class"}), probabilityCell(answer),
            element("td", {className: "number", "data-name": "Novelty", textContent: answer.novelty?.toFixed(2) ?? "–"}));
    cells.push(element("td", {className: note ? "alert" : "", textContent: note}));
    byId("rows").append(element("tr", {className: refused ? "refused" : ""}, ...cells));
    byId("results-region").hidden = false;
    byId("novelty-note").hidden = !state.model.knows_novelty;
    state.lines.push(line);
    if (!refused && state.model.explains && byId("explain").checked)
        explain(file, name, picture, line, cells.at(-1));
}

function figure(picture, text) {
    return element("figure", {}, picture, element("figcaption", {textContent: text}));
}

function enlarge(file, name, answer, line) {
    byId("large-name").textContent = name;
    byId("large-pictures").replaceChildren(figure(thumbnail(file, name), "the image"));
    if (line.overlay)
        byId("large-pictures").append(figure(element("img", {alt: `heat map of ${name}`, src: line.overlay}), "what the model looked at"));
    byId("large-text").textContent = answer.error ? answer.error.message
        : Object.entries(answer.probabilities).map(([label, p]) => `${label} ${percent(p)}`).join(", ") +
          (line.heatText ? `. ${line.heatText}` : "");
    byId("large").showModal();
}

/* ---- heat maps ---- */

async function explain(file, name, place, line, note) {
    const waiting = noPicture("heat map …");
    place.append(waiting);
    try {
        const answer = await ask(`/v1/explain${query()}`, {method: "POST", body: file,
            headers: {"Content-Type": "application/octet-stream"}});
        line.overlay = answer.overlay;
        line.heatText = answer.note;
        if (answer.astray)
            note.append(element("p", {className: "alert", textContent: "the model looks beside the cell"}));
        waiting.replaceWith(element("img", {alt: `heat map of ${name}: ${answer.note ?? ""}`, src: answer.overlay}));
    } catch (error) {
        waiting.textContent = "no heat map";
        waiting.title = error.message;
    }
}

/* ---- the controls ---- */

function download() {
    const text = [state.model.csv_header, ...state.lines.filter(line => line.csv).map(line => line.csv)].join("\n") + "\n";
    const link = element("a", {href: URL.createObjectURL(new Blob([text], {type: "text/csv"})), download: "predictions.csv"});
    link.click();
    setTimeout(() => URL.revokeObjectURL(link.href), 10000);
}

function clear() {
    for (const picture of byId("rows").querySelectorAll("img"))
        if (picture.src.startsWith("blob:"))
            URL.revokeObjectURL(picture.src);
    byId("rows").replaceChildren();
    byId("results-region").hidden = byId("novelty-note").hidden = true;
    Object.assign(state, {lines: [], done: 0, all: 0});
    showProgress();
    say("No image yet.");
    byId("choose-files").focus();
}

function listenToFiles(input, button, named) {
    button.addEventListener("click", () => input.click());
    input.addEventListener("change", () => {
        add([...input.files].map(file => ({file, name: file.webkitRelativePath || file.name, chosen: named})));
        input.value = "";
    });
}

function listenToDrops() {
    const drop = byId("drop");
    for (const name of ["dragenter", "dragover"])
        document.addEventListener(name, event => {
            event.preventDefault();
            drop.classList.add("over");
        });
    document.addEventListener("dragleave", event => {
        if (!event.relatedTarget)
            drop.classList.remove("over");
    });
    document.addEventListener("drop", async event => {
        event.preventDefault();
        drop.classList.remove("over");
        try {
            add(await filesOfDrop(event.dataTransfer));
        } catch (error) {
            say(`The dropped files cannot be read: ${error.message}`);
        }
    });
}

byId("token-form").addEventListener("submit", async event => {
    event.preventDefault();
    state.token = byId("token").value.trim();
    if (await loadModel()) {
        byId("token").value = "";
        byId("choose-files").focus();
        if (state.queue.length)
            run();
    }
});
listenToFiles(byId("files"), byId("choose-files"), true);
listenToFiles(byId("folder"), byId("choose-folder"), false);
listenToDrops();
byId("download").addEventListener("click", download);
byId("clear").addEventListener("click", clear);
byId("stop").addEventListener("click", () => state.stopped.abort());
loadModel();
