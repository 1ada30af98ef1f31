#!/usr/bin/env python3
"""The installed library: what it shows to programs, and programs that are built with it.

    tests/e2e/library.py SOURCES BUILD
"""
import pathlib
import re
import subprocess
import sys
import unittest

SOURCES, BUILD = (pathlib.Path(word) for word in sys.argv[1:3])
HEADERS = sorted((SOURCES / "include" / "leukvk").glob("*.h")) + [BUILD / "include" / "leukvk" / "version.h"]


def run(*command, **options):
    done = subprocess.run([str(word) for word in command], capture_output=True, text=True, check=False, timeout=300, **options)
    if done.returncode != 0:
        raise AssertionError(f"{command}: status {done.returncode}\n{done.stdout}\n{done.stderr}")
    return done.stdout


def declarations():
    """The functions that the headers declare, each with the words before its name; static ones left out."""
    found = {}
    for header in HEADERS:
        text = re.sub(r"/\*.*?\*/", "", header.read_text(encoding="utf-8"), flags=re.S)
        text = re.sub(r"^\s*#(\\\n|.)*", "", text, flags=re.M)
        for before, name in re.findall(r"^(\w[\w \n*]*?)\b(lvk_\w+)\(", text, flags=re.M):
            if not before.startswith("static") and not before.startswith("typedef"):
                found[name] = (before, header.name)
    return found


def shown(*command):
    return sorted(line.split()[-1] for line in run(*command).splitlines() if len(line.split()) == 3)


class Library(unittest.TestCase):
    maxDiff = None

    def test_every_function_of_the_headers_is_marked(self):
        found = declarations()
        self.assertGreater(len(found), 150)
        for name, (before, header) in found.items():
            with self.subTest(function=name, header=header):
                self.assertTrue(before.startswith("LVK_API "), f"{header}: {name} is not marked LVK_API")

    def test_the_shared_library_exports_what_is_marked_and_nothing_else(self):
        self.assertEqual(shown("nm", "-D", "--defined-only", BUILD / "libleukvk.so"), sorted(declarations()))

    def test_the_archive_shows_the_same(self):
        """Of a process that has a volk or a libpng of its own, the linker must not take leukvk's."""
        self.assertEqual(shown("nm", "-g", "--defined-only", BUILD / "libleukvk.a"), sorted(declarations()))

    def test_the_name_that_programs_look_for_has_the_version(self):
        text = (BUILD / "include" / "leukvk" / "version.h").read_text(encoding="utf-8")
        major, minor = (re.search(rf"LEUKVK_VERSION_{part} (\d+)", text)[1] for part in ("MAJOR", "MINOR"))
        expected = f"libleukvk.so.0.{minor}" if major == "0" else f"libleukvk.so.{major}"
        self.assertEqual(re.search(r"SONAME\s+(\S+)", run("objdump", "-p", BUILD / "libleukvk.so"))[1], expected)


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1], verbosity=2)
