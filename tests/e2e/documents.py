#!/usr/bin/env python3
"""The documents: README's program runs and agrees with `leukvk predict`, and check-docs.py finds what is wrong in them.

    tests/e2e/documents.py PROGRAM EXAMPLE SOURCES
"""
import csv
import pathlib
import shutil
import subprocess
import sys
import tempfile
import unittest

PROGRAM, EXAMPLE, SOURCES = (pathlib.Path(word).resolve() for word in sys.argv[1:4])


def run(*command, status=0):
    done = subprocess.run([str(word) for word in command], capture_output=True, text=True, check=False, timeout=300)
    if done.returncode != status:
        raise AssertionError(f"{command}: status {done.returncode}, not {status}\n{done.stdout}\n{done.stderr}")
    return done


class Example(unittest.TestCase):
    def setUp(self):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="leukvk documents "))

    def tearDown(self):
        shutil.rmtree(self.folder)

    def test_it_prints_the_probability_that_predict_gives(self):
        cells, model, table = self.folder / "cells", self.folder / "run", self.folder / "table.csv"
        run(PROGRAM, "synth", cells, "--images", 40, "--subjects", 10, "--size", 64)
        run(PROGRAM, "train", "--data", cells, "--epochs", 1, "--image-size", 32, "--out", model)
        image = sorted(cells.glob("**/*.bmp"))[0]
        run(PROGRAM, "predict", "--model", model, image, "--format", "csv", "--out", table)
        with open(table, encoding="utf-8", newline="") as file:
            row = next(csv.DictReader(file))
        self.assertEqual(run(EXAMPLE, model, image).stdout, f"{image}: p_all {float(row['p_all']):.6f}\n")

    def test_it_says_what_is_wrong(self):
        done = run(EXAMPLE, self.folder / "nowhere", self.folder / "cell.bmp", status=1)
        self.assertEqual(done.stdout, "")
        self.assertIn("nowhere", done.stderr)
        run(EXAMPLE, status=2)


class CheckDocs(unittest.TestCase):
    """On a copy of the documents, in which one thing after the other is wrong."""

    def setUp(self):
        self.root = pathlib.Path(tempfile.mkdtemp(prefix="leukvk documents "))
        listed = ["git", "-C", SOURCES, "ls-files", "--cached", "--others", "--exclude-standard"]
        git = subprocess.run(listed, capture_output=True, text=True, check=False)
        files = git.stdout.splitlines() if git.returncode == 0 else [
            str(path.relative_to(SOURCES)) for folder in ["docs", "src", "tools", "tests", "examples", "include"]
            for path in SOURCES.glob(f"{folder}/**/*")] + [path.name for path in SOURCES.glob("*")]
        for name in files:
            if (SOURCES / name).is_file():
                (self.root / name).parent.mkdir(parents=True, exist_ok=True)
                shutil.copy(SOURCES / name, self.root / name)

    def tearDown(self):
        shutil.rmtree(self.root)

    def check(self, *options, status=0):
        return run(sys.executable, self.root / "tools" / "check-docs.py", PROGRAM, *options, status=status).stdout

    def change(self, name, old, new):
        text = (self.root / name).read_text(encoding="utf-8")
        self.assertIn(old, text)
        (self.root / name).write_text(text.replace(old, new, 1), encoding="utf-8")

    def test_the_documents_are_right(self):
        self.check()

    def test_a_changed_example_is_found_and_written(self):
        self.change("examples/classify.c", "%.6f", "%.3f")
        self.assertIn("README.md: not what", self.check(status=1))
        self.check("--update")
        self.assertIn("%.3f", (self.root / "README.md").read_text(encoding="utf-8"))
        self.check()

    def test_output_of_another_version_is_found(self):
        self.change("docs/operators.md", "| `relu` |", "| `rule` |")
        self.assertIn("docs/operators.md: not what", self.check(status=1))

    def test_links_that_lead_nowhere_are_found(self):
        self.change("docs/README.md", "](model.md)", "](modle.md)")
        printed = self.check(status=1)
        self.assertIn("docs/README.md: the link to modle.md", printed)
        self.assertIn("docs/README.md: has no link to model.md", printed)

    def test_headings_that_are_not_there_are_found(self):
        self.change("docs/data-set.md", "## What models reach", "## What models score")
        self.assertIn("README.md: the link to docs/data-set.md#what-models-reach", self.check(status=1))

    def test_a_long_readme_is_found(self):
        with open(self.root / "README.md", "a", encoding="utf-8") as file:
            file.write("\n```\n" + "output " * 1000 + "\n```\n")
        self.check()
        with open(self.root / "README.md", "a", encoding="utf-8") as file:
            file.write("word " * 1000)
        self.assertIn("words outside code blocks", self.check(status=1))


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1], verbosity=2)
