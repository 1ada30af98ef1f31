/* What the tests share: a small trained model, servers, and pages that note every error and every request to elsewhere. */
import assert from "node:assert/strict";
import {execFile, spawn} from "node:child_process";
import {mkdtempSync, readdirSync, rmSync, statSync} from "node:fs";
import {createRequire} from "node:module";
import {tmpdir} from "node:os";
import {basename, dirname, join} from "node:path";
import {promisify} from "node:util";
import {chromium} from "playwright-core";

const PROGRAM = process.env.LEUKVK_PROGRAM, DEVICE = process.env.LEUKVK_DEVICE ?? "cpu";
const AXE = createRequire(import.meta.url).resolve("axe-core/axe.min.js");
export const LOOKS = [{width: 1280, scheme: "light"}, {width: 1280, scheme: "dark"}, {width: 390, scheme: "light"}, {width: 390, scheme: "dark"}];
export const lookName = ({width, scheme}) => `${scheme}, ${width} pixels wide`;

/* ---- the program ---- */

/* What `leukvk WORD...` prints; `status` is the exit status that it must have. */
export async function leukvk(words, {status = 0, cwd = work.folder} = {}) {
    const done = await promisify(execFile)(PROGRAM, words, {cwd, maxBuffer: 1 << 26, timeout: 120000}).catch(error => error);
    assert.equal(done.code ?? 0, status, `leukvk ${words.join(" ")}: ${done.stderr}`);
    return {out: done.stdout, err: done.stderr};
}

/* The lines of CSV and the messages that `leukvk predict` gives for files of a folder. */
export async function predict(cwd, names, status = 0) {
    const {out, err} = await leukvk(["predict", "--model", join(work.folder, "run"), "--device", DEVICE, "--format", "csv", ...names], {status, cwd});
    return {csv: out, err};
}

/* A folder with 100 drawn cells and a run on them; servers and the browser end with it. `images`, and `cells` by their names: the
 * cells of one of its folders. */
export const work = {
    async begin() {
        assert.ok(PROGRAM, "LEUKVK_PROGRAM names the program to test");
        this.folder = mkdtempSync(join(tmpdir(), "leukvk browser "));
        this.servers = [];
        [this.browser] = await Promise.all([
            chromium.launch({executablePath: process.env.LEUKVK_CHROMIUM ?? "/usr/bin/chromium",
                args: ["--disable-dev-shm-usage", ...(process.getuid() === 0 ? ["--no-sandbox"] : [])]}),
            this.train(),
        ]);
    },
    async train() {
        await leukvk(["synth", "cells", "--images", "100", "--subjects", "16", "--size", "64", "-q"]);
        await leukvk(["train", "--data", "cells", "--out", "run", "--epochs", "1", "--image-size", "32", "--device", DEVICE, "-q"]);
        const all = filesBelow(join(this.folder, "cells")).filter(path => path.endsWith(".bmp")), folder = dirname(all[0]);
        this.images = all.filter(path => dirname(path) === folder);
        this.cells = {folder, names: this.images.map(path => basename(path))};
    },
    async end() {
        await this.browser?.close();
        await Promise.all(this.servers.map(server => server.stop()));
        rmSync(this.folder, {recursive: true, force: true});
    },
};

export function filesBelow(folder) {
    return readdirSync(folder).sort().flatMap(name => {
        const path = join(folder, name);
        return statSync(path).isDirectory() ? filesBelow(path) : [path];
    });
}

/* Starts `leukvk VERB WORD...` at a free port. */
export async function serve(verb, ...words) {
    const device = verb === "serve" ? ["--device", DEVICE, "--batch", "32"] : []; // the bits of predict
    const child = spawn(PROGRAM, [verb, ...words, ...device, "--port", "0"], {cwd: work.folder, stdio: ["ignore", "pipe", "pipe"]});
    const ended = new Promise(resolve => child.once("close", resolve));
    let said = "", errors = "";
    child.stderr.on("data", data => errors += data);
    const url = await new Promise((resolve, reject) => {
        child.stdout.on("data", data => /^http:\S+\n/.test(said += data) && resolve(said.trim()));
        child.once("close", status => reject(new Error(`leukvk ${verb} ended with ${status}: ${errors}`)));
    });
    const server = {url, async stop() {
        child.kill();
        assert.equal(await ended, 0, errors);
    }};
    work.servers.push(server);
    return server;
}

/* ---- pages ---- */

/* Opens a page and closes it after the test, which fails if the page wrote an error to the console, threw one, overflowed its width,
 * or asked for anything that is not below its own address. `errors`: errors on the console that belong to the test. */
export async function open(test, url, {width = 1280, scheme = "light", errors = null, script = true} = {}) {
    const context = await work.browser.newContext({viewport: {width, height: width < 800 ? 844 : 900}, colorScheme: scheme,
        javaScriptEnabled: script, reducedMotion: "reduce", acceptDownloads: true, serviceWorkers: "block"});
    context.setDefaultTimeout(30000);
    const own = url.startsWith("file:") ? url : new URL(url).origin + "/", faults = [];
    await context.route(() => true, route => {
        const asked = route.request().url();
        if (asked.startsWith(own) || /^(data|blob):/.test(asked))
            return route.continue();
        faults.push(`asks for ${asked}`);
        return route.abort();
    });
    await context.routeWebSocket(() => true, socket => faults.push(`opens ${socket.url()}`));
    await context.addInitScript({path: AXE});
    const page = await context.newPage();
    page.on("console", message => {
        if (["error", "warning"].includes(message.type()) && !errors?.test(message.text()))
            faults.push(`console: ${message.text()}`);
    });
    page.on("filechooser", () => {}); // from now on Chromium tells of choosers instead of opening them
    page.on("pageerror", error => faults.push(`throws: ${error.stack}`));
    test.after(async () => {
        const wide = await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
        await context.close();
        assert.deepEqual(faults, []);
        assert.ok(wide <= 0, `the page is ${wide} pixels wider than the window`);
    });
    await page.goto(url);
    return page;
}

/* All that axe-core finds, its recommendations included. */
export async function checkAccess(page, state) {
    const found = await page.evaluate(async () => {
        const {violations} = await globalThis.axe.run(document, {resultTypes: ["violations"]});
        return violations.map(({id, help, nodes}) => `${id} (${help}): ${nodes.map(node => `${node.target} ${node.failureSummary}`).join("; ")}`);
    });
    assert.deepEqual(found, [], state);
}

/* Presses Tab until the element of this selector has the focus; each element on the way must show that it has it. */
export async function tabTo(page, selector, key = "Tab") {
    for (let i = 0; i < 200; ++i) {
        await page.keyboard.press(key);
        const at = await page.evaluate(wanted => {
            const element = document.activeElement, style = getComputedStyle(element);
            return {there: element.matches(wanted), seen: style.outlineStyle !== "none" && parseFloat(style.outlineWidth) >= 2 || element === document.body,
                what: element.outerHTML.slice(0, 120)};
        }, selector);
        assert.ok(at.seen, `no outline around the focus: ${at.what}`);
        if (at.there)
            return;
    }
    assert.fail(`Tab does not lead to ${selector}`);
}
