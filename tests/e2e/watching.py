#!/usr/bin/env python3
"""What shows how a training went: the chart on a terminal, and event files for TensorBoard.

usage: watching.py PROGRAM
"""
import csv
import os
import pathlib
import pty
import struct
import subprocess
import sys
import tempfile
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.realpath(__file__)), "..", "support"))
import events  # noqa: E402

program = os.path.realpath(sys.argv[1])
TRAIN = ("--data", "cells", "--image-size", "32", "--batch", "8", "--seed", "3")
FILE = "events.out.tfevents.leukvk"


def run(folder, *arguments, wanted=0):
    result = subprocess.run([program, *map(str, arguments)], cwd=folder, capture_output=True, text=True)
    assert result.returncode == wanted, f"{arguments}: {result.returncode}: {result.stdout}{result.stderr}"
    return result.stdout + result.stderr


def on_terminal(folder, *arguments):
    """What the program prints on a terminal of 80 columns."""
    here, there = pty.openpty()
    process = subprocess.Popen([program, *map(str, arguments)], cwd=folder, stdin=there, stdout=there, stderr=there, close_fds=True,
                               env={**os.environ, "TERM": "xterm"})
    os.close(there)
    text = b""
    while True:
        try:
            piece = os.read(here, 65536)
        except OSError:  # the other end is closed
            break
        if not piece:
            break
        text += piece
    os.close(here)
    assert process.wait() == 0, text
    return text.decode()


# ---- the chart ----

def chart_of(text):
    """The lines of the chart."""
    lines = text.replace("\r", "").split("\n")
    return lines[lines.index("    loss"):next(i for i, line in enumerate(lines) if " * training" in line) + 1]


def lacks_chart(text):
    assert "* training" not in text and "+---" not in text, text


def check_chart(folder):
    text = on_terminal(folder, "train", "--out", "shown", "--epochs", "3", "--no-refit", *TRAIN)
    chart = chart_of(text)
    assert len(chart) == 13, chart
    assert all(len(line) <= 80 for line in chart), chart
    assert chart[-1] == "          * training  o validation  @ both", chart
    assert chart[-2].split() == ["1", "2", "3", "epoch"], chart
    marks = "".join(chart[1:-3])
    assert marks.count("*") + marks.count("o") + 2 * marks.count("@") == 6, chart
    # A run that is gone on with has its whole history; what no terminal reads has no chart.
    text = on_terminal(folder, "train", "--resume", "shown", "--epochs", "4")
    assert chart_of(text)[-2].split() == ["1", "2", "4", "epoch"], text
    lacks_chart(run(folder, "train", "--resume", "shown"))
    lacks_chart(on_terminal(folder, "train", "--resume", "shown", "--quiet"))
    lacks_chart(on_terminal(folder, "train", "--resume", "shown", "--json"))
    text = on_terminal(folder, "train", "--out", "alone", "--epochs", "2", "--fractions", "0,0.2", "--no-refit", *TRAIN)
    assert chart_of(text)[-1] == "          * training", text


# ---- event files ----

def metrics_of(run_folder):
    with open(run_folder / "metrics.csv", newline="") as file:
        return list(csv.DictReader(file))


def single(text):
    return struct.unpack("<f", struct.pack("<f", float(text)))[0]


def check_scalars(found, rows):
    """Every epoch's numbers are those of metrics.csv, once, in their order."""
    columns = {"train/loss": "train_loss", "train/accuracy": "train_accuracy", "validation/loss": "val_loss",
               "validation/accuracy": "val_accuracy", "validation/auc": "val_auc", "learning_rate": "learning_rate"}
    scalars = [(e["step"], {v["tag"]: v["scalar"] for v in e["values"]}) for e in found if e["values"] and "scalar" in e["values"][0]]
    assert [step for step, _ in scalars] == list(range(1, len(rows) + 1)), scalars
    for (step, values), row in zip(scalars, rows):
        wanted = {tag: single(row[column]) for tag, column in columns.items() if row[column] not in ("", "nan")}
        speed = values.pop("images_per_second", 1)
        assert values == wanted, (step, values, wanted)
        assert speed > 0, step
    return scalars


def check_pictures(found, classes, side):
    pictures = [(e["step"], v) for e in found for v in e["values"] if "image" in v]
    assert {v["tag"].split("/")[1] for _, v in pictures} == set(classes), pictures
    assert len({v["tag"] for _, v in pictures}) == len(pictures) >= 2 * len(classes)
    for step, value in pictures:
        image = value["image"]
        assert step == 0 and image["png"].startswith(b"\x89PNG\r\n\x1a\n")
        assert struct.unpack(">II", image["png"][16:24]) == (side, side) == (image["width"], image["height"]), image
        assert image["colorspace"] == 3 and image["png"][24:26] == b"\x08\x02"  # 8 bits, RGB
    assert len({v["image"]["png"] for _, v in pictures}) > len(classes), "several cells"


def curve_of(rows, probability, positive):
    """True and false positives, true and false negatives at the thresholds 0, 0.005, ... 1."""
    counts = [[], [], [], []]
    for i in range(201):
        called = [int(float(row[probability]) * 200) >= i for row in rows]
        for c, (is_called, is_positive) in enumerate(((1, 1), (1, 0), (0, 0), (0, 1))):
            counts[c].append(sum(a == is_called and (row["label"] == positive) == is_positive for a, row in zip(called, rows)))
    return counts


def check_curves(found, run_folder, step, classes):
    """The curves are those of the file of predictions."""
    curves = [(e["step"], v) for e in found for v in e["values"] if "tensor" in v]
    with open(run_folder / "predictions-test.csv", newline="") as file:
        rows = list(csv.DictReader(file))
    assert [s for s, _ in curves] == [step] * len(classes), curves
    for (_, value), (tag, name) in zip(curves, classes):
        shape, data = value["tensor"]
        assert value["tag"] == tag and value["plugin"] == "pr_curves" and value["data_class"] == 2, value["tag"]
        assert shape == [6, 201] and len(data) == 6 * 201 and value["thresholds"] == 201 and value["version"] == 0
        tp, fp, tn, fn = wanted = curve_of(rows, f"p_{name}", name)
        assert tp[0] > 0 and fp[0] > 0, "both kinds are in the test"
        for c in range(4):
            assert list(data[c * 201:(c + 1) * 201]) == wanted[c], (tag, c)
        for i in range(201):
            assert data[4 * 201 + i] == single(tp[i] / (tp[i] + fp[i]) if tp[i] + fp[i] else 0)
            assert data[5 * 201 + i] == single(tp[i] / (tp[i] + fn[i]))


def same_bits(folder, one, other):
    for name in ("model.safetensors", "metrics.csv", "predictions-test.csv", "refit/model.safetensors", "config.json"):
        a, b = ((folder / run_folder / name).read_bytes() for run_folder in (one, other))
        assert a == b, f"{name} differs"


def by_tensorboard(folder):
    """What TensorBoard itself reads; nothing where it is not installed."""
    try:
        from tensorboard.backend.event_processing.event_accumulator import EventAccumulator
    except ImportError:
        return
    accumulator = EventAccumulator(str(folder), size_guidance={"scalars": 0, "images": 0, "tensors": 0})
    accumulator.Reload()
    tags = accumulator.Tags()
    assert "test/pr_curve" in accumulator.PluginTagToContent("pr_curves"), tags
    losses = accumulator.Tensors("train/loss") if "train/loss" in tags["tensors"] else accumulator.Scalars("train/loss")
    assert [e.step for e in losses] == [1, 2, 3], losses


def check_events(folder):
    started = time.time()
    run(folder, "train", "--out", "plain", "--epochs", "2", *TRAIN)
    run(folder, "train", "--out", "told", "--epochs", "2", *TRAIN, "--tensorboard")
    same_bits(folder, "plain", "told")
    assert not (folder / "plain/tensorboard").exists()
    path = folder / "told/tensorboard" / FILE
    found = events.read(path)
    assert found[0]["version"] == "brain.Event:2" and all(e["version"] is None for e in found[1:])
    assert all(started - 1 <= e["time"] <= time.time() + 1 for e in found)
    check_pictures(found, ("all", "hem"), 32)
    scalars = check_scalars(found, metrics_of(folder / "told"))
    assert all("images_per_second" in {v["tag"] for v in e["values"]} for e in found if e["step"] == 1)
    assert len(scalars) == 2
    check_curves(found, folder / "told", 2, [("test/pr_curve", "all")])
    check_scalars(events.read(folder / "told/refit/tensorboard" / FILE), metrics_of(folder / "told/refit"))

    # Going on without the option appends; without anything to train, nothing is told twice.
    before = path.read_bytes()
    run(folder, "train", "--resume", "told")
    assert path.read_bytes() == before
    with open(path, "ab") as file:  # a kill has left a piece of a record
        file.write(before[:40])
    run(folder, "train", "--resume", "told", "--epochs", "3")
    assert path.read_bytes().startswith(before)
    found = events.read(path)
    assert len(check_scalars(found, metrics_of(folder / "told"))) == 3
    assert [e["step"] for e in found if e["values"] and "tensor" in e["values"][0]] == [2, 3]
    assert sum(e["version"] is not None for e in found) == 1
    by_tensorboard(folder / "told/tensorboard")

    # A run that began without events gets all its epochs, in a folder of the user's own.
    run(folder, "train", "--resume", "plain", "--epochs", "3", "--tensorboard", folder / "board/plain")
    found = events.read(folder / "board/plain" / FILE)
    assert len(check_scalars(found, metrics_of(folder / "plain"))) == 3
    assert (folder / "board/plain/refit" / FILE).exists() and not (folder / "plain/tensorboard").exists()
    text = run(folder, "train", "--out", "other", "--epochs", "1", *TRAIN, f"--tensorboard={folder}/board/plain", wanted=1)
    assert "has events of another training; name another folder" in text, text
    assert not (folder / "other").exists()
    text = run(folder, "train", "--resume", "alone", "--tensorboard", "board/plain", wanted=1)
    assert "has no events of this training" in text, text
    assert events.read(folder / "board/plain" / FILE) == found


def check_classes(folder):
    run(folder, "synth", "four", "--images", "48", "--subjects", "16", "--size", "64", "--format", "png", "--classes", "4")
    run(folder, "train", "--data", "four", "--out", "many", "--epochs", "1", "--image-size", "32", "--no-refit", "--tensorboard")
    found = events.read(folder / "many/tensorboard" / FILE)
    names = ("Benign", "Early", "Pre", "Pro")
    check_pictures(found, names, 32)
    check_scalars(found, metrics_of(folder / "many"))
    check_curves(found, folder / "many", 1, [(f"test/pr_curve/{name}", name) for name in names])


def main():
    with tempfile.TemporaryDirectory(prefix="leukvk-watching-") as name:
        folder = pathlib.Path(name)
        run(folder, "synth", "cells", "--images", "60", "--subjects", "12", "--size", "64", "--format", "png")
        check_chart(folder)
        check_events(folder)
        check_classes(folder)
    print("the chart and the event files are right")
    return 0


sys.exit(main())
