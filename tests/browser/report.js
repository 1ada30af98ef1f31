/* The page of `leukvk report`: of a cross-validation, whose predictions are of many people. */
import assert from "node:assert/strict";
import {join} from "node:path";
import {before, describe, it} from "node:test";
import {pathToFileURL} from "node:url";
import {checkAccess, leukvk, LOOKS, lookName, open, tabTo, work} from "./support.js";

const SCORES = {"value-sensitivity": "sensitivity", "value-specificity": "specificity", "value-ppv": "positive_predictive_value",
    "value-npv": "negative_predictive_value"};

/* The numbers of a cell as "0.488 0.064 to 0.865"; null for n/a. */
const numbersOf = text => text.match(/-?\d+(\.\d+)?|n\/a/g).map(word => word === "n/a" ? null : Number(word));

/* Asserts that a number with three decimals is `wanted`, or that both are missing. */
function near(shown, wanted, what) {
    assert.ok(shown === null && wanted === null || Math.abs(shown - wanted) <= 0.000501, `${what}: the page shows ${shown}, eval ${wanted}`);
}

/* What the page shows at its threshold must be what `leukvk eval` says of the same predictions. */
async function compare(page, folder, threshold, prevalence) {
    const words = ["eval", "--from", join(folder, "predictions.csv"), "--threshold", threshold.toFixed(2), "--json", "-q"];
    const all = JSON.parse((await leukvk(words)).out), at = JSON.parse((await leukvk([...words, "--prevalence", String(prevalence)])).out);
    const matrix = await page.evaluate(() => ["0-0", "0-1", "1-0", "1-1"].map(cell => document.querySelector(`#matrix-${cell} b`).textContent));
    assert.deepEqual(matrix.map(Number), [all.true_negatives, all.false_positives, all.false_negatives, all.true_positives]);
    for (const [id, name] of Object.entries(SCORES)) {
        const [value, low = null, high = null] = numbersOf(await page.locator(`#${id} td`).textContent());
        near(value, at[name] ?? null, `${name} at ${threshold}`);
        if (/^(sens|spec)/.test(name))
            [low, high].forEach((end, i) => near(end, all[`${name}_95`][i], `${name}_95 at ${threshold}`));
    }
    return all;
}

describe("the page of leukvk report", () => {
    let folder, url;
    before(async () => {
        await leukvk(["cv", "--data", "cells", "--folds", "2", "--epochs", "2", "--image-size", "32", "--out", "cv", "-q"]);
        await leukvk(["report", "cv"]);
        folder = join(work.folder, "cv");
        url = pathToFileURL(join(folder, "report.html")).href;
    });

    it("moves the table and the matrix with the threshold as eval does", async t => {
        const page = await open(t, url), before = await page.locator("#matrix-1-1 b").textContent(), seen = new Set();
        await page.locator("#prevalence").fill("200");
        for (const percent of [0, 13, 50, 65, 78, 91, 100]) {
            await page.locator("#threshold").fill(String(percent));
            assert.equal(await page.locator("#threshold-value").textContent(), (percent / 100).toFixed(2));
            const {true_positives} = await compare(page, folder, percent / 100, 0.2);
            seen.add(true_positives);
        }
        assert.ok(seen.size >= 3, "the thresholds differ in what they call positive");
        await page.locator("#reset").click();
        assert.equal(await page.locator("#threshold-value").textContent(), "0.50");
        assert.equal(await page.locator("#matrix-1-1 b").textContent(), before);
    });

    it("shows slider and confusion matrix together on a phone", async t => {
        const page = await open(t, url, {width: 390, scheme: "light"});
        await page.setViewportSize({width: 390, height: 844});
        await page.evaluate(() => document.getElementById("sliders").scrollIntoView({block: "start", behavior: "instant"}));
        for (const name of ["#threshold", "#prevalence", "#matrix"]) {
            const box = await page.locator(name).boundingBox();
            assert.ok(box.y >= 0 && box.y + box.height <= 844, `${name} lies from ${box.y} to ${box.y + box.height}`);
        }
    });

    it("shows all baselines of the scores on a phone", async t => {
        const page = await open(t, url, {width: 390, scheme: "light"});
        const [inner, outer] = await page.evaluate(() => {
            const table = document.querySelector("#scores table");
            return [table.scrollWidth, table.parentElement.clientWidth];
        });
        assert.ok(inner <= outer, `the table is ${inner} pixels wide, its place ${outer}`);
    });

    it("marks the threshold in the curves", async t => {
        const page = await open(t, url), places = [];
        for (const percent of ["20", "80"]) {
            await page.locator("#threshold").fill(percent);
            places.push(await page.locator("#chart-decision circle.point").getAttribute("cx"));
        }
        assert.ok(Number(places[0]) < Number(places[1]));
    });

    it("is used by keyboard alone", async t => {
        const page = await open(t, url), shown = () => page.locator("#threshold-value").textContent();
        await tabTo(page, "#threshold");
        await page.keyboard.press("ArrowRight");
        assert.equal(await shown(), "0.51");
        await page.keyboard.press("End");
        assert.equal(await shown(), "1.00");
        assert.equal(await page.locator("#threshold").getAttribute("aria-valuetext"), "1.00");
        await page.keyboard.press("Home");
        for (let i = 0; i < 65; ++i)
            await page.keyboard.press("ArrowRight");
        await compare(page, folder, 0.65, Number(await page.locator("#prevalence-value").textContent()));
        await tabTo(page, "#prevalence");
        await page.keyboard.press("Home");
        assert.equal(await page.locator("#prevalence-value").textContent(), "0.000");
        await tabTo(page, "#reset");
        await page.keyboard.press("Enter");
        assert.equal(await shown(), "0.50");
        await tabTo(page, "#operating summary");
        await page.keyboard.press("Enter");
        assert.ok(await page.locator("#thresholds").isVisible());
        await tabTo(page, "body"); // the end
    });

    it("tells all without JavaScript", async t => {
        const page = await open(t, url, {script: false});
        assert.ok(await page.locator("#sliders").isHidden());
        await page.locator("#operating summary").click();
        const rows = await page.locator("#thresholds tbody tr").evaluateAll(all => all.map(row => [...row.cells].map(cell => cell.textContent)));
        assert.equal(rows.length, 21);
        for (const [threshold, tp, fp, tn, fn, sensitivity] of rows.filter((_, i) => i % 5 === 0)) {
            const wanted = JSON.parse((await leukvk(["eval", "--from", join(folder, "predictions.csv"), "--threshold", threshold, "--json", "-q"])).out);
            assert.deepEqual([tp, fp, tn, fn].map(Number), [wanted.true_positives, wanted.false_positives, wanted.true_negatives, wanted.false_negatives]);
            near(numbersOf(sensitivity)[0], wanted.sensitivity, `sensitivity at ${threshold}`);
        }
        for (const chart of ["roc", "precision-recall", "reliability", "decision"])
            assert.ok(await page.locator(`#chart-${chart}`).isVisible(), chart);
    });

    it("has nothing for axe-core to find where it is of a run, a search or four classes", async t => {
        const small = ["--epochs", "1", "--image-size", "32", "-q"];
        await leukvk(["synth", "four", "--images", "96", "--classes", "4", "--subjects", "16", "--size", "64", "-q"]);
        await leukvk(["train", "--data", "four", "--out", "four-run", "--no-refit", ...small]);
        await leukvk(["tune", "--data", "cells", "--grid", "learning-rate=0.001,0.01", "--grid", "dropout=0.1,0.3", "--out", "tune", ...small]);
        await leukvk(["report", "run", "tune", "four-run"]);
        for (const name of ["run", "tune", "four-run"]) {
            const page = await open(t, pathToFileURL(join(work.folder, name, "report.html")).href, LOOKS[3]);
            await page.evaluate(() => document.querySelectorAll("details").forEach(details => details.open = true));
            await checkAccess(page, name);
        }
    });

    for (const look of LOOKS)
        it(`has nothing for axe-core to find: ${lookName(look)}`, async t => {
            const page = await open(t, url, look);
            await page.evaluate(() => document.querySelectorAll("details").forEach(details => details.open = true));
            await checkAccess(page, "all is unfolded");
        });
});
