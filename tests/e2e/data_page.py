#!/usr/bin/env python3
"""The page of `leukvk data --report`: that it is well formed and loads nothing, shows the numbers of `leukvk data --json`, and names
what is wrong with a data set, also where names are markup.

usage: data_page.py PROGRAM
"""
import base64
import html.parser
import json
import os
import pathlib
import re
import struct
import subprocess
import sys
import tempfile
import zlib

program = os.path.realpath(sys.argv[1])
VOID = {"meta", "img", "br", "rect", "line", "circle"}
EVIL = "<b>&'\"x"  # a class, which is no markup
SIDE = 64


def run(*arguments, wanted=0):
    result = subprocess.run([program, *map(str, arguments)], capture_output=True, text=True)
    assert result.returncode == wanted, f"{arguments}: {result.returncode}: {result.stdout}{result.stderr}"
    return result.stdout


class Page(html.parser.HTMLParser):
    """Reads a page, whose elements must be closed in their order."""

    def __init__(self, path):
        super().__init__(convert_charrefs=True)
        self.source = path.read_bytes().decode()
        self.open, self.elements, self.text = [], [], []
        self.tables, self.row, self.captions = {}, None, []
        self.feed(self.source)
        self.close()
        assert not self.open, self.open

    def handle_starttag(self, tag, attributes):
        names = [name for name, _ in attributes]
        assert len(set(names)) == len(names), (tag, attributes)
        assert not any(name.startswith("on") for name in names), (tag, attributes)
        self.elements.append((tag, dict(attributes)))
        if tag not in VOID:
            self.open.append(tag)
        if tag == "caption":
            self.captions.append("")
        if tag == "tr":
            self.row = []
        if tag in ("td", "th") and self.row is not None:
            self.row.append("")

    def handle_startendtag(self, tag, attributes):
        assert tag in VOID, tag
        self.elements.append((tag, dict(attributes)))

    def handle_endtag(self, tag):
        assert self.open and self.open.pop() == tag, (tag, self.open)
        if tag == "tr":
            self.tables.setdefault(self.captions[-1], []).append(self.row)
            self.row = None

    def handle_data(self, data):
        if self.open and self.open[-1] in ("style", "title"):
            return
        self.text.append(data)
        if "caption" in self.open:
            self.captions[-1] += data
        elif self.row:
            self.row[-1] += data

    def all(self, tag):
        return [attributes for name, attributes in self.elements if name == tag]

    def words(self):
        return re.sub(r"\s+", " ", "".join(self.text))

    def section(self, identity):
        """The markup from a heading to the next of its rank."""
        begin = self.source.index(f'id="{identity}"')
        end = self.source.find("<h2", begin)
        return self.source[begin:end if end > 0 else None]


def check_form(page):
    """What every page must be."""
    assert page.source.startswith('<!DOCTYPE html>\n<html lang="en">')
    assert not page.all("script") and not page.all("link") and not page.all("iframe") and not page.all("base")
    assert "http" not in page.source.replace("http-equiv", ""), "an address"
    policy = [m["content"] for m in page.all("meta") if m.get("http-equiv") == "Content-Security-Policy"]
    assert policy == ["default-src 'none'; img-src data:; style-src 'unsafe-inline'"], policy
    ranks = [int(tag[1]) for tag, _ in page.elements if re.fullmatch("h[1-6]", tag)]
    assert ranks[0] == 1 and ranks.count(1) == 1, ranks
    assert all(b <= a + 1 for a, b in zip(ranks, ranks[1:])), ranks
    identities = [a["id"] for _, a in page.elements if "id" in a]
    assert len(set(identities)) == len(identities)
    assert all(a["href"][1:] in identities for a in page.all("a")), page.all("a")
    assert len(page.all("table")) == len(page.all("caption")) == len(page.captions)
    assert all(a.get("scope") in ("row", "col") for a in page.all("th"))
    assert all(a.get("aria-label") and a.get("role") == "img" for a in page.all("svg"))
    for image in page.all("img"):
        assert image["alt"] and image["src"].startswith("data:image/webp;base64,"), image["src"][:40]
        data = base64.b64decode(image["src"].split(",", 1)[1], validate=True)
        assert data[:4] == b"RIFF" and data[8:12] == b"WEBP" and struct.unpack("<I", data[4:8])[0] == len(data) - 8
    assert len(page.source) < 5 << 20


def number(text):
    return 0 if text == "not known" else int(text.replace(",", ""))


def check_counts(page, facts):
    """The table by part is what --json counts."""
    table = page.tables["Images and subjects by part"]
    unlabelled, unnamed = (any(part[key] for part in facts["parts"]) for key in ("unlabelled", "images_without_subject"))
    assert ("without a label" in table[0]) == unlabelled and ("images without a subject" in table[0]) == unnamed, table[0]
    rows = {row[0]: row for row in table[1:]}
    for part in facts["parts"]:
        name = f"fold {part['fold']}" if "fold" in part else f"{part['part']} part"
        row = [number(cell) for cell in rows.pop(name)[1:]]
        wanted = [part["images"], *(part["classes"][c] for c in sorted(part["classes"])), *[part["unlabelled"]] * unlabelled,
                  part["subjects"], *[part["images_without_subject"]] * unnamed]
        assert row == wanted, (name, row, part)
    assert list(rows) == ["all"] and number(rows["all"][1]) == facts["images"], rows


def check_drawn(folder):
    data, one, other = folder / "cells", folder / "one.html", folder / "other.html"
    run("synth", data, "--images", "90", "--subjects", "16", "--size", "64", "--format", "png")
    out = run("data", data, "--report", one, "--threads", "1")
    assert f"Page of the data set: {one}" in out, out
    run("data", data, "--report", other, "--threads", "3", "--json")
    assert one.read_bytes() == other.read_bytes(), "the number of threads"
    page, facts = Page(one), json.loads(run("data", data, "--json"))
    check_form(page)
    check_counts(page, facts)
    words = page.words()
    for cell in ("The scale of the images is not known.", "Data set cells", "All images are 64 × 64 pixels.", facts["fingerprint"],
                 "the same pixels: ", "Subjects who share pictures"):
        assert cell in words, (cell, words)
    assert "subjects are not known" not in words
    # Quartiles by class, over all parts, of the cells' areas: --json has them by part; here all cells are in the training part.
    assert len(page.all("svg")) == 8, "four measures by class and by subject"
    shown = page.section("pictures").count("<img")
    assert shown == 2 * 2 * 12, shown
    final = data / "C-NMC_test_final_phase_data"
    final.mkdir()
    for i, picture in enumerate(sorted((data / "C-NMC_training_data").rglob("*.png"))[:4]):
        (final / f"{i}.png").write_bytes(picture.read_bytes())
    run("data", data, "--report", other)
    check_counts(Page(other), json.loads(run("data", data, "--json")))
    assert "<h3>without a label</h3>" in Page(other).section("pictures")
    run("data", data / "C-NMC_training_data", "--report", other, "--per-class", "3", "--crop", "none", "--seed", "5")
    page = Page(other)
    assert page.section("pictures").count("<img") == 2 * 2 * 3 and "--crop none" in page.words() and "seed 5" in page.words()


def change_a_little(path, copy):
    """A copy of a BMP whose cell differs by a few steps of 255 from pixel to pixel."""
    data = bytearray(path.read_bytes())
    for i in range(struct.unpack_from("<I", data, 10)[0], len(data)):
        if 20 < data[i] < 250:
            data[i] += i * 7919 % 5 - 2
    copy.write_bytes(data)


def check_twins(folder):
    data, path = folder / "twins", folder / "twins.html"
    run("synth", data, "--images", "60", "--subjects", "12", "--size", "96", "--format", "bmp")
    run("data", data, "--report", path)
    assert "None: no image has the detail of another of like area and colour." in Page(path).words()
    cell = sorted((data / "C-NMC_training_data").rglob("UID_3_*.bmp"))[0]
    change_a_little(cell, cell.with_name("UID_3_99_1_all.bmp"))
    run("data", data, "--report", path)
    page = Page(path)
    check_form(page)
    words = page.words()
    assert "1 pair, 0 of different subjects, 0 of different classes." in words, words
    twins = page.section("duplicates").split("Nearly the same")[1]
    assert twins.count("<img") == 2 and cell.name in twins and "UID_3_99_1_all.bmp" in twins, twins
    assert re.search(r"likeness (0\.9|1\.00)", twins)
    cell.with_name("UID_3_99_1_all.bmp").rename(cell.with_name("UID_4_99_1_all.bmp"))
    run("data", data, "--report", path)
    words = Page(path).words()
    assert "Different subjects have nearly the same pictures.1 pair of images is nearly one picture" in words, words
    assert "1 pair, 1 of different subjects, whom a split may put on different sides, 0 of different classes." in words, words


def png(area, colour, mirrored=False):
    """A picture of SIDE x SIDE pixels, of which the first `area` have the colour and the others are black."""
    pixels = [colour if i < area else (0, 0, 0) for i in range(SIDE * SIDE)]
    rows = [pixels[y * SIDE:(y + 1) * SIDE] for y in range(SIDE)]
    raw = b"".join(b"\0" + bytes(v for pixel in (row[::-1] if mirrored else row) for v in pixel) for row in rows)

    def chunk(kind, data):
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", struct.pack(">IIBBBBB", SIDE, SIDE, 8, 2, 0, 0, 0)) \
        + chunk(b"IDAT", zlib.compress(raw)) + chunk(b"IEND", b"")


def write_evil(data):
    """Two classes of 20 cells each, whose areas are 300, 310, ... 490 pixels, and what is wrong with them."""
    for label, colour in ((EVIL, (102, 51, 204)), ("hem", (153, 51, 102))):
        (data / label).mkdir(parents=True)
        for i in range(20):
            shade = tuple(v + i for v in colour)  # no picture is another's
            (data / label / f"{i:02}.png").write_bytes(png(300 + 10 * i, shade))
    (data / "hem" / "huge.png").write_bytes(png(2000, (160, 60, 110)))
    (data / "hem" / "green.png").write_bytes(png(400, (153, 250, 102)))
    (data / "hem" / "copy of 05.png").write_bytes(png(350, (158, 56, 107), mirrored=True))
    (data / EVIL / "in both.png").write_bytes((data / "hem" / "07.png").read_bytes())
    (data / "hem" / "<img src=x>.png").write_bytes(b"\x89PNG\r\n\x1a\ncut")
    (data / "hem" / "empty.png").write_bytes(b"")


def check_evil(folder):
    data, path = folder / "<evil> & co", folder / "evil.html"
    write_evil(data)
    out = run("data", data, "--report", path)
    page, words = Page(path), None
    check_form(page)
    words = page.words()
    assert not page.all("b") or all(name != "x" for b in page.all("b") for name in b), "markup of a name"
    assert len(page.all("img")) == page.source.count("data:image/webp"), "a picture of a name"
    for said in ("Data set <evil> & co", "The subjects are not known.", "No subject is known for 44 of 44 images", "Labels contradict",
                 "Neither a name nor an option", "Files are left out.", "2 files: ", "1 picture is in several classes, so that a label is wrong",
                 "In several classes: a label is wrong", "turned or mirrored: hem/copy of 05.png", f"the same pixels: hem/07.png",
                 f"class {EVIL}, subject not known", "No subject is known, so that nothing can be said by subject.",
                 "area 2,000, above "):
        if said == "Neither a name nor an option":  # "hem" tells it
            assert said not in words
            continue
        assert said in words, (said, words, out)
    left = {row[0]: row for row in page.tables["Files left out, by reason"][1:]}
    assert len(left) == 2 and sum(number(row[1]) for row in left.values()) == 2, left
    assert any("hem/<img src=x>.png" in row[2] for row in left.values()), left
    assert page.tables["Images and subjects by part"] == [["part", "images", EVIL, "hem", "subjects", "images without a subject"],
                                                          ["all", "44", "21", "23", "not known", "44"]]
    classes = {row[0]: row for row in page.tables["Images and subjects by class"][1:]}
    assert classes[EVIL + " (positive)"][1:] == ["21", "47.7 %", "not known"], classes
    assert classes["hem"][1:] == ["23", "52.3 %", "not known"], classes
    # 23 areas: 300, 310, ... 490 and 350, 400, 2000: quartiles by hand
    areas = sorted([300 + 10 * i for i in range(20)] + [350, 400, 2000])
    quartiles = [row for row in page.tables[next(c for c in page.captions if c.startswith("Quartiles"))][1:] if row[:2] ==
                 ["hem", "area, pixels"]]
    assert quartiles == [["hem", "area, pixels", *(f"{(areas[k] + areas[k + 1]) / 2 if h else areas[k]:.0f}"
                                                   for k, h in ((5, True), (11, False), (16, True)))]], (quartiles, areas)
    outliers = page.section("outliers")
    by_area, by_colour = outliers.split("<h3>")[1:]
    assert by_area.count("<figure>") == 1 and "hem/huge.png" in by_area and "1 image." in by_area, by_area[:600]
    assert "hem/green.png" in by_colour and "green 0.980" in by_colour
    run("data", data, "--report", data / "hem" / "00.png", wanted=2)
    run("data", data, "--report", folder / "none" / "page.html", wanted=1)


def check_scale(folder):
    """A table that tells subjects, parts and the scale: areas are in square micrometres, and nothing is unknown."""
    data = folder / "table"
    write_evil(data)
    with open(data / "cells.csv", "w") as table:
        table.write("path,label,subject,part,microns_per_pixel\n")
        for i in range(18):
            table.write(f"hem/{i:02}.png,{'ab'[i % 2]},P{i // 3},{('train', 'val', 'test')[i // 6]},0.5\n")
    run("data", data / "cells.csv", "--report", folder / "table.html")
    page = Page(folder / "table.html")
    check_form(page)
    words = page.words()
    assert "not known" not in words and "area of the cell, µm²" in words, words
    assert "Neither a name nor an option tells the positive class." in words
    rows = page.tables["Images and subjects by part"][1:]
    assert [row[:2] + row[-1:] for row in rows] == [["train", "6", "2"], ["validation", "6", "2"], ["test", "6", "2"],
                                                    ["all", "18", "6"]], rows
    median = [row[3] for row in page.tables[next(c for c in page.captions if c.startswith("Quartiles"))][1:] if
              row[:2] == ["a", "area, µm²"]]
    assert median == ["95"], median  # of 300, 320, ... 460 pixels: 380 / 4


def main():
    with tempfile.TemporaryDirectory(prefix="leukvk-page-") as name:
        folder = pathlib.Path(name)
        check_drawn(folder)
        check_evil(folder)
        check_scale(folder)
        check_twins(folder)
    print("the pages are right")
    return 0


sys.exit(main())
