#!/usr/bin/env python3
"""Measures how leukvk's speed and memory grow with batch, threads, image size and data set, beside PyTorch for single steps.

    tools/bench/growth.py [--parts batch,threads,size] [--device cpu] [--program PATH]     about 4 minutes on 2 processors
    tools/bench/growth.py --parts epoch [--images 10661 | --data DIR] [--epochs 2]         about 5 minutes

Prints Markdown tables. Single steps are measured a few times each, once in turn: the tables show how speed and memory grow, and
bench.py compares. The epoch's data set is drawn by leukvk synth (10,661 images: 6.5 GB in the folder for temporary files, see
TMPDIR), or named with --data; its table says where the time goes.
"""
import argparse
import csv
import os
import pathlib
import re
import subprocess
import sys
import tempfile
import time

import bench

BATCHES = {"w1": [1, 4, 16, 64, 256], "w2": [1, 4, 16, 64, 256], "w3": [1, 4, 16, 64], "w4": [1, 4, 16]}
IMAGES = {"w1": 160, "w2": 320, "w3": 64, "w4": 24}  # for which each program computes, about; but at least
LEAST_STEPS, MOST_STEPS = 2, 50
SIZES = [64, 112, 160, 224, 320, 448]
WORKS = ["w1", "w2", "w2:1", "w3", "w3:1", "w4"]
DRAWN = 96  # images for the table of sizes


def row(work, options):
    """One round of leukvk and of PyTorch: images/s, MiB, their ratio."""
    name, _, batch = work.partition(":")
    options.steps = max(LEAST_STEPS, min(MOST_STEPS, IMAGES[name] // int(batch or bench.DEFAULT_BATCH[name])))
    programs = bench.programs_for(work, options, options.torch)
    for program in programs:
        bench.run(program)
    cells = []
    for program in programs:
        result = program.results[0]
        cells += [f"{result['images_per_s']['median']:.1f}", f"{result['peak_rss_mib']:.0f}"]
    if len(programs) > 1:
        speeds = [program.results[0]["images_per_s"]["median"] for program in programs]
        cells.append(f"{speeds[0] / speeds[1]:.2f}")
    return " | ".join(cells)


def head(first, options):
    print(f"\n| {first} | leukvk, images/s | MiB |" + (" PyTorch, tuned, images/s | MiB | leukvk / it |" if options.torch else ""))
    print("|---" * (6 if options.torch else 3) + "|", flush=True)


def grow_batch(options):
    for work, batches in BATCHES.items():
        head(f"{work.upper()}, batch", options)
        for batch in batches:
            print(f"| {batch} | {row(f'{work}:{batch}', options)} |", flush=True)


def grow_threads(options):
    """Each program takes as many threads as there are processors that it may run on."""
    processors = sorted(os.sched_getaffinity(0))
    counts = [1 << i for i in range(len(processors).bit_length())]
    for work in WORKS:
        head(f"{work.upper()}, threads", options)
        for count in counts:
            os.sched_setaffinity(0, processors[:count])
            print(f"| {count} | {row(work, options)} |", flush=True)
    os.sched_setaffinity(0, processors)


def train(options, data, arguments):
    """Trains in a folder of its own; the rows of its timing.csv, the command's seconds, and what it printed."""
    with tempfile.TemporaryDirectory() as folder:
        run = pathlib.Path(folder) / "run"
        start = time.monotonic()
        command = [options.program, "train", "--data", data, "--out", str(run), "--device", options.device, *arguments]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        if done.returncode != 0:
            sys.exit(f"growth.py: {' '.join(command)}\n{done.stderr.strip()}")
        with open(run / "timing.csv", encoding="utf-8") as table:
            return list(csv.DictReader(table)), time.monotonic() - start, done.stdout + done.stderr


def draw(options, folder, images):
    subprocess.run([options.program, "synth", folder, "--images", str(images), "--quiet"], check=True)


def grow_size(options):
    with tempfile.TemporaryDirectory() as folder:
        data = os.path.join(folder, "images")
        draw(options, data, DRAWN)
        print("\n| cnn-gap, pixels a side | images/s in training | million pixels/s | MiB of device memory |\n|---|---|---|---|")
        for size in SIZES:
            timing, _, _ = train(options, data, ["--model", "cnn-gap", "--image-size", str(size), "--epochs", "2"])
            speed = float(timing[-1]["images_per_second"])
            memory = float(timing[-1]["device_memory_peak_bytes"]) / 2**20
            print(f"| {size} | {speed:.1f} | {speed * size * size / 1e6:.2f} | {memory:.0f} |", flush=True)


def grow_epoch(options):
    """Epochs of the CNN: the first decodes, the others have the crops at hand, where they fit."""
    options.steps = None
    work = bench.programs_for("w1", options, None)[0]
    bench.run(work)
    promised = work.results[0]["images_per_s"]["median"]
    with tempfile.TemporaryDirectory() as folder:
        data = options.data or os.path.join(folder, "images")
        if not options.data:
            draw(options, data, options.images)
        timing, total, text = train(options, data, ["--model", "cnn", "--epochs", str(options.epochs), "--profile"])
    trained = int(re.search(r"^train +([\d,]+) image", text, re.MULTILINE).group(1).replace(",", ""))
    print(f"\nW1 promises {promised:.1f} images/s. Where the time of a training goes:\n")
    print("| part | seconds | images/s | of W1 |\n|---|---|---|---|")
    for epoch in timing:
        speed, seconds = float(epoch["images_per_second"]), float(epoch["seconds"])
        training = trained / speed
        print(f"| epoch {epoch['epoch']}: training | {training:.1f} | {speed:.1f} | {speed / promised:.2f} |")
        print(f"| – of that, waiting for images | {float(epoch['seconds_waiting_for_images']):.1f} | | |")
        print(f"| epoch {epoch['epoch']}: validation | {seconds - training:.1f} | | |")
    rest = total - sum(float(epoch["seconds"]) for epoch in timing)
    print(f"| the rest: reading the list, statistics of pixels, checkpoints, test, results | {rest:.1f} | | |")
    print(f"| the whole command | {total:.1f} | | |\n")
    lines = text.splitlines()
    begin = next((i for i, line in enumerate(lines) if line.startswith("step 3 of")), len(lines))
    end = next((i for i, line in enumerate(lines) if line.startswith("trace:")), len(lines))
    print("```\n" + "\n".join(lines[begin:end]).strip() + "\n```", flush=True)


PARTS = {"batch": grow_batch, "threads": grow_threads, "size": grow_size, "epoch": grow_epoch}


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--parts", default="batch,threads,size", help="batch, threads, size, epoch: what to measure (%(default)s)")
    parser.add_argument("--images", type=int, default=10661, help="of the drawn data set, C-NMC's whole (%(default)s)")
    parser.add_argument("--data", help="a data set for the epoch, in place of a drawn one")
    parser.add_argument("--epochs", type=int, default=2, help="of the training that is measured (%(default)s)")
    parser.add_argument("--device", default="cpu", help="as leukvk's --device (%(default)s)")
    parser.add_argument("--program", default=str(bench.ROOT / "build" / "leukvk"), help="leukvk (build/leukvk)")
    options = parser.parse_args()
    options.driver, options.peers, options.isa, options.seconds = None, ["tuned"], None, 5
    options.torch, version = bench.find_torch([sys.executable, "/usr/bin/python3"])
    parts = options.parts.split(",")
    if not set(parts) <= set(PARTS):
        parser.error(f"--parts: {', '.join(PARTS)}, with commas between")
    print(f"{bench.processor_name()}, {bench.PROCESSORS} processors" + (f", PyTorch {version}" if version else ""))
    for part in parts:
        PARTS[part](options)


if __name__ == "__main__":
    main()
