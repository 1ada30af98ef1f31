#!/usr/bin/env python3
"""Makes calls of leukvk fail one by one, and kills it, in all that it does with files; each time it must say so and lose nothing.

    tests/torture/torture.py PROGRAM LIBRARY [--sample N] [--only KIND,...] [--work NAME] [--place PLACE] [--depth N] [--calls N]
        [--seed N] [--jobs N] [--device DEVICE]

PROGRAM is leukvk, LIBRARY the library of inject.h. A place is a kind of call and the --depth (4) calls above it, found by runs in which
nothing fails. At each place of all commands together its first call fails, by each of its errors, in the smallest command that comes
there, and where there are more calls another one, in a command, that the seed draws (--calls 1: the first only). --sample N: only the
first calls at N places of each command and kind, spread evenly, and what went wrong once: always the same. Ctrl-C ends it and prints
what was run. Kinds:

    write fsync rename open mkdir unlink flock   such a call fails (full disk, error of the disk, no more open files, ...)
    memory, library                              an allocation by the program, by libraries that read and write files, fails
    vulkan                                       a call of a Vulkan function gives each of its errors
    step                                         SIGKILL before a call on files
    moment                                       SIGKILL after a random time, --moments times

A case passes when the program ends by itself, within the time limit, with exit status 1 (3: the device was lost) and a line that begins
with "leukvk:" or "leukvk VERB:" and tells the file and the reason; or, where it could do without, with status 0 and the right files. Each
file that was there before holds its old or its new bytes. Then the command, or that which goes on with it, gives the files of a run that
nothing disturbed.
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
DEVICE_LOST, OUT_OF_DEVICE_MEMORY = -4, -2
# With --sample: the n-th call of a command that went wrong once, as the failure of that time, and what every batch hangs on.
ALWAYS = (
    ("predict", "fsync", 2, errno.EIO),       # of the folder, after the rename: was not told
    ("crop", "write", 1, "short"),            # of the mark of an unfinished tree: was refused
    ("tune", "rename", 5, errno.EIO),         # of config.json: the same command did not go on
    ("export", "step", 3, "kill"),            # left its temporary file for ever
    ("export, joined", "step", 30, "kill"),   # the same
    ("calibrate", "step", 30, "kill"),        # between a run's own model and that of its refit
    ("eval", "memory", 1, errno.ENOMEM),      # while options are checked: status 2
    ("train --resume", "vkQueueSubmit", 2, DEVICE_LOST),
    ("train --resume", "vkWaitForFences", 2, DEVICE_LOST),
    ("train --resume", "vkAllocateMemory", 2, OUT_OF_DEVICE_MEMORY),
)
KINDS = (*FAILURES, "memory", "library", "vulkan", "step", "moment")
REGISTRY = pathlib.Path("/usr/share/vulkan/registry/vk.xml")
PAUSE = os.environ.get("LEUKVK_TORTURE_PAUSE")  # no case begins while this file exists

# call: the kind, or the Vulkan function; place: its number, 0: anywhere
Case = collections.namedtuple("Case", "kind call work place number how")


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
        self.program.environment["LEUKVK_INJECT_DEPTH"] = str(options.depth)
        self.number = itertools.count()
        self.ends = collections.Counter()  # of the cases of one kind
        self.places = collections.Counter()  # by kind
        self.vulkan_errors = vulkan_errors() if "vulkan" in options.only else {}
        self.wrong = []
        self.stopped = False
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
        others = self.program.run(work.command, folder, injection.COUNT_LIBRARIES)
        outcome.places = [place for run, own in ((outcome, False), (others, True)) for place in run.places if (place.kind == "library") == own]
        shutil.rmtree(folder)

    def told(self, case, outcome):
        """Fails unless the last line tells what failed."""
        lines = outcome.err.strip().splitlines()
        last = next((line for line in reversed(lines) if re.match(r"leukvk( [a-z-]+)?: ", line)), None)
        if not last:
            raise Wrong(f"status {outcome.status} without a line that begins with 'leukvk:' or 'leukvk VERB:'")
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
            if case.kind == "vulkan" and case.how == DEVICE_LOST and outcome.injected:
                raise Wrong("status 0, though the device was lost")
            return "did without" if outcome.injected else "not reached" if not killed else "was faster"
        if killed:
            return "killed"
        if case.how == "short":
            raise Wrong("a short write must be continued")
        lost = case.kind == "vulkan" and case.how == DEVICE_LOST
        if outcome.status not in ((1, 3) if lost else (1,)):
            raise Wrong(f"status {outcome.status}, not 1")
        self.told(case, outcome)
        if outcome.live > max(case.work.counted.live, 0) and case.kind in ("memory", "library"):
            raise Wrong(f"{outcome.live} allocations are left, {case.work.counted.live} where nothing fails")
        return "told"

    def run(self, case):
        if self.stopped:
            return
        while PAUSE and os.path.exists(PAUSE):
            time.sleep(5)
        work, folder = case.work, self.copy(case.work)
        outcome = None
        try:
            if case.kind == "moment":
                outcome = self.program.run(work.command, folder, kill_after=case.number, whole_group=case.how == "all")
            else:
                outcome = self.program.run(work.command, folder, f"{case.call}@{case.place:x}:{case.number}:{case.how}")
            end = self.judge(case, outcome, folder)
            if end not in ("not reached", "left out") and outcome.status != 0:
                self.repair(case, folder)
        except Wrong as wrong:
            end = "WRONG"
            said = outcome.err.strip() if outcome else ""
            with self.lock:
                self.wrong.append(case)
                print(f"WRONG {describe(case)}: {wrong}\n    {outcome.path}\n    {self.program.functions(outcome.stack)}\n    {said}", flush=True)
        shutil.rmtree(folder, ignore_errors=True)
        with self.lock:
            self.ends[end] += 1

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

    def errors(self, kind, place):
        if kind == "vulkan":
            return self.vulkan_errors[place.name]
        return ("kill",) if kind == "step" else FAILURES.get(kind, (errno.ENOMEM,))

    def calls_at(self, kind, todo, rng):
        """For each place of all commands together its first call in the smallest of them and, where there are more calls, another one
        that the seed draws."""
        found = {}
        todo = sorted(todo, key=lambda work: sum(place.calls for place in work.counted.places))
        for work in todo:
            for place in places_of(kind, work):
                if self.options.place in (None, place.number):
                    found.setdefault(place.number, []).append((work, place))
        self.places[kind] = len(found)
        first, others = [], []
        for uses in found.values():
            work, place = uses[0]
            first.append((work, place, 1))
            rest = [(other, same, rng.randint(2 if other is work else 1, same.calls)) for other, same in uses
                    if other is not work or same.calls > 1]
            others += [rng.choice(rest)] if rest else []
        return first + others if self.options.calls > 1 else first

    def cases_of(self, kind, todo):
        rng = random.Random(f"{self.options.seed} {kind}")
        if kind == "moment":
            return [Case(kind, kind, work, 0, round(rng.uniform(0, work.seconds), 4), rng.choice(("all", "parent")))
                    for work in todo for _ in range(self.options.moments)]
        if self.options.sample:
            return [case for work in todo for case in self.sample_of(kind, work)]
        return [Case(kind, function_or(kind, place), work, place.number, number, how) for work, place, number in self.calls_at(kind, todo, rng)
                for how in self.errors(kind, place)]

    def sample_of(self, kind, work):
        """No chance is in it: first calls at places spread evenly over the command, and what is always tried."""
        places = places_of(kind, work)
        self.places[kind] += len(places)
        number = min(self.options.sample, len(places))
        chosen = [places[(2 * i + 1) * len(places) // (2 * number)] for i in range(number)]
        cases = [Case(kind, function_or(kind, place), work, place.number, 1, errors[place.order % len(errors)])
                 for place in chosen for errors in [self.errors(kind, place)]]
        return cases + [Case(kind, "files" if kind == "step" else call, work, 0, n, how) for name, call, n, how in ALWAYS
                        if name == work.name and kind == ("vulkan" if call.startswith("vk") else call)]

    def main(self):
        todo = works.make(self.program, self.scratch / "base", self.options.device)
        if self.options.work:
            todo = [work for work in todo if work.name in self.options.work]
        for work in todo:
            self.measure(work)
        print("| kind | places | cases | ends |\n|---|---:|---:|---|", flush=True)
        total = collections.Counter()
        with concurrent.futures.ThreadPoolExecutor(self.options.jobs) as pool:
            for kind in self.options.only:
                self.ends.clear()
                cases = [] if self.stopped else self.cases_of(kind, todo)
                try:
                    list(pool.map(self.run, cases))
                except KeyboardInterrupt:  # what was run until now is told
                    self.stopped = True
                print(f"| {kind} | {self.places[kind]} | {sum(self.ends.values())} of {len(cases)} | {listed(self.ends)} |", flush=True)
                total += self.ends
        shutil.rmtree(self.scratch, ignore_errors=True)
        print(f"\nseed {self.options.seed}: {sum(self.places.values())} places, {sum(total.values())} cases: {listed(total)}")
        return 1 if self.wrong else 0


def places_of(kind, work):
    return [place for place in work.counted.places if place.kind in (FAILURES if kind == "step" else (kind,))]


def function_or(kind, place):
    return place.name or ("files" if kind == "step" else kind)


def listed(ends):
    return ", ".join(f"{count} {end}" for end, count in sorted(ends.items()))


def describe(case):
    return f"{case.work.name}: {case.kind} {case.call}@{case.place:x}:{case.number}:{case.how}"


def differences(found, expected):
    lost, more = sorted(set(expected) - set(found)), sorted(set(found) - set(expected))
    other = sorted(name for name in set(found) & set(expected) if found[name] != expected[name])
    return f"missing: {lost}; too many: {more}; other bytes: {other}"


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("program")
    parser.add_argument("library")
    parser.add_argument("--sample", type=int)
    parser.add_argument("--only", default=[kind for kind in KINDS if kind not in ("vulkan", "moment")], type=lambda text: text.split(","))
    parser.add_argument("--work", action="append")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--jobs", type=int, default=os.cpu_count())
    parser.add_argument("--device", default="cpu")
    parser.add_argument("--moments", type=int, default=20, help="kills at random moments for each command")
    parser.add_argument("--calls", type=int, default=2, choices=(1, 2), help="1: no other call than the first at a place")
    parser.add_argument("--depth", type=int, default=4, help="how many calls above one make its place: 1 to 24")
    parser.add_argument("--place", type=lambda text: int(text, 16), help="only this one, which the line of a wrong case names")
    options = parser.parse_args()
    for kind in options.only:
        if kind not in KINDS:
            parser.error(f"--only {kind}: one of {', '.join(KINDS)}")
    sys.exit(Torture(options).main())


if __name__ == "__main__":
    main()
