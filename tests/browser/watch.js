/* The page of `leukvk watch`. */
import assert from "node:assert/strict";
import {cpSync, readFileSync, writeFileSync} from "node:fs";
import {join} from "node:path";
import {before, describe, it} from "node:test";
import {checkAccess, LOOKS, lookName, open, serve, tabTo, work} from "./support.js";

const drawn = page => page.waitForFunction(() => document.querySelectorAll("svg.curves").length === 4);

describe("the page of leukvk watch", () => {
    let server;
    before(async () => {
        server = await serve("watch", "run");
    });

    it("shows the numbers of metrics.csv", async t => {
        const page = await open(t, server.url);
        await drawn(page);
        const [columns, values] = readFileSync(join(work.folder, "run", "metrics.csv"), "utf8").trim().split("\n").map(line => line.split(","));
        const wanted = columns.map((name, i) => [name, values[i]]).filter(([, value]) => value !== "").map(([name, value]) => [name, Number(Number(value).toPrecision(4))]);
        const heads = await page.locator("#last-head th").allTextContents(), cells = await page.locator("#last-rows tr").first().locator("td").allTextContents();
        const shown = heads.slice(1).map((name, i) => [name, cells[i]]).filter(([, value]) => value !== "–").map(([name, value]) => [name, Number(value)]);
        assert.deepEqual(shown, wanted);
        assert.equal(await page.locator("#status").textContent(), "The training is finished.");
    });

    it("draws each new epoch, and none while it pauses; by keyboard", async t => {
        cpSync(join(work.folder, "run"), join(work.folder, "grows"), {recursive: true});
        const metrics = join(work.folder, "grows", "metrics.csv"), [head, first] = readFileSync(metrics, "utf8").trim().split("\n");
        const grow = epochs => writeFileSync(metrics, [head, ...Array.from({length: epochs}, (_, i) => first.replace(/^1,/, `${i + 1},`))].join("\n") + "\n");
        const page = await open(t, (await serve("watch", "grows")).url), points = () => page.evaluate(() =>
            document.querySelector("svg.curves polyline")?.getAttribute("points").trim().split(" ").length);
        await drawn(page);
        grow(3);
        await page.waitForFunction(() => document.querySelector("svg.curves polyline").getAttribute("points").trim().split(" ").length === 3);
        await tabTo(page, "#pause");
        await page.keyboard.press("Enter");
        assert.equal(await page.locator("#pause").textContent(), "Go on");
        grow(4);
        await page.waitForTimeout(2500);
        assert.equal(await points(), 3);
        await page.keyboard.press("Space");
        await page.waitForFunction(() => document.querySelector("svg.curves polyline").getAttribute("points").trim().split(" ").length === 4);
        await tabTo(page, "[role=region]");
    });

    for (const look of LOOKS)
        it(`has nothing for axe-core to find: ${lookName(look)}`, async t => {
            const page = await open(t, server.url, look);
            await drawn(page);
            await checkAccess(page, "a finished run");
        });
});
