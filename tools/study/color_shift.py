#!/usr/bin/env python3
"""What another lamp or camera costs the models of a cross-validation.

    tools/study/color_shift.py build/leukvk CV...

CV is the folder of `leukvk cv` with two classes, whose data set still is where it was. The intensity of one channel or of all is
multiplied by a gain, for every cell of each fold's test part: copies of the folds' models have another mean and deviation of the
pixels, which is the same. Prints AUC and weighted F1 of all folds together. Only Python's standard library is needed."""
import json
import pathlib
import shutil
import struct
import subprocess
import sys
import tempfile

GAINS = {"none": (1, 1, 1), "all, 0.9": (0.9, 0.9, 0.9), "all, 1.1": (1.1, 1.1, 1.1),
         "red, 0.9": (0.9, 1, 1), "red, 1.1": (1.1, 1, 1), "green, 0.9": (1, 0.9, 1), "green, 1.1": (1, 1.1, 1),
         "blue, 0.9": (1, 1, 0.9), "blue, 0.95": (1, 1, 0.95), "blue, 1.05": (1, 1, 1.05), "blue, 1.1": (1, 1, 1.1)}


def change_model(path, gains):
    """(gain value - mean) / deviation = (value - mean / gain) / (deviation / gain)"""
    data = path.read_bytes()
    size, = struct.unpack_from("<Q", data)
    header = json.loads(data[8:8 + size])
    entries = header["__metadata__"]
    for channel, gain in zip("rgb", gains):
        for key in ("pixel_mean", "pixel_deviation"):
            entries[f"{key}_{channel}"] = repr(float(entries[f"{key}_{channel}"]) / gain)
    text = json.dumps(header).encode()
    text += b" " * (-len(text) % 8)
    path.write_bytes(struct.pack("<Q", len(text)) + text + data[8 + size:])


def evaluate(program, *arguments):
    done = subprocess.run([program, "eval", *map(str, arguments)], check=True, capture_output=True, text=True)
    return done.stdout


def shifted(program, folds, gains, folder):
    tables = []
    for fold in folds:
        run = folder / fold.name
        shutil.copytree(fold, run)
        change_model(run / "model.safetensors", gains)
        evaluate(program, "--model", run, "--part", "test", "--out", folder / f"{fold.name}.csv")
        tables += ["--from", folder / f"{fold.name}.csv"]
    return json.loads(evaluate(program, *tables, "--json"))


def main():
    if len(sys.argv) < 3 or sys.argv[1] in ("-h", "--help"):
        print(__doc__)
        sys.exit(0 if len(sys.argv) == 2 else 2)
    print("| folder | gain | AUC | weighted F1 |\n|---|---|---|---|")
    for cv in map(pathlib.Path, sys.argv[2:]):
        folds = sorted(cv.glob("fold-*"))
        if len(folds) < 2:
            sys.exit(f"{cv}: has no two folds, as of leukvk cv --out")
        for name, gains in GAINS.items():
            with tempfile.TemporaryDirectory() as folder:
                scores = shifted(sys.argv[1], folds, gains, pathlib.Path(folder))
            print(f"| {cv.name} | {name} | {scores['auc']:.3f} | {scores['f1_weighted']:.3f} |", flush=True)


if __name__ == "__main__":
    main()
