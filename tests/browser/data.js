/* The page of `leukvk data --report`. */
import {join} from "node:path";
import {before, describe, it} from "node:test";
import {pathToFileURL} from "node:url";
import {checkAccess, leukvk, LOOKS, lookName, open, tabTo, work} from "./support.js";

describe("the page of leukvk data", () => {
    let url;
    before(async () => {
        await leukvk(["data", "cells", "--report", "data.html", "-q"]);
        url = pathToFileURL(join(work.folder, "data.html")).href;
    });

    it("is read by keyboard alone", async t => {
        const page = await open(t, url);
        await tabTo(page, "body"); // through all that takes the focus, to the end
    });

    for (const look of LOOKS)
        it(`has nothing for axe-core to find: ${lookName(look)}`, async t => {
            const page = await open(t, url, look);
            await page.evaluate(() => document.querySelectorAll("details").forEach(details => details.open = true));
            await checkAccess(page, "all is unfolded");
        });
});
