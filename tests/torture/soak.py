#!/usr/bin/env python3
"""A long training that is killed and stopped again and again: its memory stays flat, it ends with the bits of one that nothing disturbs.

    tests/torture/soak.py PROGRAM MINUTES [--seed N]

PROGRAM is leukvk. It trains on drawn images, on one thread of the cpu device. In the first half of the time it is ended at random
moments, by SIGKILL (alone or with all its children) or by SIGINT, and resumed; now and then it may end by itself, and goes on with
more epochs. Then a second run of as many epochs is left alone. Looked at: the resident memory after each epoch; the model file
after each end, which must be that of an epoch of the undisturbed run; model.safetensors and metrics.csv of both runs in the end.
While the file that LEUKVK_TORTURE_PAUSE names exists, the training is stopped.
"""
import argparse
import collections
import hashlib
import json
import os
import pathlib
import random
import shutil
import signal
import statistics
import struct
import subprocess
import sys
import tempfile
import time

PAUSE = os.environ.get("LEUKVK_TORTURE_PAUSE")
# Neither the area's share, which is fitted at the end of a training, nor a rate that depends on the number of all epochs.
TRAIN = ("--device", "cpu", "--threads", 1, "--image-size", 64, "--schedule", "constant", "--area", "off", "--checkpoint-seconds", 1,
         "--no-refit", "-q")
IMAGES = 600
GROWTH = 1.1  # of the memory, from the first to the last quarter of a process's epochs; the heap settles in steps of 3 MiB
FEW = 12  # epochs of a process that tell nothing of its memory


def tensors_digest(path):
    """Of the network's tensors in a model file, which must be whole; others are added at the end of a training."""
    data = path.read_bytes()
    size = struct.unpack("<Q", data[:8])[0]
    header = json.loads(data[8:8 + size])
    end = max(tensor["data_offsets"][1] for name, tensor in header.items() if name != "__metadata__")
    if len(data) != 8 + size + end:
        raise SystemExit(f"soak: WRONG: {path} has {len(data)} bytes, not {8 + size + end}")
    own = sorted((name, *tensor["data_offsets"]) for name, tensor in header.items() if name != "__metadata__" and "novelty" not in name)
    digest = hashlib.sha256()
    for name, first, last in own:
        digest.update(name.encode() + data[8 + size + first:8 + size + last])
    return digest.hexdigest()


def resident(pid):
    try:
        text = pathlib.Path(f"/proc/{pid}/status").read_text(encoding="ascii")
    except (FileNotFoundError, ProcessLookupError):
        return None
    return next((int(line.split()[1]) / 1024 for line in text.splitlines() if line.startswith("VmRSS")), None)


class Run:
    """A run folder, and the processes that work in it."""

    def __init__(self, program, base, name):
        self.program, self.base, self.out = program, base, base / name
        self.environment = dict(os.environ, OMP_NUM_THREADS="1", LC_ALL="C", XDG_CACHE_HOME=str(base / f"{name}-cache"))
        self.memory = []  # by process, by epoch, MiB
        self.models = set()
        self.model_time = None

    def start(self, epochs):
        resumes = (self.out / "config.json").exists()
        words = ("train", "--resume", self.out) + TRAIN[-1:] if resumes else ("train", "--data", self.base / "data", "--out", self.out) + TRAIN
        self.memory.append([])
        return subprocess.Popen([str(self.program), *map(str, words), "--epochs", str(epochs)], env=self.environment, stdin=subprocess.DEVNULL,
                                stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, start_new_session=True)

    def epochs(self):
        try:
            return max((self.out / "metrics.csv").read_bytes().count(b"\n") - 1, 0)
        except FileNotFoundError:
            return 0

    def look(self, process):
        """Notes the memory where an epoch has ended, and the model where it is another."""
        try:
            changed = (self.out / "model.safetensors").stat().st_mtime_ns
            if changed != self.model_time:
                self.models.add(tensors_digest(self.out / "model.safetensors"))
                self.model_time = changed
        except FileNotFoundError:
            pass
        epochs = self.epochs()
        size = resident(process.pid) if epochs > self.seen else None
        if size:
            self.memory[-1].append(size)
        self.seen = epochs

    def follow(self, process, seconds):
        """Until the process ends or so many seconds are over, in which it was not stopped. Whether it ended."""
        self.seen = self.epochs()
        until = time.monotonic() + seconds
        while process.poll() is None and time.monotonic() < until:
            self.look(process)
            time.sleep(0.02)
            if PAUSE and os.path.exists(PAUSE):
                began = time.monotonic()
                os.killpg(process.pid, signal.SIGSTOP)
                while os.path.exists(PAUSE):
                    time.sleep(2)
                os.killpg(process.pid, signal.SIGCONT)
                until += time.monotonic() - began
        return process.poll() is not None


def flat(memory):
    """Growth of the memory from the first to the last quarter of the epochs of a process, as a ratio; the first two do not count."""
    memory = memory[2:]
    quarter = max(len(memory) // 4, 1)
    return statistics.median(memory[-quarter:]) / statistics.median(memory[:quarter])


def slope(memory):
    """KiB per epoch in the second half of the epochs, by least squares."""
    half = memory[len(memory) // 2:]
    middle, mean = (len(half) - 1) / 2, statistics.mean(half)
    spread = sum((x - middle) ** 2 for x in range(len(half)))
    return 1024 * sum((x - middle) * (y - mean) for x, y in enumerate(half)) / spread if spread else 0


def end(process, how):
    """Ends the process; how it ended and after how many seconds."""
    began = time.monotonic()
    if how == "SIGINT":
        process.send_signal(signal.SIGINT)
    elif how == "SIGKILL to all":
        os.killpg(process.pid, signal.SIGKILL)
    else:
        process.kill()
    err = process.communicate(timeout=120)[1].decode(errors="replace")
    wanted = (0, 130, -signal.SIGINT) if how == "SIGINT" else (0, -signal.SIGKILL)
    if process.returncode not in wanted:
        raise SystemExit(f"soak: WRONG: {how}: status {process.returncode}\n{err}")
    return time.monotonic() - began


def finished(process):
    err = process.communicate()[1].decode(errors="replace")
    if process.returncode != 0:
        raise SystemExit(f"soak: WRONG: status {process.returncode} where nothing disturbs\n{err}")


def disturb(run, seconds, rng):
    """The first half. Returns how the processes ended, the epochs, the digests of the model after each end, the slowest SIGINT."""
    ends, after, slowest = collections.Counter(), set(), 0
    until = time.monotonic() + seconds
    epochs = 20
    while True:
        process = run.start(epochs)
        last = time.monotonic() >= until
        lives = 1e9 if last else rng.choice((rng.uniform(0, 2), rng.uniform(0, 15), rng.uniform(0, 60)))
        if run.follow(process, lives):
            finished(process)
            ends["by itself"] += 1
            if last:
                return ends, epochs, after, slowest
            epochs = run.epochs() + rng.randint(10, 60)
        else:
            how = rng.choice(("SIGKILL", "SIGKILL to all", "SIGINT"))
            took = end(process, how)
            slowest = max(slowest, took if how == "SIGINT" else 0)
            ends[how] += 1
        model = run.out / "model.safetensors"
        if model.exists():
            after.add(tensors_digest(model))


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("program", type=pathlib.Path)
    parser.add_argument("minutes", type=float)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    program = options.program.resolve()
    base = pathlib.Path(tempfile.mkdtemp(prefix="leukvk-soak-"))
    began = time.monotonic()
    subprocess.run([str(program), "synth", str(base / "data"), "--images", str(IMAGES), "--subjects", "60", "--size", "64", "--format", "png",
                    "-q"], check=True)
    disturbed, alone = Run(program, base, "disturbed"), Run(program, base, "alone")
    ends, epochs, after, slowest = disturb(disturbed, 30 * options.minutes, random.Random(options.seed))
    process = alone.start(epochs)
    alone.follow(process, 1e9)
    finished(process)
    alone.look(process)

    other = [f"{name} has other bytes than without a disturbance" for name in ("model.safetensors", "metrics.csv")
             if (alone.out / name).read_bytes() != (disturbed.out / name).read_bytes()]
    wrong = list(other)
    if after - alone.models:
        wrong.append(f"{len(after - alone.models)} of {len(after)} models after an end are not those of an epoch")
    memory = alone.memory[0]
    lives = [life for life in disturbed.memory if len(life) >= FEW]
    growth = [flat(life) for life in (*lives, memory) if len(life) >= FEW]
    if any(ratio > GROWTH for ratio in growth):
        wrong.append(f"the memory grew by a factor of {max(growth):.3f}")
    parts = "".join(f"{count} {how}, " for how, count in sorted(ends.items()))
    print(f"seed {options.seed}, {(time.monotonic() - began) / 60:.1f} minutes: {epochs} epochs of {IMAGES} images in {sum(ends.values())} "
          f"processes ({parts}the slowest end after SIGINT {slowest:.2f} s), then in one; {len(after)} models seen after ends, "
          f"{len(after & alone.models)} of them whole and of an epoch; memory of the one process, MiB: {memory[2]:.1f} after epoch 3, "
          f"{statistics.median(memory):.1f} median, {max(memory):.1f} most, {memory[-1]:.1f} last, "
          f"{slope(memory):+.2f} KiB per epoch in its second half; largest growth in {len(growth)} processes of {FEW} epochs and more: {100 * (max(growth, default=1) - 1):+.1f} %; "
          f"{'other' if other else 'same'} bytes of model.safetensors and metrics.csv")
    for line in wrong:
        print(f"WRONG: {line}")
    if not wrong:
        shutil.rmtree(base)
    sys.exit(1 if wrong else 0)


if __name__ == "__main__":
    main()
