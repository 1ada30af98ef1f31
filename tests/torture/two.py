#!/usr/bin/env python3
"""Two processes at once, on the same run, search, cache or file: one is refused, or both are right.

    tests/torture/two.py PROGRAM LIBRARY [DEVICE]
"""
import pathlib
import shutil
import sys
import tempfile
import time
import unittest

import injection
import works

DEVICE = sys.argv[3] if len(sys.argv) > 3 else "cpu"
BUSY = "another process works in this folder"


class Two(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.base = pathlib.Path(tempfile.mkdtemp(prefix="leukvk-two-"))
        cls.program = injection.Program(sys.argv[1], sys.argv[2], cls.base)
        cls.run_once(cls.base, "synth", "data", "--images", 40, "--subjects", 16, "--size", 64, "--format", "png", "-q")
        cls.train = ("train", "--data", cls.base / "data", "--out", "out", "--image-size", 32, "--epochs", 4, "-q", "--device", DEVICE)
        cls.folders = 0
        cls.alone = cls.undisturbed(cls.train)

    @classmethod
    def tearDownClass(cls):
        shutil.rmtree(cls.base)

    @classmethod
    def run_once(cls, folder, *command, status=0):
        outcome = cls.program.run(command, folder)
        if outcome.status != status:
            raise AssertionError(f"{command}: status {outcome.status}, not {status}\n{outcome.out}{outcome.err}")
        return outcome

    @classmethod
    def folder(cls):
        cls.folders += 1
        folder = cls.base / f"folder-{cls.folders}"
        folder.mkdir()
        return folder

    @classmethod
    def undisturbed(cls, command):
        folder = cls.folder()
        cls.run_once(folder, *command)
        return works.contents(folder)

    def together(self, folder, *commands):
        """Starts the commands at once; their statuses and what they told."""
        processes = [self.program.start(command, folder) for command in commands]
        ends = [process.communicate(timeout=injection.LIMIT) for process in processes]
        return [(process.returncode, err.decode(errors="replace")) for process, (_, err) in zip(processes, ends)]

    def expect_one_or_refused(self, ends):
        """At least one has done its work; another may have been told that the folder is taken."""
        self.assertIn(0, [status for status, _ in ends], ends)
        for status, err in ends:
            self.assertTrue(status == 0 or (status == 1 and (BUSY in err or "is not empty" in err)), ends)

    def begun(self, folder):
        """Leaves a training that was killed once it had a checkpoint."""
        process = self.program.start(self.train, folder)
        until = time.monotonic() + injection.LIMIT
        while process.poll() is None and not (folder / "out/checkpoint-last.safetensors").exists() and time.monotonic() < until:
            time.sleep(0.001)
        injection.kill(process, True)
        process.communicate()

    def test_two_trainings_into_one_folder(self):
        for _ in range(3):
            folder = self.folder()
            ends = self.together(folder, self.train, self.train)
            self.assertEqual(sorted(status for status, _ in ends), [0, 1], ends)
            self.expect_one_or_refused(ends)
            self.assertEqual(works.contents(folder), self.alone)

    def test_two_resumes_of_one_run(self):
        for _ in range(3):
            folder = self.folder()
            self.begun(folder)
            self.expect_one_or_refused(self.together(folder, *2 * [("train", "--resume", "out", "-q")]))
            self.assertEqual(works.contents(folder), self.alone)

    def test_predict_while_a_training_writes(self):
        folder = self.folder()
        self.begun(folder)
        picture = next((self.base / "data").rglob("*.png"))
        process = self.program.start(("train", "--resume", "out", "--epochs", 60, "-q"), folder)
        predictions = 0
        while process.poll() is None:
            outcome = self.program.run(("predict", "--model", "out/checkpoint-last.safetensors", picture, "-q", "--device", DEVICE), folder)
            self.assertEqual(outcome.status, 0, outcome.err)
            predictions += 1
        process.communicate()
        self.assertEqual(process.returncode, 0)
        self.assertGreater(predictions, 1)

    def test_two_searches_in_one_folder(self):
        command = ("tune", "--data", self.base / "data", "--grid", "learning-rate=0.001,0.01", "--grid", "epochs=1", "--image-size", 32, "--out",
                   "out", "-q", "--device", DEVICE)
        alone = self.undisturbed(command)
        folder = self.folder()
        self.expect_one_or_refused(self.together(folder, command, command))
        self.assertEqual(works.contents(folder), alone)

    def test_two_cross_validations_in_one_folder(self):
        command = ("cv", "--data", self.base / "data", "--folds", 2, "--image-size", 32, "--epochs", 1, "--out", "out", "-q", "--device", DEVICE)
        alone = self.undisturbed(command)
        folder = self.folder()
        self.expect_one_or_refused(self.together(folder, command, command))
        self.assertEqual(works.contents(folder), alone)

    def test_two_processes_with_one_cache(self):
        """Features of a backbone, which the first that has them leaves for others."""
        folder = self.folder()
        weights = works.make_weights(lambda *words: self.run_once(folder, *words), self.base / "data", folder)
        command = ("train", "--data", self.base / "data", "--model", "resnet18", "--weights", weights, "--image-size", 32, "--epochs", 1,
                   "--no-refit", "-q", "--device", DEVICE)
        ends = self.together(folder, (*command, "--out", "a"), (*command, "--out", "b"))
        self.assertEqual([status for status, _ in ends], [0, 0], ends)
        self.run_once(folder, *command, "--out", "c")  # with what they left
        a, b, c = (works.contents(folder / name) for name in "abc")
        self.assertEqual(a, b)
        self.assertEqual(a, c)
        self.assertEqual(len(list((folder / "cache").rglob("features-*"))), 1)  # no temporary file is left

    def test_two_writers_of_one_file(self):
        folder = self.folder()
        self.begun(folder)
        pictures = sorted((self.base / "data").rglob("*.png"))[:6]
        command = ("predict", "--model", "out/checkpoint-last.safetensors", *pictures, "--format", "csv", "--out", "table.csv", "-q", "--device", DEVICE)
        self.run_once(folder, *command)
        expected = (folder / "table.csv").read_bytes()
        for status, err in self.together(folder, *4 * [command]):
            self.assertEqual(status, 0, err)
        self.assertEqual((folder / "table.csv").read_bytes(), expected)
        self.assertEqual(list(folder.glob("*.tmp-*")), [])


if __name__ == "__main__":
    unittest.main(argv=[sys.argv[0], "-v"])
