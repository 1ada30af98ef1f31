"""Scores of predictions for two classes and more by scikit-learn, with the rows that they belong to.

usage: gen_class_metrics.py OUT     writes OUT/class_metrics.json

Probabilities are whole parts of 64, so that they are exact, their sums are 1, and many tie. What scikit-learn 1.2 does not
have (the Brier score of several classes, the expected calibration error) is computed here by its formula.
"""
import json, os, sys, warnings
import numpy as np
import sklearn
from sklearn import metrics as sk
from common import raw

PARTS = 64
CLIP = 1e-7


def draw(count, classes, stream, skill):
    """Labels, and rows of parts whose labelled class gets more of them."""
    words = raw(count * (PARTS + 1), stream).reshape(count, PARTS + 1) >> np.uint64(40)
    labels = (words[:, 0] % np.uint64(classes * (classes + 1) // 2)).astype(int)
    triangle = np.repeat(np.arange(classes), np.arange(classes, 0, -1))  # class 0 is the most frequent
    labels = triangle[labels]
    parts = np.zeros((count, classes), int)
    for i in range(count):
        favourite = (labels[i] + int(words[i, 1] % np.uint64(3) == 0)) % classes  # a third of the rows leans to the next class
        for w in words[i, 1:]:
            w = int(w)
            parts[i, favourite if w % 100 < skill else w // 100 % classes] += 1
    return labels, parts


def nan_to_null(x):
    return None if isinstance(x, float) and np.isnan(x) else x


def auc(y, p):
    return float("nan") if y.all() or not y.any() else float(sk.roc_auc_score(y, p))


def calibration_error(y, p, bins=10):
    confidence, hit = p.max(axis=1), p.argmax(axis=1) == y
    place = np.minimum((confidence * bins).astype(int), bins - 1)
    return float(sum(abs(confidence[place == b].mean() - hit[place == b].mean()) * (place == b).mean()
                     for b in range(bins) if (place == b).any()))


def scores(y, p):
    classes = p.shape[1]
    every, called = np.arange(classes), p.argmax(axis=1)
    present = [k for k in every if (y == k).any()]
    undefined = dict(labels=every, zero_division=0, average=None)
    support, calls = np.bincount(y, minlength=classes), np.bincount(called, minlength=classes)
    precision = np.where(calls > 0, sk.precision_score(y, called, **undefined), np.nan)
    recall = np.where(support > 0, sk.recall_score(y, called, **undefined), np.nan)
    f1 = np.where(support > 0, sk.f1_score(y, called, **undefined), np.nan)
    each = [auc(y == k, p[:, k]) for k in every]
    if len(present) == classes and classes > 2:  # scikit-learn has the mean where every class has rows
        assert np.isclose(np.mean(each), sk.roc_auc_score(y, p, multi_class="ovr", average="macro"), atol=1e-15)
    clipped = np.clip(p, CLIP, 1 - CLIP)[np.arange(len(y)), y]
    if p.min() > CLIP:
        assert np.isclose(-np.log(clipped).mean(), sk.log_loss(y, p, labels=every), atol=1e-14)
    total = {"accuracy": sk.accuracy_score(y, called),
             "balanced_accuracy": sk.balanced_accuracy_score(y, called),
             "f1_macro": sk.f1_score(y, called, labels=present, average="macro"),
             "f1_weighted": sk.f1_score(y, called, average="weighted"),
             "auc_macro": float(np.mean([each[k] for k in present])),
             "kappa": sk.cohen_kappa_score(y, called),
             "loss": -np.log(clipped).mean(),
             "brier": ((p - np.eye(classes)[y]) ** 2).sum(axis=1).mean(),
             "ece": calibration_error(y, p)}
    always = [{"accuracy": sk.accuracy_score(y, np.full_like(y, k)),
               "balanced_accuracy": sk.balanced_accuracy_score(y, np.full_like(y, k)),
               "f1_macro": sk.f1_score(y, np.full_like(y, k), labels=present, average="macro"),
               "f1_weighted": sk.f1_score(y, np.full_like(y, k), average="weighted")} for k in every]
    return {"scores": {key: nan_to_null(float(value)) for key, value in total.items()},
            "classes": [{"precision": nan_to_null(float(precision[k])), "recall": nan_to_null(float(recall[k])),
                         "f1": nan_to_null(float(f1[k])), "auc": nan_to_null(each[k])} for k in every],
            "confusion": sk.confusion_matrix(y, called, labels=every).tolist(),
            "always": [{key: float(value) for key, value in a.items()} for a in always]}


def case(name, y, parts):
    p = parts / PARTS
    return dict(name=name, rows=len(y), class_count=parts.shape[1], parts=parts.flatten().tolist(), labels=y.tolist(), **scores(y, p))


warnings.simplefilter("ignore")
cases = []
for classes, rows, skill in ((2, 40, 30), (3, 60, 40), (4, 120, 40), (8, 150, 50)):
    cases.append(case("%d classes" % classes, *draw(rows, classes, 7000000 + classes, skill)))
y, parts = draw(60, 4, 7000020, 40)
cases.append(case("a class without rows", np.where(y == 2, 0, y), parts))
y, parts = draw(60, 4, 7000021, 40)
parts[:, 0] += parts[:, 3]
parts[:, 3] = 0
cases.append(case("a class that no row is called, its probability clipped", y, parts))
y, parts = draw(20, 3, 7000022, 40)
cases.append(case("rows of one class", np.zeros_like(y), parts))
cases.append(case("certain, one wrong", np.array([0, 1, 2, 2]), PARTS * np.eye(3, dtype=int)[[0, 1, 2, 1]]))
cases.append(case("certain of one class, and right", np.zeros(3, int), PARTS * np.eye(3, dtype=int)[[0, 0, 0]]))
with open(os.path.join(sys.argv[1], "class_metrics.json"), "w") as f:
    f.write('{"library": "scikit-learn %s",\n "parts": %d,\n "cases": [\n  ' % (sklearn.__version__, PARTS))
    f.write(",\n  ".join(json.dumps(c) for c in cases) + "\n]}\n")
