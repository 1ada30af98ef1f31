#!/usr/bin/env python3
"""The default training and others, by cross-validation by subject over several assignments of the people to the folds.

    tools/study/compare.py build/leukvk DATA OUT [ROW...] [--seeds 1,2,3,4,5] [--folds 5]

DATA is a C-NMC folder. ROW is one or more of ROWS below, each a set of options of `leukvk cv`; without any, those that tools/study/README.md
shows are run. A seed assigns the people anew, and is the same assignment for each row. Goes on where it was stopped. OUT gets a
folder for each cross-validation, ROW-SEED, with what was printed beside it, and summary.md, which is also printed: the AUC of all folds
together, how far it is above the area's, the mean of the folds' own AUC and the weighted F1, each as the mean over the seeds with
the standard deviation, then the same for each seed. resnet50 needs tools/fetch-weights.sh to have been run. Only Python's standard library is
needed."""
import argparse
import collections
import json
import pathlib
import statistics
import subprocess
import sys

ROWS = {
    "default": [],
    "hue-off": ["--hue", "off"],
    "area-off": ["--area", "off"],
    "cnn": ["--model", "cnn"],
    "resnet50": ["--model", "resnet50"],
    "keras": ["--recipe", "keras"],
    "image-by-image": ["--group", "none"],
    "cnn-image-by-image": ["--model", "cnn", "--group", "none"],
    "64-pixels": ["--image-size", "64"],
    "224-pixels": ["--image-size", "224"],
    "crop-bbox": ["--crop", "bbox"],
    "no-augmentation": ["--no-augment"],
    "stain-off": ["--stain", "0"],
    "no-balance": ["--balance", "none"],
    "stain-and-area-off": ["--stain", "0", "--area", "off"],
    "stain-and-area-off-image-by-image": ["--stain", "0", "--area", "off", "--group", "none"],
    "keep-best": ["--keep", "best", "--patience", "3"],
    "before": ["--keep", "best", "--patience", "3", "--stain", "0", "--area", "off"],
}
SHOWN = ("default", "hue-off", "resnet50", "cnn")

Figures = collections.namedtuple("Figures", "pooled above folds f1")


def cross_validate(program, data, folder, options):
    """Runs a cross-validation or goes on with it; leukvk keeps one that is finished, and refuses one with other settings."""
    command = [program, "cv", "--data", data, "--out", folder, *options]
    with folder.with_name(folder.name + ".log").open("a", encoding="utf-8") as log:
        if subprocess.run([str(word) for word in command], stdout=log, stderr=log, check=False).returncode:
            sys.exit(f"compare: {' '.join(map(str, command))} failed; {log.name} tells why")


def figures_of(folder):
    results = json.loads((folder / "results.json").read_text(encoding="utf-8"))
    everyone = results["all"]
    return Figures(everyone["auc"], everyone["auc_above_size"], results["mean"]["auc"], everyone["f1_weighted"])


def line_of(name, figures):
    """Mean and, of several seeds, standard deviation of each column."""
    cells = []
    for field, values in zip(Figures._fields, zip(*figures)):
        text = f"{statistics.mean(values):{'+' if field == 'above' else ''}.3f}"
        cells.append(f"{text} ({statistics.stdev(values):.3f})" if len(values) > 1 else text)
    return f"| {name} | {' | '.join(cells)} |"


def summary_of(seeds, rows):
    """`rows`: by name, a Figures of each seed."""
    head = ["| | AUC, all folds | above the area | AUC, mean of the folds | weighted F1 |", "|---|---|---|---|---|"]
    lines = [f"Means over {len(seeds)} assignments, standard deviations in brackets:", "", *head]
    lines += [line_of(name, figures) for name, figures in rows.items()]
    for i, seed in enumerate(seeds):
        lines += ["", f"Assignment {seed}:", "", *head, *(line_of(name, figures[i:i + 1]) for name, figures in rows.items())]
    return "\n".join(lines) + "\n"


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("program", type=pathlib.Path, metavar="build/leukvk")
    parser.add_argument("data", type=pathlib.Path, metavar="DATA")
    parser.add_argument("out", type=pathlib.Path, metavar="OUT")
    parser.add_argument("rows", nargs="*", metavar="ROW", help=f"of {', '.join(ROWS)} (those that README.md shows)")
    parser.add_argument("--seeds", default="1,2,3,4,5", help="assignments of people to folds (%(default)s)")
    parser.add_argument("--folds", type=int, default=5, help="(%(default)s)")
    arguments = parser.parse_args()
    names = arguments.rows or SHOWN
    unknown = [name for name in names if name not in ROWS]
    if unknown:
        parser.error(f"no row '{unknown[0]}'; there is: {', '.join(ROWS)}")
    seeds = arguments.seeds.split(",")
    arguments.out.mkdir(parents=True, exist_ok=True)
    rows = {}
    for name in names:
        folders = [arguments.out / f"{name}-{seed}" for seed in seeds]
        for folder, seed in zip(folders, seeds):
            cross_validate(arguments.program, arguments.data, folder, ["--folds", arguments.folds, "--seed", seed, *ROWS[name]])
        rows[name] = [figures_of(folder) for folder in folders]
    summary = summary_of(seeds, rows)
    (arguments.out / "summary.md").write_text(summary, encoding="utf-8")
    print(summary, end="")


if __name__ == "__main__":
    main()
