#!/usr/bin/env python3
"""Man pages and completions that are made of the program's help: each verb and option is in them.

    tests/e2e/help_files.py PROGRAM SOURCES
"""
import gzip
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile
import unittest

PROGRAM, SOURCES = (pathlib.Path(word).resolve() for word in sys.argv[1:3])


def run(*command):
    done = subprocess.run([str(word) for word in command], capture_output=True, text=True, check=False, timeout=100)
    if done.returncode != 0:
        raise AssertionError(f"{command}: status {done.returncode}\n{done.stdout}\n{done.stderr}")
    return done.stdout


class HelpFiles(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.folder = pathlib.Path(tempfile.mkdtemp(prefix="leukvk help "))
        cls.addClassCleanup(shutil.rmtree, cls.folder)
        run(SOURCES / "tools" / "help-files.py", PROGRAM, cls.folder)
        cls.verbs = re.findall(r"^ {2}([a-z][a-z-]*) {2,}\S", run(PROGRAM, "--help"), flags=re.M)
        cls.options = {verb: re.findall(r"^ {2,6}(?:-\w, )?(--[\w-]+)", 
                                        run(PROGRAM, verb, "--help").partition("\n  -q, --quiet")[0] + "\n  -q, --quiet", flags=re.M)
                       for verb in cls.verbs}

    def complete(self, *words):
        script = ('source "$1"; shift; COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); compopt() { :; }; _leukvk; '
                  'printf "%s\\n" "${COMPREPLY[@]}"')
        return run("bash", "-c", script, "bash", self.folder / "bash" / "leukvk", "leukvk", *words).splitlines()

    def test_every_verb_has_a_page_with_all_its_options(self):
        self.assertGreater(len(self.verbs), 15)
        pages = {path.name: gzip.decompress(path.read_bytes()).decode() for path in (self.folder / "man1").iterdir()}
        self.assertEqual(set(pages), {f"leukvk-{verb}.1.gz" for verb in [*self.verbs, "fetch-weights"]} | {"leukvk.1.gz"})
        for verb in self.verbs:
            text = pages[f"leukvk-{verb}.1.gz"].replace("\\-", "-")
            self.assertEqual([option for option in self.options[verb] if f"\\fB{option}\\fR" not in text], [], verb)
            self.assertIn(f".BR leukvk-{verb} (1)", pages["leukvk.1.gz"].replace("\\-", "-"))

    def test_groff_has_nothing_to_say(self):
        for path in sorted((self.folder / "man1").iterdir()):
            plain = self.folder / "page"
            plain.write_bytes(gzip.decompress(path.read_bytes()))
            done = subprocess.run(["groff", "-man", "-Tutf8", "-Kutf8", "-ww", "-z", str(plain)], capture_output=True, text=True, check=True)
            self.assertEqual(done.stderr, "", path.name)

    def test_bash_completes_verbs_options_and_choices(self):
        self.assertEqual(self.complete("tun"), ["tune", "tune-kernels"])
        self.assertEqual(self.complete("predict", "--form"), ["--format="])
        self.assertEqual(self.complete("predict", "--format", "=", "c"), ["csv"])
        self.assertEqual(self.complete("predict", "--by-subject", "--str"), ["--strict"])
        self.assertEqual(self.complete("predict", str(SOURCES / "READ")), [str(SOURCES / "README.md")])
        for verb in self.verbs:
            self.assertEqual([word.rstrip("=") for word in self.complete(verb, "--")], self.options[verb], verb)

    def test_zsh_has_all_options(self):
        text = (self.folder / "zsh" / "_leukvk").read_text(encoding="utf-8")
        for verb in self.verbs:
            part = re.search(rf"^        {verb}\)\n(.*?);;", text, flags=re.S | re.M)[1]
            self.assertEqual(re.findall(r"'\*(--[\w-]+)=?\[", part), self.options[verb], verb)
        if shutil.which("zsh"):
            run("zsh", "-n", self.folder / "zsh" / "_leukvk")


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1], verbosity=2)
