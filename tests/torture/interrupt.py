#!/usr/bin/env python3
"""Ctrl-C: every long verb ends soon after the first SIGINT, says so in a line, and leaves nothing half-written that looks whole.

    tests/torture/interrupt.py PROGRAM [--moments N] [--seed N] [--seconds S] [--only TEXT]

Each verb gets SIGINT at N moments (2), the first of which is well within its work. Its process must end within S seconds (2) of its own time and that of others, by the signal or
with status 130, with a last line that begins with "leukvk:" and says "interrupted" or "stopped". What it writes must not be there,
or be whole, or be marked as unfinished; afterwards the same command, or --resume, must end well.
"""
import argparse
import collections
import os
import pathlib
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import time

import injection
import works

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2] / "tools"))
import many_images

MARK = ".leukvk-unfinished"
RESUME = ("train", "--resume", "out", "-q")
Verb = collections.namedtuple("Verb", "name command until writes again", defaults=((), None))


def make(program, base):
    """Draws the images, trains a model; the verbs, each with the time within which it is disturbed."""
    def run(*words):
        outcome = program.run(words, base)
        if outcome.status != 0:
            raise SystemExit(f"interrupt: {words}: status {outcome.status}\n{outcome.err}")

    cpu = ("--device", "cpu")
    many_images.main(str(base / "many"), 3000)
    for old, new in (("a", "all"), ("b", "hem")):
        (base / "many" / old).rename(base / "many" / new)
    run("synth", "cells", "--images", 60, "--subjects", 16, "--size", 64, "--format", "png", "-q")
    weights = works.make_weights(run, base / "cells", base)
    train = ("train", "--data", base / "cells", "--out", "out", "--image-size", 64, "--epochs", 1000, *cpu)
    run("train", "--data", "cells", "--out", "run", "--image-size", 32, "--epochs", 1, "-q", *cpu)
    shutil.copytree(base / "cache", base / "tested")
    run("predict", "--model", "run", base / "cells", "--format", "csv", "--out", "table.csv", "-q", *cpu)
    many, model = base / "many", base / "run"
    features = ("train", "--data", base / "cells", "--out", "out", "--model", "resnet18", "--weights", weights, "--views", 8, "--epochs", 1000, *cpu)
    predict = ("predict", "--model", model, many, "-q", *cpu)
    return [
        Verb("train, self-test", train, 0.15, ("out",), ("train", *train[1:-4], "--epochs", 1, "-q", *cpu)),
        Verb("train", train, 0.8, ("out",), RESUME),
        Verb("train, features", features, 0.8, ("out",), RESUME),
        Verb("train, many images", ("train", "--data", many, "--out", "out", "--image-size", 32, *cpu), 0.8, ("out",)),
        Verb("cv", ("cv", "--data", base / "cells", "--out", "out", "--image-size", 64, "--epochs", 1000, *cpu), 0.8, ("out",)),
        Verb("tune", ("tune", "--data", base / "cells", "--grid", "learning-rate=0.001,0.01", "--grid", "epochs=1000", "--image-size", 64,
                      "--out", "out", "--jobs", 2, *cpu), 0.8, ("out",)),
        Verb("predict", (*predict, "--format", "csv", "--out", "table.csv"), 0.5, ("table.csv",)),
        Verb("predict --sort", (*predict, "--sort", "sorted", "--format", "csv", "--out", "/dev/null"), 0.7, ("sorted",)),
        Verb("eval", ("eval", "--model", model, "--data", many, "--out", "scores.csv", *cpu), 0.5, ("scores.csv",)),
        Verb("explain", ("explain", model, many, "--out", "maps", *cpu), 0.5, ("maps",)),
        Verb("report", ("report", "run", *cpu), 0.3, ("run/report.html",)),
        Verb("calibrate", ("calibrate", "run", "--temperature", "--from", "run/predictions-validation.csv"), 0.01),
        Verb("export", ("export", "run", "--format", "onnx", "-o", "cells.onnx"), 0.01, ("cells.onnx",)),
        Verb("selftest", ("selftest", *cpu), 0.5),
        Verb("tune-kernels", ("tune-kernels", "--device", "0"), 0.5),
        Verb("bench", ("bench", "w1", *cpu), 0.5),
        Verb("crop", ("crop", many, "crops", "--mode", "center:32", "-q"), 0.3, ("crops",)),
        Verb("synth", ("synth", "drawn", "--images", 2000, "--size", 96, "-q"), 0.4, ("drawn",)),
        Verb("data", ("data", many, "--report", "page.html", "--split", "split.json"), 0.2, ("page.html", "split.json")),
        Verb("serve", ("serve", model, "--port", 0, *cpu), 0.5),
        Verb("watch", ("watch", model, "--port", 0), 0.5),
    ]


class Interrupt:
    def __init__(self, options):
        self.options = options
        self.base = pathlib.Path(tempfile.mkdtemp(prefix="leukvk-interrupt-"))
        self.program = injection.Program(options.program, None, self.base)
        self.program.environment["VK_LOADER_LAYERS_DISABLE"] = "all"
        self.wrong, self.folders = [], 0

    def looks_whole(self, verb, folder):
        """What the verb has left that looks whole, though it was interrupted."""
        for name in verb.writes:
            path = folder / name
            if path.is_dir() and name != "out" and not (path / MARK).exists() and any(path.iterdir()):
                return f"{name} has no mark of an unfinished folder"
        return None

    def disturb(self, verb, moment):
        """How it ended, and the seconds from the signal to the end."""
        self.folders += 1
        folder = self.base / f"folder-{self.folders}"
        folder.mkdir()
        shutil.copytree(self.base / "run", folder / "run")
        if "self-test" not in verb.name:
            shutil.copytree(self.base / "tested", folder / "cache")
        process = self.program.start(verb.command, folder)
        try:
            process.wait(moment)
        except subprocess.TimeoutExpired:
            pass
        faster = process.poll() is not None
        began = time.monotonic()
        process.send_signal(signal.SIGINT)
        out, err = process.communicate(timeout=60)
        took = time.monotonic() - began
        err = err.decode(errors="replace").strip()
        last = err.splitlines()[-1] if err else ""
        what = f"{verb.name} after {moment:.3f} s"
        if faster or process.returncode == 0:
            if process.returncode != 0:
                raise SystemExit(f"interrupt: {what}: status {process.returncode} where nothing disturbs\n{err}")
            if verb.name not in ("serve", "watch"):
                shutil.rmtree(folder)
                return "was faster", 0
        elif process.returncode not in (130, -signal.SIGINT):
            self.wrong.append(f"{what}: status {process.returncode}: {err}")
        elif moment > 0.1 and not (last.startswith("leukvk:") and ("interrupted" in last or "stopped" in last)):
            self.wrong.append(f"{what}: no line that says so: {err}")
        if took > self.options.seconds:
            self.wrong.append(f"{what}: ended {took:.2f} s after the signal")
        left = self.looks_whole(verb, folder)
        if left:
            self.wrong.append(f"{what}: {left}")
        if verb.again:
            begun = (folder / "out/config.json").exists()
            command = verb.again if begun == ("--resume" in verb.again) else RESUME if begun else ()
            if command and "--resume" in command:  # to the end of the epoch within which it was stopped
                rows = (folder / "out/metrics.csv").read_text(encoding="utf-8").count("\n") if (folder / "out/metrics.csv").exists() else 1
                command = (*command, "--epochs", max(rows, 1) + 1)
            outcome = self.program.run(command, folder) if command else None
            if outcome and outcome.status != 0:
                self.wrong.append(f"{what}: then {command}: status {outcome.status}: {outcome.err.strip()}")
        elif verb.name in ("predict --sort", "crop", "synth", "explain"):
            outcome = self.program.run(verb.command, folder) if verb.name != "explain" else None
            if outcome and outcome.status != 0:
                self.wrong.append(f"{what}: then the same command: status {outcome.status}: {outcome.err.strip()}")
        shutil.rmtree(folder)
        return "interrupted", took

    def main(self):
        rng = random.Random(self.options.seed)
        slowest = 0
        for verb in make(self.program, self.base):
            if self.options.only not in verb.name:
                continue
            ends = collections.Counter()
            most = 0
            for i in range(self.options.moments):
                end, took = self.disturb(verb, verb.until * (1 - rng.random() * (i > 0)))
                ends[end] += 1
                most = max(most, took)
            slowest = max(slowest, most)
            print(f"{verb.name:20} {', '.join(f'{count} {end}' for end, count in sorted(ends.items())):30} slowest {most:.2f} s", flush=True)
        for line in self.wrong:
            print(f"WRONG {line}")
        shutil.rmtree(self.base)
        return 1 if self.wrong else 0


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("program")
    parser.add_argument("--moments", type=int, default=2)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--seconds", type=float, default=2)
    parser.add_argument("--only", default="")
    sys.exit(Interrupt(parser.parse_args()).main())


if __name__ == "__main__":
    main()
