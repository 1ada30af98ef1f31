#!/usr/bin/env python3
"""What temperature and threshold would do for new people, chosen by the predictions of a cross-validation.

    tools/study/operating_point.py CV...

CV is the folder of `leukvk cv` with two classes. Temperature and threshold are chosen by the predictions of all folds but one, and
tried on the fold that is left, in turn; classes weigh alike, and in a class its people. Prints of each folder, over all folds:
the log loss without and with the temperature; weighted F1 at 0.5 and at the threshold of best balanced accuracy; and the AUC of the
cell's area as a number, and as a model, a logistic regression on its logarithm that is fitted to the other folds' cells, as the
networks are: cells of a class weighing alike, and people of a class weighing alike. Only Python's standard library is needed."""
import collections
import csv
import math
import pathlib
import sys

Cell = collections.namedtuple("Cell", "logit positive subject area")


def read_fold(path):
    with open(path, newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    column = next(name for name in rows[0] if name.startswith("p_"))
    cells = []
    for row in rows:
        p = min(max(float(row[column]), 5e-10), 1 - 5e-10)
        cells.append(Cell(math.log(p / (1 - p)), row["label"] == column[2:], row["subject"] or row["path"], float(row["area"])))
    return cells


def sigmoid(z):
    return 1 / (1 + math.exp(-max(-60.0, min(60.0, z))))


def weights(cells):
    """One over the cells that the person has of the class, and over the people of the class."""
    images = collections.Counter((c.positive, c.subject) for c in cells)
    people = collections.Counter(positive for positive, _ in images)
    return [1 / images[c.positive, c.subject] / people[c.positive] for c in cells]


def log_loss(cells, temperature, weight=None):
    weight = weight or [1.0] * len(cells)
    loss = sum(w * -math.log(max(sigmoid((1 if c.positive else -1) * c.logit / temperature), 1e-12)) for c, w in zip(cells, weight))
    return loss / sum(weight)


def best_temperature(cells):
    weight, low, high = weights(cells), math.log(0.01), math.log(100)
    for _ in range(60):  # the loss is convex in 1 / T, and so has one minimum
        a, b = low + (high - low) / 3, high - (high - low) / 3
        if log_loss(cells, math.exp(a), weight) < log_loss(cells, math.exp(b), weight):
            high = b
        else:
            low = a
    return math.exp((low + high) / 2)


def best_threshold(cells):
    """Of the logits: the one of best balanced accuracy; of several, the nearest to that of p = 0.5."""
    weight = weights(cells)
    ordered = sorted(zip(cells, weight), key=lambda cw: cw[0].logit)
    right = sum(w for c, w in ordered if c.positive)
    best = (right, 0.0, -math.inf)
    for i, (cell, w) in enumerate(ordered):
        right += -w if cell.positive else w
        following = ordered[i + 1][0].logit if i + 1 < len(ordered) else math.inf
        if following > cell.logit:
            middle = (cell.logit + following) / 2 if following < math.inf else cell.logit
            best = max(best, (right, -abs(middle), middle))
    return best[2]


def weighted_f1(pairs):
    """`pairs`: (called positive, is positive)"""
    count = collections.Counter(pairs)

    def f1(positive):
        right, wrong = count[positive, positive], count[positive, not positive] + count[not positive, positive]
        return 2 * right / (2 * right + wrong) if right else 0.0

    positives = count[True, True] + count[False, True]
    return (positives * f1(True) + (len(pairs) - positives) * f1(False)) / len(pairs)


def auc(pairs):
    """`pairs`: (score, is positive); equal scores count half"""
    ordered, below, won, ties = sorted(pairs), 0, 0.0, collections.defaultdict(lambda: [0, 0])
    for score, positive in ordered:
        ties[score][positive] += 1
    for score in sorted(ties):
        negatives, positives = ties[score]
        won += positives * (below + negatives / 2)
        below += negatives
    return won / (below * (len(pairs) - below))


def weights_of_cells(cells):
    share = sum(c.positive for c in cells) / len(cells)
    return [0.5 / share if c.positive else 0.5 / (1 - share) for c in cells]


def area_model(cells, weight):
    """Intercept and slope on log(area), by Newton's method."""
    x = [math.log(c.area) for c in cells]
    mean = sum(x) / len(x)
    a = b = 0.0
    for _ in range(30):
        p = [sigmoid(a + b * (v - mean)) for v in x]
        h = [w * q * (1 - q) for w, q in zip(weight, p)]
        e = [w * (q - c.positive) for w, q, c in zip(weight, p, cells)]
        ga, gb = sum(e), sum(d * (v - mean) for d, v in zip(e, x))
        aa, ab, bb = sum(h), sum(d * (v - mean) for d, v in zip(h, x)), sum(d * (v - mean) ** 2 for d, v in zip(h, x))
        determinant = aa * bb - ab * ab
        a, b = a - (bb * ga - ab * gb) / determinant, b - (aa * gb - ab * ga) / determinant
    return lambda cell: a + b * (math.log(cell.area) - mean)


def main():
    if len(sys.argv) < 2 or sys.argv[1] in ("-h", "--help"):
        print(__doc__)
        sys.exit(0 if len(sys.argv) > 1 else 2)
    print("| folder | AUC | of the area | of an area model | by people | log loss | with temperature | T of the folds | F1 at 0.5 | at a chosen threshold |")
    print("|---|---|---|---|---|---|---|---|---|---|")
    for folder in map(pathlib.Path, sys.argv[1:]):
        folds = [read_fold(path) for path in sorted(folder.glob("fold-*/predictions-test.csv"))]
        if len(folds) < 2:
            sys.exit(f"{folder}: has no predictions of two folds, as of leukvk cv --out")
        cells = [cell for fold in folds for cell in fold]
        tempered, temperatures, called, sized = 0.0, [], [], ([], [])
        for i, fold in enumerate(folds):
            others = [cell for j, other in enumerate(folds) if j != i for cell in other]
            temperature, threshold = best_temperature(others), best_threshold(others)
            temperatures.append(temperature)
            tempered += len(fold) * log_loss(fold, temperature)
            called += [(c.logit > threshold, c.positive) for c in fold]
            for pairs, weight in zip(sized, (weights_of_cells(others), weights(others))):
                size = area_model(others, weight)
                pairs += [(size(c), c.positive) for c in fold]
        print(f"| {folder.name} | {auc([(c.logit, c.positive) for c in cells]):.3f} | {auc([(c.area, c.positive) for c in cells]):.3f} "
              f"| {auc(sized[0]):.3f} | {auc(sized[1]):.3f} | {log_loss(cells, 1):.3f} | {tempered / len(cells):.3f} "
              f"| {min(temperatures):.2f} to {max(temperatures):.2f} | {weighted_f1([(c.logit > 0, c.positive) for c in cells]):.3f} "
              f"| {weighted_f1(called):.3f} |")


if __name__ == "__main__":
    main()
