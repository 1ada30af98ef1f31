/* The page of `leukvk serve`. */
import assert from "node:assert/strict";
import {copyFileSync, mkdirSync, readFileSync, readdirSync, writeFileSync} from "node:fs";
import {basename, join} from "node:path";
import {before, describe, it} from "node:test";
import {checkAccess, LOOKS, lookName, open, predict, serve, tabTo, work} from "./support.js";

const MALFORMED = /Failed to load resource: the server responded with a status of 422/; // what Chromium itself says of refused images
const UNKNOWN = /Failed to load resource: the server responded with a status of 401/;
const DRAWN = {"half.bmp": image => image.subarray(0, 2000), "empty.png": () => Buffer.alloc(0), "text.jpg": () => Buffer.from("no picture"),
    "pointer.bmp": () => Buffer.from("version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 1\n")};

/* Chooses files by the page's own button and waits until all are answered. */
async function choose(page, files, all = files.length) {
    const [chooser] = await Promise.all([page.waitForEvent("filechooser"), page.getByRole("button", {name: "Choose images"}).click()]);
    await chooser.setFiles(files);
    await answered(page, all);
}

const answered = (page, all) => page.waitForFunction(wanted => document.getElementById("status").textContent.startsWith(`${wanted} of ${wanted} images`) &&
    document.getElementById("stop").hidden, all);

/* The lines of the table: what each cell shows. */
const linesOf = page => page.locator("#rows tr").evaluateAll(rows => rows.map(row => ({
    name: row.querySelector("th").textContent, class: row.cells[2].textContent, title: row.cells[3].title,
    note: row.cells[row.cells.length - 1].textContent, refused: row.classList.contains("refused"),
})));

async function downloaded(page, press) {
    const [download] = await Promise.all([page.waitForEvent("download"), press()]);
    assert.equal(download.suggestedFilename(), "predictions.csv");
    return readFileSync(await download.path(), "utf8");
}

/* Lets real files fall on the page, as a file manager does. */
async function drop(page, files) {
    const session = await page.context().newCDPSession(page), box = await page.locator("#drop").boundingBox();
    const event = {x: box.x + box.width / 2, y: box.y + box.height / 2, data: {items: [], files, dragOperationsMask: 1}};
    for (const type of ["dragEnter", "dragOver", "drop"])
        await session.send("Input.dispatchDragEvent", {type, ...event});
}

/* Folders of malformed files beside a cell or more: cells that are spoiled and, where the data set is, other people's files. */
function malformed() {
    const real = join(process.env.LEUKVK_DATA ?? "/nowhere", "bad_input"), made = join(work.folder, "malformed");
    mkdirSync(made, {recursive: true});
    copyFileSync(work.images[0], join(made, "good.bmp"));
    for (const [name, spoil] of Object.entries(DRAWN))
        writeFileSync(join(made, name), spoil(readFileSync(work.images[0])));
    return [made, ...(process.env.LEUKVK_DATA ? [real] : [])].map(folder => ({folder, names: readdirSync(folder).filter(name => !name.endsWith(".csv")).sort()}));
}

/* Pictures that Chromium cannot show either are replaced by words, and that at some time after the answer. */
async function settled(page, withoutPicture) {
    await page.locator("#rows tr").last().scrollIntoViewIfNeeded();
    await page.waitForFunction(wanted => document.querySelectorAll("#rows .pictures button .none").length === wanted, withoutPicture);
}

describe("the page of leukvk serve", () => {
    let server;
    before(async () => {
        server = await serve("serve", "run");
    });

    it("shows the classes and probabilities of predict, and downloads its lines", async t => {
        const page = await open(t, server.url), {folder, names} = work.cells;
        await choose(page, names.slice(0, 20).map(name => join(folder, name)));
        const {csv} = await predict(folder, names.slice(0, 20)), wanted = csv.trim().split("\n").slice(1).map(line => line.split(","));
        const shown = await linesOf(page);
        assert.deepEqual(shown.map(line => [line.name, line.class]), wanted.map(([name, , label]) => [name, label]));
        for (const [i, [, p]] of wanted.entries())
            assert.match(shown[i].title, new RegExp(`all ${(100 * p).toFixed(1)}\\s%`));
        assert.equal(await downloaded(page, () => page.getByRole("button", {name: "Download as CSV"}).click()), csv);
    });

    it("refuses malformed files in the words of predict", async t => {
        for (const {folder, names} of malformed()) {
            const page = await open(t, server.url), {csv, err} = await predict(folder, names, 1);
            const left = err.split("\n").filter(line => line.startsWith("left out: ")).map(line => line.slice("left out: ".length));
            assert.ok(left.length >= 4, err);
            await choose(page, names.map(name => join(folder, name)));
            const refused = (await linesOf(page)).filter(line => line.refused);
            assert.deepEqual(refused.map(line => line.note), left);
            assert.deepEqual(refused.map(line => line.class), left.map(() => "refused"));
            assert.equal(await page.locator("#status").textContent(), `${names.length} of ${names.length} images, ${left.length} refused.`);
            assert.equal(await downloaded(page, () => page.locator("#download").click()), csv);
        }
    });

    it("refuses all of some files, and has nothing to download then", async t => {
        const page = await open(t, server.url, {errors: MALFORMED}), [{folder, names}] = malformed(), bad = names.filter(name => name !== "good.bmp");
        await choose(page, bad.map(name => join(folder, name)));
        const shown = await linesOf(page), {err} = await predict(folder, names, 1);
        for (const {note} of shown)
            assert.ok(err.includes(`left out: ${note}\n`), note);
        assert.deepEqual(shown.map(line => line.name), bad);
        assert.ok(await page.locator("#download").isDisabled());
    });

    it("tells that an image is unlike what the model has seen", async t => {
        const page = await open(t, server.url), strange = join(work.folder, "strange.bmp"), bytes = readFileSync(work.images[0]);
        for (let i = 54; i < bytes.length; ++i)
            bytes[i] = i * 2654435761 >>> 24; // noise in place of the pixels
        writeFileSync(strange, bytes);
        await choose(page, [strange]);
        const {csv, err} = await predict(work.folder, ["strange.bmp"]), [line] = await linesOf(page);
        assert.ok(Number(csv.trim().split("\n")[1].split(",").at(-1)) > 1, csv);
        assert.equal(line.note, `unlike what the model has seen, by its ${/\((\w+)\)/.exec(err)[1]}`);
    });

    it("takes a folder that is dropped or chosen, and of it the images only", async t => {
        const page = await open(t, server.url), folder = join(work.folder, "dropped"), {names} = work.cells;
        mkdirSync(join(folder, "inner"), {recursive: true});
        for (const [i, name] of names.slice(0, 5).entries())
            copyFileSync(work.images[i], join(folder, i < 2 ? name : `inner/${name}`));
        writeFileSync(join(folder, "notes.txt"), "no image");
        writeFileSync(join(folder, ".hidden.bmp"), "no image");
        await drop(page, [folder]);
        await answered(page, 5);
        const wanted = [...names.slice(0, 2).map(name => `dropped/${name}`), ...names.slice(2, 5).map(name => `dropped/inner/${name}`)].sort();
        assert.deepEqual((await linesOf(page)).map(line => line.name), wanted);
        const {csv} = await predict(work.folder, wanted);
        assert.equal(await downloaded(page, () => page.locator("#download").click()), csv);
        const [chooser] = await Promise.all([page.waitForEvent("filechooser"), page.getByRole("button", {name: "Choose a folder"}).click()]);
        await chooser.setFiles(folder);
        await answered(page, 10);
        assert.deepEqual((await linesOf(page)).map(line => line.name), [...wanted, ...wanted]);
    });

    it("shows names from outside as text", async t => {
        const page = await open(t, server.url), name = "<img src=x onerror=alert(1)>&\".bmp", path = join(work.folder, name);
        copyFileSync(work.images[0], path);
        await choose(page, [path]);
        assert.equal((await linesOf(page))[0].name, name);
        assert.equal(await page.locator("#rows img").count(), 1);
    });

    it("is used by keyboard alone", async t => {
        const page = await open(t, server.url), {folder, names} = work.cells, three = names.slice(0, 3);
        await page.waitForFunction(() => document.querySelector("#model dd"));
        await tabTo(page, ".skip");
        assert.ok((await page.locator(".skip").boundingBox()).x >= 0);
        await tabTo(page, "#choose-files");
        const [chooser] = await Promise.all([page.waitForEvent("filechooser"), page.keyboard.press("Enter")]);
        await chooser.setFiles(three.map(name => join(folder, name)));
        await answered(page, 3);
        assert.equal(await downloaded(page, async () => {
            await tabTo(page, "#download");
            await page.keyboard.press("Space");
        }), (await predict(folder, three)).csv);
        await tabTo(page, `[aria-label="enlarge ${three[1]}"]`);
        await page.keyboard.press("Enter");
        assert.equal(await page.locator("#large-name").textContent(), three[1]);
        assert.ok(await page.locator("#large").evaluate(dialog => dialog.matches(":modal")));
        await page.keyboard.press("Escape");
        assert.ok(await page.locator("#large").isHidden());
        assert.equal(await page.evaluate(() => document.activeElement.getAttribute("aria-label")), `enlarge ${three[1]}`);
        await tabTo(page, "#clear", "Shift+Tab");
        await page.keyboard.press("Enter");
        assert.equal(await page.locator("#rows tr").count(), 0);
        assert.equal(await page.evaluate(() => document.activeElement.id), "choose-files");
        await tabTo(page, "#choose-folder");
        const [folderChooser] = await Promise.all([page.waitForEvent("filechooser"), page.keyboard.press("Enter")]);
        await folderChooser.setFiles(folder);
        await answered(page, names.length);
    });

    it("asks for a token where the server has one", async t => {
        writeFileSync(join(work.folder, "token"), "a-token-of-some-length\n", {mode: 0o600});
        const locked = await serve("serve", "run", "--token", "token"), page = await open(t, locked.url, {errors: UNKNOWN});
        await page.waitForFunction(() => document.activeElement.id === "token");
        await checkAccess(page, "the token is asked for");
        await page.keyboard.type("another-token-than-that");
        await page.keyboard.press("Enter");
        await page.getByText("This token is not the server's.").waitFor();
        await page.keyboard.press("Control+A");
        await page.keyboard.type("a-token-of-some-length");
        await page.keyboard.press("Enter");
        await page.locator("#token-form").waitFor({state: "hidden"});
        await choose(page, [work.images[0]]);
        assert.equal((await linesOf(page))[0].name, basename(work.images[0]));
    });

    it("shows what the model looked at", async t => {
        const page = await open(t, server.url);
        await page.getByLabel("Show what the model looked at").check();
        await choose(page, work.images.slice(0, 2));
        const maps = page.locator("#rows img[alt^='heat map of']");
        await page.waitForFunction(() => document.querySelectorAll("#rows img[alt^='heat map of']").length === 2);
        for (let i = 0; i < 2; ++i) {
            const source = await maps.nth(i).getAttribute("src");
            assert.match(source, /^data:image\/png;base64,/);
            assert.ok(await maps.nth(i).evaluate(image => image.decode().then(() => image.naturalWidth)) >= 32);
        }
        await page.locator("#rows button").first().click();
        assert.equal(await page.locator("#large figure").count(), 2);
        await checkAccess(page, "the map is enlarged");
    });

    for (const look of LOOKS)
        it(`has nothing for axe-core to find: ${lookName(look)}`, async t => {
            const page = await open(t, server.url, look), [{folder, names}] = malformed();
            await page.waitForFunction(() => document.querySelector("#model dd"));
            await checkAccess(page, "no image yet");
            await page.getByLabel("Show what the model looked at").check();
            await choose(page, [...work.images.slice(0, 3), ...names.map(name => join(folder, name))]);
            await page.waitForFunction(() => document.querySelectorAll("#rows img[alt^='heat map of']").length === 4);
            await settled(page, 3); // Chromium shows the half of half.bmp
            await checkAccess(page, "images and refusals");
            await page.locator("#rows button").first().click();
            await checkAccess(page, "an image is enlarged");
        });
});
