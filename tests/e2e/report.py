#!/usr/bin/env python3
"""leukvk report: the page is well-formed and loads nothing, what comes from outside is no more than text, and its numbers are those
of the folder's files.

    tests/e2e/report.py PROGRAM
"""
import csv
import html.parser
import json
import pathlib
import re
import shutil
import struct
import subprocess
import sys
import tempfile
import unittest
import xml.etree.ElementTree

PROGRAM = pathlib.Path(sys.argv[1]).resolve()
HOSTILE = "<img src=x onerror=alert(1)>&\"'"
VOID = {"meta", "link", "img", "br", "input"}
WORK = None


def run(*command, status=0):
    done = subprocess.run([str(word) for word in (PROGRAM,) + command], capture_output=True, text=True, check=False, timeout=300, cwd=WORK)
    if done.returncode != status:
        raise AssertionError(f"{command}: status {done.returncode}, not {status}\n{done.stdout}\n{done.stderr}")
    return done


def setUpModule():
    global WORK
    WORK = pathlib.Path(tempfile.mkdtemp(prefix="leukvk report "))
    small = ["--image-size", 32, "--epochs", 2, "-q"]
    run("synth", "two", "--images", 100, "--subjects", 16, "--size", 64, "-q")
    run("synth", "four", "--images", 96, "--classes", 4, "--subjects", 16, "--size", 64, "-q")
    (WORK / "four" / "Pre").rename(WORK / "four" / HOSTILE)
    run("train", "--data", "two", "--out", "run", "--no-refit", *small)
    run("cv", "--data", "two", "--folds", 2, "--out", "cv", *small)
    run("tune", "--data", "two", "--grid", "learning-rate=0.001,0.01", "--grid", "dropout=0.1,0.3", "--grid", "epochs=1", "--image-size", 32,
        "--out", "tune", "-q")
    run("train", "--data", "four", "--out", f"run {HOSTILE}", "--no-refit", *small)
    run("report", "run", "cv", "tune", f"run {HOSTILE}")


def tearDownModule():
    shutil.rmtree(WORK)


class Page(html.parser.HTMLParser):
    """The elements of a page; fails where one is not closed."""

    def __init__(self, folder, name="report.html"):
        super().__init__(convert_charrefs=True)
        self.open, self.elements, self.ids = [], [], {}
        self.text = (WORK / folder / name).read_text(encoding="utf-8")
        self.feed(self.text)
        self.close()
        if self.open:
            raise AssertionError(f"not closed: {[e['tag'] for e in self.open]}")

    def handle_starttag(self, tag, attrs, closed=False):
        element = {"tag": tag, "attrs": dict(attrs), "text": "", "own": [], "parent": self.open[-1] if self.open else None}
        if len(attrs) != len(element["attrs"]):
            raise AssertionError(f"attribute twice: {self.get_starttag_text()}")
        self.elements.append(element)
        if element["parent"]:
            element["parent"]["own"].append(element)
        name = element["attrs"].get("id")
        if name is not None:
            if name in self.ids:
                raise AssertionError(f"id twice: {name}")
            self.ids[name] = element
        if tag not in VOID and not closed:
            self.open.append(element)

    def handle_startendtag(self, tag, attrs):
        self.handle_starttag(tag, attrs, closed=True)

    def handle_endtag(self, tag):
        if not self.open or self.open[-1]["tag"] != tag:
            raise AssertionError(f"</{tag}> closes {self.open[-1]['tag'] if self.open else 'nothing'} at {self.getpos()}")
        self.open.pop()

    def handle_data(self, data):
        for element in self.open:
            element["text"] += data

    def below(self, element, tag):
        for child in element["own"]:
            if child["tag"] == tag:
                yield child
            yield from self.below(child, tag)

    def rows(self, name):
        """The texts of a table's cells, without its head."""
        body = next(self.below(self.ids[name], "tbody"))
        return [[" ".join(cell["text"].split()) for cell in row["own"]] for row in body["own"]]

    def scores(self, part):
        table = next(e for e in self.elements if e["tag"] == "table" and e["attrs"].get("data-part") == part)
        return {row["attrs"]["data-key"]: row["own"][1]["text"] for row in self.below(table, "tr") if "data-key" in row["attrs"]}

    def data(self):
        return json.loads(self.ids["report-data"]["text"])


def read_json(*path):
    return json.loads(WORK.joinpath(*path).read_text(encoding="utf-8"))


def read_csv(*path):
    with open(WORK.joinpath(*path), encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def shown(value, decimals=3):
    return "n/a" if value is None else f"{value:.{decimals}f}"


class Form(unittest.TestCase):
    def test_every_page_is_whole_and_loads_nothing(self):
        for folder in ["run", "cv", "tune", f"run {HOSTILE}"]:
            page = Page(folder)
            for element in page.elements:
                for name, value in element["attrs"].items():
                    if name in ("src", "href", "data", "action", "srcset", "poster"):
                        self.assertRegex(value, r"^(#|data:)", element["tag"])
                    self.assertFalse(name.startswith("on"), (element["tag"], name))
            self.assertNotRegex(page.text, r"url\(|@import")
            self.assertEqual([e["attrs"]["lang"] for e in page.elements if e["tag"] == "html"], ["en"])
            levels = [int(e["tag"][1]) for e in page.elements if re.fullmatch("h[1-6]", e["tag"])]
            self.assertEqual(levels[0], 1)
            self.assertTrue(all(b <= a + 1 for a, b in zip(levels, levels[1:])), levels)
            for element in page.elements:
                if element["tag"] == "table":
                    self.assertEqual(element["own"][0]["tag"], "caption")
                if element["tag"] == "a":
                    self.assertIn(element["attrs"]["href"][1:], page.ids)

    def test_figures_are_files_too_and_are_xml(self):
        for folder in ["run", "cv", "tune", f"run {HOSTILE}"]:
            page = Page(folder)
            files = {path.stem for path in (WORK / folder / "figures").iterdir()}
            self.assertEqual(files, {e["attrs"]["id"].removeprefix("chart-") for e in page.elements if e["tag"] == "svg"})
            for name in files:
                text = (WORK / folder / "figures" / f"{name}.svg").read_text(encoding="utf-8")
                picture = (WORK / folder / "figures" / f"{name}.png").read_bytes()
                self.assertEqual(picture[:8], b"\x89PNG\r\n\x1a\n")
                size = [float(re.search(rf'{side}="([0-9.]+)"', text).group(1)) for side in ["width", "height"]]
                self.assertEqual(list(struct.unpack(">II", picture[16:24])), [round(2 * side) for side in size])
                xml.etree.ElementTree.fromstring(text)
                self.assertIn(text, page.text)
        self.assertLessEqual({"roc", "precision-recall", "reliability", "decision", "people", "learning-loss", "learning-auc"},
                             {path.stem for path in (WORK / "run" / "figures").iterdir()})

    def test_names_from_outside_are_text(self):
        page = Page(f"run {HOSTILE}")
        self.assertEqual([e for e in page.elements if e["attrs"].get("src") == "x"], [])
        self.assertEqual(next(e for e in page.elements if e["tag"] == "h1")["text"], f"Training: run {HOSTILE}")
        self.assertIn(HOSTILE, [row[0] for row in page.rows("matrix")])
        card = (WORK / f"run {HOSTILE}" / "model-card.md").read_text(encoding="utf-8")
        self.assertNotIn("<img", card)

    def test_equal_folders_give_equal_bytes(self):
        run("report", "run", "--out", "again.html")
        self.assertEqual((WORK / "again.html").read_bytes(), (WORK / "run" / "report.html").read_bytes())
        self.assertEqual((WORK / "again-model-card.md").read_bytes(), (WORK / "run" / "model-card.md").read_bytes())
        self.assertTrue((WORK / "again-figures" / "roc.svg").is_file())

    def test_cells_are_pictures_where_the_data_set_is_there(self):
        page = Page("run")
        pictures = [e for e in page.elements if e["tag"] == "img" and e["attrs"]["class"] == "cell"]
        heat = [e for e in page.elements if e["tag"] == "img" and e["attrs"]["class"] == "heat"]
        cells = len(read_csv("run", "predictions-test.csv"))
        self.assertEqual(len(pictures), 3 * min(8, cells))
        self.assertEqual(len(heat), len(pictures))
        self.assertRegex(page.ids["cells"]["text"], r"heat for (all|hem)")
        for picture in pictures:
            self.assertTrue(picture["attrs"]["src"].startswith("data:image/png;base64,iVBORw0KGgo"))
            self.assertRegex(picture["attrs"]["alt"], "label (all|hem), called")
        run("report", "run", "--no-heat-maps", "--out", "cool.html")
        self.assertEqual([e for e in Page(".", "cool.html").elements if e["attrs"].get("class") == "heat"], [])
        self.assertNotIn("device", run("report", "run", "--no-heat-maps", "--out", "cool.html", "--device", "7").stderr)
        (WORK / "two").rename(WORK / "elsewhere")
        try:
            run("report", "run", "--out", "without.html")
        finally:
            (WORK / "elsewhere").rename(WORK / "two")
        page = Page(".", "without.html")
        self.assertEqual([e for e in page.elements if e["tag"] == "img"], [])
        self.assertIn("the data set is no longer where it was", page.ids["cells"]["text"])


class Numbers(unittest.TestCase):
    def check_scores(self, page, part, scores):
        keys = [key for key in scores if f"{key}_95" in scores]
        self.assertEqual(sorted(page.scores(part)), sorted(keys))
        for key, text in page.scores(part).items():
            low, high = scores[f"{key}_95"]
            self.assertEqual(text, shown(scores[key]) + ("" if low is None else f" {shown(low)} to {shown(high)}"), key)

    def test_scores_are_those_of_the_results(self):
        results = read_json("run", "results.json")
        page = Page("run")
        for part in ["test", "validation", "preliminary"]:
            self.check_scores(page, part, results[part])
        self.check_scores(Page("cv"), "all folds", read_json("cv", "results.json")["all"])
        four = read_json(f"run {HOSTILE}", "results.json")["test"]
        page = Page(f"run {HOSTILE}")
        self.check_scores(page, "test", four)
        for row, label in zip(page.rows("matrix"), four["confusion"]):
            self.assertEqual([int(cell.split()[0]) for cell in row[1:]], label + [sum(label)])
        for row, k in zip(page.rows("classes"), four["by_class"]):
            self.assertEqual([cell.split()[0] for cell in row[1:]],
                             [str(k["images"]), str(k["people"])] + [shown(k[key]) for key in ("precision", "recall", "f1", "auc")])

    def test_a_head_on_frozen_features_is_called_that(self):
        shutil.copytree(WORK / "run", WORK / "head")
        config = read_json("head", "config.json")
        self.assertNotIn("only a head", Page("run").ids["summary"]["text"])
        (WORK / "head" / "config.json").write_text(json.dumps({**config, "unfreeze": "none", "weights_digest": "0123"}))
        run("report", "head", "--no-heat-maps")
        self.assertIn("(only a head, on the frozen features of a pretrained network)", Page("head").ids["summary"]["text"])
        origin = {row[0]: row[1] for row in self.origin(Page("head"))}
        self.assertEqual(origin["shaders"] or "none", origin["shaders"], "an empty value looks like a fault")

    def test_the_measures_of_the_cell_are_told(self):
        config = read_json("run", "config.json")
        self.assertEqual((config["area"], config["hue"]), ("on", "on"))
        for hue, area, words in ("on", "on", "the cell's area and the hue of its stain"), ("off", "on", "the cell's area counts"), ("off", "off", None):
            shutil.copytree(WORK / "run", WORK / "measured")
            (WORK / "measured" / "config.json").write_text(json.dumps({**config, "area": area, "hue": hue}))
            run("report", "measured", "--no-heat-maps")
            summary = Page("measured").ids["summary"]["text"].lower()
            self.assertEqual(words in summary if words else "beside what the net sees" not in summary, True, summary)
            shutil.rmtree(WORK / "measured")

    def origin(self, page):
        table = next(table for table in page.below(page.ids["settings"], "table"))
        return [[cell["text"] for cell in row["own"]] for row in page.below(next(page.below(table, "tbody")), "tr")]

    def test_values_of_a_search_do_not_lie_on_each_other(self):
        shutil.copytree(WORK / "tune", WORK / "close")
        table = WORK / "close" / "trials.csv"
        rows = [line.split(",") for line in table.read_text().splitlines()]
        self.assertEqual(rows[-1][rows[0].index("dropout")], "0.3")
        rows[-1][rows[0].index("dropout")] = "0.299"
        table.write_text("".join(",".join(row) + "\n" for row in rows))
        run("report", "close")
        figure = Page("close").ids["figure-search"]
        words = [text["text"] for text in Page("close").below(figure, "text")]
        self.assertIn("0.3", words)
        self.assertIn("0.1", words)
        self.assertNotIn("0.299", words)

    def test_counts_are_those_of_the_split(self):
        for folder, classes in [("run", ["hem", "all"]), (f"run {HOSTILE}", None)]:
            split = read_json(folder, "split.json")["parts"]
            names = classes or read_json(folder, "results.json")["test"]["classes"]
            rows = {re.match("train|validation|test|preliminary", row[0]).group(): row[1:] for row in Page(folder).rows("counts")}
            for part in ["train", "validation", "test"]:
                by_class = [sum(name in pathlib.PurePath(path).parts for path in split[part]) for name in names]
                self.assertEqual([rows[part][0], *rows[part][2:]], [str(len(split[part])), *map(str, by_class)], part)
            counts = read_json(folder, "data.json")["parts"]
            self.assertEqual({part: rows[part][1] for part in rows}, {part: str(counts[part]["people"]) for part in rows})
            if classes:
                subjects = {row["subject"] for row in read_csv(folder, "predictions-test.csv")}
                self.assertEqual(counts["test"]["people"], len(subjects))

    def test_what_was_left_out_is_told(self):
        shutil.copytree(WORK / "two", WORK / "left")
        cells = sorted((WORK / "left").glob("**/fold_0/all/*.*"))
        for cell in cells[:2]:
            cell.write_bytes(cell.read_bytes()[:200])
        shutil.copy(cells[2], WORK / "left" / "C-NMC_training_data" / cells[2].name)
        run("train", "--data", "left", "--out", "left-run", "--no-refit", "--image-size", 32, "--epochs", 1, "-q")
        run("report", "left-run", "--no-heat-maps")
        rows = Page("left-run").rows("left-out")
        self.assertEqual([row[1] for row in rows], ["2"])
        self.assertTrue(cells[0].as_posix().endswith(rows[0][2]), rows)
        counts = read_json("left-run", "data.json")
        text = Page("left-run").ids["data"]["text"]
        for key, said in [("outside_class_folders", "In no class folder, and so in no part: {} image files"),
                          ("without_label", "Without a label, and so in no part: {} images"),
                          ("same_picture", "{} picture is there more than once" if counts["same_picture"] == 1 else
                           "{} pictures are there more than once")]:
            self.assertEqual(said.format(counts[key]) in text, counts[key] > 0, key)
        self.assertEqual(counts["outside_class_folders"], 1)

    def test_a_training_says_how_to_see_it(self):
        said = run("train", "--data", "two", "--out", "a run", "--no-refit", "--image-size", 32, "--epochs", 1).stdout
        self.assertIn("leukvk report 'a run'\n", said)

    def test_the_summary_and_the_card_say_the_scores(self):
        for folder, part in [("run", "test"), ("cv", "all")]:
            scores = read_json(folder, "results.json")[part]
            card = (WORK / folder / "model-card.md").read_text(encoding="utf-8")
            for text in [Page(folder).ids["summary"]["text"], card.replace("\\", "")]:
                for key in ["accuracy", "auc", "size_only_auc", "auc_above_size"]:
                    self.assertIn(shown(scores[key]), text)
                self.assertIn(f"{scores['images']} cells of {scores['subjects']} people", text)
            self.assertIn("' (the positive class), and not '", card) # readable as text, too

    def test_epochs_are_those_of_the_table(self):
        rows = read_csv("run", "metrics.csv")
        page = Page("run").rows("epochs")
        self.assertEqual(len(page), len(rows))
        for cells, row in zip(page, rows):
            for cell, value in zip(cells[1:], list(row.values())[1:]):
                self.assertEqual(cell, value and f"{float(value):.4g}")
        self.assertIn("(kept)", page[read_json("run", "results.json")["best_epoch"] - 1][0])

    def test_counts_at_every_threshold_are_those_of_the_predictions(self):
        for folder, file, part in [("run", "predictions-test.csv", "test"), ("cv", "predictions.csv", "all")]:
            rows = [(float(row["p_all"]), row["label"] == "all") for row in read_csv(folder, file)]
            data = Page(folder).data()
            for i in range(101):
                called = [label for p, label in rows if p > i / 100]
                self.assertEqual((data["tp"][i], data["fp"][i]), (sum(called), len(called) - sum(called)), i)
            scores = read_json(folder, "results.json")[part]
            self.assertEqual((data["tp"][50], data["fp"][50]), (scores["true_positives"], scores["false_positives"]))
            for key in ["sensitivity", "specificity"]:
                low, high = scores[f"{key}_95"]
                for mine, theirs in zip(data[key][50], (low, high)):
                    self.assertEqual(mine if mine is None else round(mine, 4), theirs if theirs is None else round(theirs, 4), key)

    def test_a_threshold_says_what_eval_says(self):
        data = Page("cv").data()
        for percent in [20, 37, 80]:
            evaluated = json.loads(run("eval", "--from", "cv/predictions.csv", "--threshold", percent / 100, "--json").stdout)
            self.assertEqual((data["tp"][percent], data["fp"][percent]), (evaluated["true_positives"], evaluated["false_positives"]))
            for key in ["sensitivity", "specificity"]:
                for mine, theirs in zip(data[key][percent], evaluated[f"{key}_95"]):
                    self.assertEqual(mine is None, theirs is None)
                    self.assertAlmostEqual(mine or 0, theirs or 0, delta=1e-5)

    def test_folds_and_trials_are_those_of_the_tables(self):
        results = read_json("cv", "results.json")
        rows = {row[0]: row[1:] for row in Page("cv").rows("folds-table")}
        self.assertEqual(rows["AUC"], [shown(fold["auc"]) for fold in results["folds"]] +
                         [shown(results["mean"]["auc"]), shown(results["deviation"]["auc"])])
        trials = sorted(read_csv("tune", "trials.csv"), key=lambda row: float(row["val_loss"]))
        page = Page("tune")
        for cells, row in zip(page.rows("trials"), trials):
            self.assertEqual(cells, [row["trial"], *list(row.values())[1:4], "finished", row["best_epoch"],
                                     *(shown(float(row[key]), 4) for key in ("val_loss", "val_auc", "val_f1_weighted"))])
        best = read_json("tune", f"trial-{int(trials[0]['trial']):03d}", "results.json")
        self.check_scores(page, "test", best["test"])

    def test_people_are_those_of_the_predictions(self):
        people = {}
        for row in read_csv("cv", "predictions.csv"):
            people.setdefault(row["subject"], []).append((float(row["p_all"]), row["class"] == row["label"]))
        rows = {row[0]: row[3:] for row in Page("cv").rows("people-table")}
        self.assertEqual(sorted(rows), sorted(people))
        for name, cells in people.items():
            self.assertEqual(rows[name][:2], [str(len(cells)), str(sum(right for _, right in cells))])
            self.assertAlmostEqual(float(rows[name][2]), sum(p for p, _ in cells) / len(cells), delta=6e-4)


class Refusals(unittest.TestCase):
    def test_it_says_what_is_wrong(self):
        self.assertIn("is no folder of leukvk train, cv or tune", run("report", "two", status=2).stderr)
        run("report", status=2)
        run("report", "run", "cv", "--out", "x.html", status=2)
        self.assertIn(".html", run("report", "run", "--out", "x.txt", status=2).stderr)
        shutil.copytree(WORK / "run", WORK / "broken")
        (WORK / "broken" / "results.json").write_text("{", encoding="utf-8")
        self.assertIn("results.json", run("report", "broken", status=1).stderr)

    def test_a_run_that_is_not_finished_has_its_curves(self):
        shutil.copytree(WORK / "run", WORK / "unfinished")
        (WORK / "unfinished" / "results.json").unlink()
        run("report", "unfinished")
        page = Page("unfinished")
        self.assertIn("the training is not finished", page.ids["summary"]["text"])
        self.assertIn("chart-learning-loss", page.ids)
        self.assertNotIn("scores", page.ids)


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1])
