#!/usr/bin/env python3
"""Makes calls of leukvk fail one by one, and kills it, in all that it does with files; each time it must say so and lose nothing.

    tests/torture/torture.py PROGRAM LIBRARY [--each N] [--minutes M] [--only KIND,...] [--work NAME] [--seed N] [--jobs N]
        [--device DEVICE] [--vulkan DEVICE]

PROGRAM is leukvk, LIBRARY the library of inject.h. Without --each every case is run; --each N: N cases for each command and kind,
drawn from the seed. --minutes M: as many as M minutes allow, in an order drawn from the seed. Kinds:

    write fsync rename open mkdir unlink flock   the n-th such call fails (full disk, error of the disk, no more open files, ...)
    memory, library                              the n-th allocation by the program, by libraries that read and write files, fails
    vulkan                                       the n-th call of each Vulkan function gives each of its errors
    step, moment                                 SIGKILL before the n-th call on files; after a random time

A case passes when the program ends by itself, within the time limit, with exit status 1 (3: the device was lost) and a line that begins with "leukvk:" and tells
the file and the reason; or, where it could do without, with status 0 and the right files. Each file that was there before holds its old
or its new bytes. Then the command, or that which goes on with it, gives the files of a run that nothing disturbed.
"""
import argparse
import collections
import concurrent.futures
import errno
import itertools
import os
import pathlib
import random
import re
import shutil
import sys
import tempfile
import threading
import time
import xml.etree.ElementTree

import injection
import works

FAILURES = {
    "write": (errno.ENOSPC, errno.EIO, "short", f"{errno.ENOSPC}+"),
    "fsync": (errno.EIO, errno.ENOSPC),
    "rename": (errno.EIO, errno.ENOSPC),
    "open": (errno.EIO, errno.EMFILE, errno.ENOSPC),
    "mkdir": (errno.ENOSPC,),
    "unlink": (errno.EIO,),
    "flock": (errno.ENOLCK,),
}
# What went wrong once, as the failures of that time; with --each.
ONCE_WRONG = (
    ("predict", "fsync", 2, errno.EIO),        # of the folder, after the rename: was not told
    ("crop", "write", 1, "short"),             # of the mark of an unfinished tree: was refused
    ("tune", "rename", 5, errno.EIO),          # of config.json: the same command did not go on
    ("export", "step", 3, "kill"),             # left its temporary file for ever
    ("export, joined", "step", 30, "kill"),    # the same
    ("calibrate", "step", 30, "kill"),         # between a run's own model and that of its refit
    ("calibrate", "memory", 85, errno.ENOMEM),  # the refit was not calibrated
    ("crop, formats", "library", 8, errno.ENOMEM),  # libtiff's: the picture was left out as a broken one
    ("data --json", "memory", 330, errno.ENOMEM),  # a name was null
)
DEVICE_LOST, OUT_OF_DEVICE_MEMORY = -4, -2
# Always among the sample with --each: what every batch hangs on.
ALWAYS = (
    ("train --resume", "vulkan", 2, ("vkQueueSubmit", DEVICE_LOST)),
    ("train --resume", "vulkan", 2, ("vkWaitForFences", DEVICE_LOST)),
    ("train --resume", "vulkan", 2, ("vkAllocateMemory", OUT_OF_DEVICE_MEMORY)),
)
KINDS = (*FAILURES, "memory", "library", "vulkan", "step", "moment")
REGISTRY = pathlib.Path("/usr/share/vulkan/registry/vk.xml")
PAUSE = os.environ.get("LEUKVK_TORTURE_PAUSE")  # no case begins while this file exists

Case = collections.namedtuple("Case", "kind work number how")


class Wrong(Exception):
    pass


def vulkan_errors():
    """The errors of each function, by the standard, as numbers; and a time-out for the wait."""
    root = xml.etree.ElementTree.parse(REGISTRY).getroot()
    numbers = {}
    for item in root.iter("enum"):
        name = item.get("name")
        if name and name.startswith("VK_ERROR") and item.get("value"):
            numbers[name] = int(item.get("value"))
    found = {}
    for command in root.iter("command"):
        codes = command.get("errorcodes")
        if codes:
            found[command.findtext("proto/name")] = [numbers[code] for code in codes.split(",") if code in numbers]
    found["vkWaitForFences"] = [*found["vkWaitForFences"], 2]  # VK_TIMEOUT
    return found


class Torture:
    def __init__(self, options):
        self.options = options
        self.scratch = pathlib.Path(tempfile.mkdtemp(prefix="leukvk-torture-"))
        self.program = injection.Program(options.program, options.library, self.scratch)
        self.number = itertools.count()
        self.ends = collections.defaultdict(collections.Counter)  # by kind and work
        self.wrong = []
        self.lock = threading.Lock()

    # ---- one case ----

    def copy(self, work):
        folder = self.scratch / f"case-{next(self.number)}"
        shutil.copytree(work.template, folder)
        return folder

    def measure(self, work):
        """Runs the work undisturbed: its files, its number of calls, its time."""
        folder = self.copy(work)
        began = time.monotonic()
        outcome = self.program.run(work.command, folder)
        work.seconds = time.monotonic() - began
        if outcome.status != 0:
            raise SystemExit(f"torture: {work.name}: status {outcome.status} where nothing fails\n{outcome.out}{outcome.err}")
        work.before, work.expected, work.counted = works.contents(work.template), works.contents(folder), outcome
        shutil.rmtree(folder)
        folder = self.copy(work)  # the libraries that decode pictures are in leukvk itself for this kind alone
        outcome.calls["library"] = self.program.run(work.command, folder, "library:0:0").calls["library"]
        shutil.rmtree(folder)

    def told(self, case, outcome):
        """Fails unless the last line tells what failed."""
        lines = outcome.err.strip().splitlines()
        last = next((line for line in reversed(lines) if line.startswith("leukvk:")), None)
        if not last:
            raise Wrong(f"status {outcome.status} without a line that begins with 'leukvk:'")
        if case.kind in FAILURES:
            reason = os.strerror(int(str(case.how).rstrip("+")))
            name = re.sub(r"\.tmp-[a-z2-7]{13}$", "", pathlib.Path(outcome.path).name)
            named = name in last or "+" in str(case.how) or os.path.isdir(outcome.path)  # any of several threads; a file of the folder
            if reason not in last or not named:
                raise Wrong(f"the line names not both '{name}' and '{reason}'")
        elif case.kind in ("memory", "library"):
            if "memory" not in last:
                raise Wrong("the line tells of no lack of memory")

    def left_out(self, case, outcome):
        """Whether a picture could not be opened, which is named and left out, as a broken one is."""
        name = pathlib.Path(outcome.path).name
        return case.kind == "open" and name.endswith((".png", ".bmp")) and (name in outcome.err or case.work.name == "report")

    def judge(self, case, outcome, folder):
        """What became of the disturbed run, as a word for the table. Raises Wrong."""
        killed = case.kind in ("step", "moment")
        if outcome.status is None:
            raise Wrong("hangs")
        if outcome.status < 0 and not (killed and outcome.status == -9):
            raise Wrong(f"ended by signal {-outcome.status}")
        if self.left_out(case, outcome):
            return "left out"
        after = works.contents(folder)
        for name, old in case.work.before.items():
            if not name.startswith("out") and after.get(name) not in (old, case.work.expected.get(name)):  # a run in "out" goes on
                raise Wrong(f"{name} has neither its old nor its new bytes")
        if outcome.status == 0:
            if after != case.work.expected:
                raise Wrong(f"status 0, but {differences(after, case.work.expected)}")
            if case.work.printed and outcome.out != case.work.counted.out:
                raise Wrong("status 0, but it printed something else")
            in_cache = "cache" in pathlib.Path(outcome.path).parts
            if case.kind in ("write", "fsync", "rename", "mkdir") and case.how != "short" and outcome.injected and not in_cache:
                raise Wrong(f"status 0, though {case.kind} of {outcome.path} failed")
            if case.kind == "vulkan" and case.how[1] == DEVICE_LOST and outcome.injected:
                raise Wrong("status 0, though the device was lost")
            return "did without" if outcome.injected else "not reached" if not killed else "was faster"
        if killed:
            return "killed"
        if case.how == "short":
            raise Wrong("a short write must be continued")
        lost = case.kind == "vulkan" and case.how[1] == DEVICE_LOST
        if outcome.status not in ((1, 3) if lost else (1,)):
            raise Wrong(f"status {outcome.status}, not 1")
        self.told(case, outcome)
        if outcome.live > max(case.work.counted.live, 0) and case.kind in ("memory", "library"):
            raise Wrong(f"{outcome.live} allocations are left, {case.work.counted.live} where nothing fails")
        return "told"

    def run(self, case):
        while PAUSE and os.path.exists(PAUSE):
            time.sleep(5)
        work, folder = case.work, self.copy(case.work)
        outcome = None
        try:
            if case.kind == "moment":
                outcome = self.program.run(work.command, folder, kill_after=case.number, whole_group=case.how == "all")
            else:
                outcome = self.program.run(work.command, folder, f"{'files' if case.kind == 'step' else case.how[0] if case.kind == 'vulkan' else case.kind}:"
                                           f"{case.number}:{case.how[1] if case.kind == 'vulkan' else case.how}")
            end = self.judge(case, outcome, folder)
            if end not in ("not reached", "left out") and outcome.status != 0:
                self.repair(case, folder)
        except Wrong as wrong:
            end = "WRONG"
            said = outcome.err.strip() if outcome else ""
            with self.lock:
                self.wrong.append(f"{describe(case)}: {wrong}\n    {outcome.path}\n    {said}")
                print(f"WRONG {self.wrong[-1]}", flush=True)
        shutil.rmtree(folder, ignore_errors=True)
        with self.lock:
            self.ends[case.kind, work.name][end] += 1

    def repair(self, case, folder):
        """What was disturbed is done again, or goes on, and must give the files of an undisturbed run. A kill may come when all is
        there already, and what writes to an empty folder only is then right to refuse."""
        if works.contents(folder) == case.work.expected:
            return
        command = case.work.repair(folder)
        until = time.monotonic() + 30  # children whose parent was killed may still hold the lock
        again = self.program.run(command, folder)
        while again.status != 0 and "another process" in again.err and time.monotonic() < until:
            time.sleep(0.2)
            again = self.program.run(command, folder)
        if again.status != 0 and "is already calibrated" not in again.err:  # which only one that is whole is
            raise Wrong(f"afterwards '{' '.join(map(str, command))}' gives status {again.status}: {again.err.strip()}")
        after = works.contents(folder)
        if after != case.work.expected:
            raise Wrong(f"afterwards {differences(after, case.work.expected)}")

    # ---- all cases ----

    def cases_of(self, work, kind, rng):
        """A list of all cases, of which the sample is drawn."""
        calls = work.counted.calls
        if kind == "moment":
            return [Case(kind, work, round(rng.uniform(0, work.seconds), 4), rng.choice(("all", "parent"))) for _ in range(self.options.moments)]
        if kind == "step":
            return [Case(kind, work, n, "kill") for n in range(1, calls["files"] + 1)]
        if kind == "vulkan":
            errors = vulkan_errors()
            return [Case(kind, work, n, (function, how)) for function in work.counted.functions for how in errors[function]
                    for n in range(1, self.options.vulkan_calls + 1)]
        if kind in ("memory", "library"):
            return [Case(kind, work, n, how) for n in range(1, calls[kind] + 1) for how in (errno.ENOMEM,)]
        return [Case(kind, work, n, how) for n in range(1, calls[kind] + 1) for how in FAILURES[kind]]

    def all_cases(self, todo):
        rng = random.Random(self.options.seed)
        cases = []
        for work in todo:
            for kind in self.options.only:
                found = self.cases_of(work, kind, rng) if kind != "vulkan" or work.counted.functions else []
                cases += found if self.options.each is None else rng.sample(found, min(self.options.each, len(found)))
        if self.options.minutes:
            rng.shuffle(cases)
        elif self.options.each:
            cases += [Case(kind, work, number, how) for name, kind, number, how in (*ONCE_WRONG, *ALWAYS) for work in todo
                      if work.name == name and kind in self.options.only]
        return cases

    def main(self):
        todo = works.make(self.program, self.scratch / "base", self.options.device)
        if self.options.work:
            todo = [work for work in todo if work.name in self.options.work]
        for work in todo:
            self.measure(work)
        cases = self.all_cases(todo)
        until = time.monotonic() + 60 * self.options.minutes if self.options.minutes else None
        with concurrent.futures.ThreadPoolExecutor(self.options.jobs) as pool:
            list(pool.map(lambda case: self.run(case) if not until or time.monotonic() < until else None, cases))
        shutil.rmtree(self.scratch, ignore_errors=True)
        self.report(len(cases))
        return 1 if self.wrong else 0

    def report(self, planned):
        print(f"| {'kind':8} | {'command':20} | cases | ends |\n|---|---|---:|---|")
        total = collections.Counter()
        for (kind, work), ends in sorted(self.ends.items(), key=lambda item: (self.options.only.index(item[0][0]), item[0][1])):
            print(f"| {kind:8} | {work:20} | {sum(ends.values()):5} | {', '.join(f'{count} {end}' for end, count in sorted(ends.items()))} |")
            total += ends
        print(f"\nseed {self.options.seed}: {sum(total.values())} of {planned} cases: "
              f"{', '.join(f'{count} {end}' for end, count in sorted(total.items()))}")


def describe(case):
    return f"{case.work.name}: {case.kind} {case.number} {case.how}"


def differences(found, expected):
    lost, more = sorted(set(expected) - set(found)), sorted(set(found) - set(expected))
    other = sorted(name for name in set(found) & set(expected) if found[name] != expected[name])
    return f"missing: {lost}; too many: {more}; other bytes: {other}"


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("program")
    parser.add_argument("library")
    parser.add_argument("--each", type=int)
    parser.add_argument("--minutes", type=float)
    parser.add_argument("--only", default=[kind for kind in KINDS if kind != "vulkan"], type=lambda text: text.split(","))
    parser.add_argument("--work", action="append")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--jobs", type=int, default=os.cpu_count())
    parser.add_argument("--device", default="cpu")
    parser.add_argument("--moments", type=int, default=20, help="kills at random moments for each command")
    parser.add_argument("--vulkan-calls", type=int, default=3, help="the first so many calls of each Vulkan function")
    options = parser.parse_args()
    for kind in options.only:
        if kind not in KINDS:
            parser.error(f"--only {kind}: one of {', '.join(KINDS)}")
    sys.exit(Torture(options).main())


if __name__ == "__main__":
    main()
