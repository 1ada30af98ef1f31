#!/usr/bin/env python3
"""Which measures of a cell tell two classes apart in people who have not been seen.

    tools/study/cell_measures.py DATA CV...

CV are folders of `leukvk cv` on the folder DATA with two classes, each of another assignment (--seed). Cells, labels and subjects are
those of their predictions, preliminary ones included; the folds are those of their split-K.json, and people held out for validation are in
training here. Prints for each row of ROWS, as means over CV, the AUC of all folds' cells together, the mean of the folds' AUC and the
weighted F1; and of all cells, each person's by a model of all the other people, the AUC, and the AUC in which cells weigh as below.

38 measures. But for skewness they are logarithms, so that a difference is a ratio:
- area: pixels of the largest connected part that is not black, its holes filled; all others are of this part, too.
- Shape. roundness: perimeter^2 / (4 pi area) (Cox, J. Paleontology 1, 1927, has its inverse), the perimeter being the sum of the gradient of the
  part blurred by 3 pixels; elongation: the ratio of the variances along both principal axes; reach and inner radius: the largest
  distance from the centroid, and from the ground, by the radius of the circle of this area.
- Stain, as optical density, -ln intensity, which is proportional to the amount of stain (Beer-Lambert; Ruifrok and Johnston, Anal. Quant.
  Cytol. Histol. 23, 2001), 6 pixels and more from the ground. Of each channel the mean, the coefficient of variation (spread), skewness and
  kurtosis; the ratios of the means of red and blue to that of green: blue's is the hue. Of the mean of the channels (grey) the sum over
  the cell (amount), and the shares of pixels above 1.25 and below 0.75 of its mean (dark, light; 0.001 is added).
- Texture of grey, in five bands: differences of Gaussians (Marr and Hildreth, Proc. R. Soc. Lond. B 207, 1980) of 1, 2, 4, 8 and 16 pixels and
  half as much, of the cell without its ground (normalized convolution, Knutsson and Westin, CVPR 1993). Of each the standard deviation by
  the mean of grey (strength) and by its deviation (part), and skewness. centre: the mean where the distance from the ground is more than 0.5 of
  the largest, by that of the rim, 0.1 to 0.3.

"In the network" are ground and hue as src/models/cell.h defines them, on the middle 300 pixels as 112, with the ridge of leukvk.

The logistic regression has a ridge (le Cessie and van Houwelingen, Applied Statistics 41, 1992): half of it times the sum of the squared slopes
is added to the mean log loss. Classes weigh alike, in a class its people, and of a person of a class the cells. Inputs are standardized by
mean and deviation of the people in training, with these weights, and but for those in the network cut at 3 deviations. Logits are
standardized likewise, which brings all folds to one level; above 0 is the positive class. Needs python3-numpy, python3-scipy, python3-pil."""
import argparse
import collections
import concurrent.futures
import csv
import json
import pathlib
import sys
import warnings

try:
    import numpy as np
    import PIL.Image
    from scipy import ndimage, special, stats
except ImportError as missing:
    sys.exit(f"cell_measures: {missing}; it needs python3-numpy, python3-scipy and python3-pil")

CHANNELS = ("red", "green", "blue")
BANDS = (1, 2, 4, 8, 16)
LEAST_INTENSITY = 8 / 255
RIM, LEAST_INNER = 6, 500  # pixels: of the rim, in which cell and ground are mixed, and without it; with fewer it is not left out

CROP, SIDE, GROUND_STEEPNESS = 300, 112, 10  # of the network, as all below: src/models/cell.h and src/train/cell_fit.h
NETWORK_DENSITY_POINTS = np.geomspace(0.05, 1, 7 + 1)
NETWORK_RIDGE = 0.01

Cells = collections.namedtuple("Cells", "positive subjects measures")  # arrays, and a dictionary of arrays
Model = collections.namedtuple("Model", "inputs ridge cut")  # inputs(measures, weight)[cell][input]


def largest_part(pixels):
    parts, count = ndimage.label(ndimage.binary_fill_holes(pixels.max(2) > 0))
    if not count:
        raise ValueError("is all black")
    return parts == 1 + np.argmax(np.bincount(parts.ravel())[1:])


def shape(cell, from_ground):
    area = cell.sum()
    radius = np.sqrt(area / np.pi)
    place = np.array(np.nonzero(cell))
    across, along = np.linalg.eigvalsh(np.cov(place))
    perimeter = np.hypot(*np.gradient(ndimage.gaussian_filter(cell.astype(float), 3))).sum()
    return {"area": np.log(area), "roundness": np.log(perimeter ** 2 / (4 * np.pi * area)), "elongation": np.log(along / across),
            "reach": np.log(np.hypot(*(place - place.mean(1, keepdims=True))).max() / radius),
            "inner radius": np.log(from_ground.max() / radius)}


def stain(density, cell, inner):
    measures = {}
    for channel, name in enumerate(CHANNELS):
        values = density[..., channel][inner]
        measures |= {f"{name} mean": np.log(values.mean()), f"{name} spread": np.log(values.std() / values.mean()),
                     f"{name} skewness": stats.skew(values), f"{name} kurtosis": np.log(stats.kurtosis(values, fisher=False))}
    for name in ("red", "blue"):
        measures[f"{name} by green"] = measures[f"{name} mean"] - measures["green mean"]
    grey = density.mean(2)
    relative = grey[inner] / grey[inner].mean()
    return measures | {"amount": np.log(grey[cell].sum()), "dark": np.log((relative > 1.25).mean() + 0.001),
                       "light": np.log((relative < 0.75).mean() + 0.001)}


def texture(grey, cell, inner, from_ground):
    measures, finer = {}, grey
    for width in BANDS:
        share = ndimage.gaussian_filter(cell.astype(float), width)
        coarser = ndimage.gaussian_filter(grey * cell, width) / np.maximum(share, 1e-6)
        values = (finer - coarser)[inner]
        measures |= {f"band {width} strength": np.log(values.std() / grey[cell].mean()),
                     f"band {width} part": np.log(values.std() / grey[inner].std()), f"band {width} skewness": stats.skew(values)}
        finer = coarser
    depth = from_ground / from_ground.max()
    centre, rim = cell & (depth > 0.5), cell & (depth > 0.1) & (depth < 0.3)
    return measures | {"centre": np.log(grey[centre].mean() / grey[rim].mean())}


def measures_in_network(image):
    left, top = (image.width - CROP) // 2, (image.height - CROP) // 2
    crop = image.crop((left, top, left + CROP, top + CROP)).resize((SIDE, SIDE), PIL.Image.BILINEAR)
    pixels = np.asarray(crop) / 255
    ground = np.clip(2 - GROUND_STEEPNESS * pixels.sum(2), 0, 1).mean()
    points = np.concatenate([[0], NETWORK_DENSITY_POINTS])
    heights = -np.log(np.maximum(points, NETWORK_DENSITY_POINTS[0]))
    green, blue = (np.interp(pixels[..., c], points, heights).mean() - heights[0] * ground for c in (1, 2))
    return {"crop ground": ground, "crop green": green, "crop blue": blue}


def measure(path):
    warnings.simplefilter("ignore")  # of pictures that are no cells, which are refused below
    try:
        with PIL.Image.open(path) as file:
            image = file.convert("RGB")
        pixels = np.asarray(image)
        cell = largest_part(pixels)
        inner = ndimage.binary_erosion(cell, iterations=RIM)
        inner = inner if inner.sum() >= LEAST_INNER else cell
        density = -np.log(np.maximum(pixels / 255, LEAST_INTENSITY))
        from_ground = ndimage.distance_transform_edt(cell)
        measures = (shape(cell, from_ground) | stain(density, cell, inner) | texture(density.mean(2), cell, inner, from_ground)
                    | measures_in_network(image))
    except (OSError, ValueError) as error:
        raise ValueError(f"{path}: {getattr(error, 'strerror', None) or error}") from error
    if unknown := [name for name, value in measures.items() if not np.isfinite(value)]:
        raise ValueError(f"{path}: is no cell: it has no {', '.join(unknown)}")
    return measures


def read_labels(folders):
    """{path: (is positive, subject)} of all labelled cells that the folds predict"""
    labels = {}
    for path in (path for folder in folders for path in sorted(folder.glob("fold-*/predictions-*.csv"))):
        with open(path, newline="", encoding="utf-8") as file:
            table = csv.DictReader(file)
            columns = [name for name in table.fieldnames or () if name.startswith("p_")]
            if len(columns) != 1 or not {"path", "label", "subject"} <= set(table.fieldnames):
                sys.exit(f"{path}: is no table of predictions of two classes with path, label and subject")
            labels.update((row["path"], (row["label"] == columns[0][2:], row["subject"] or row["path"])) for row in table if row["label"])
    return labels


def read_folds(folder, labels):
    """(is in training, is tested) of all cells, for each fold"""
    place, folds = {path: i for i, path in enumerate(labels)}, []
    positive = np.array([is_positive for is_positive, _ in labels.values()])
    for path in sorted(folder.glob("split-*.json")):
        try:
            parts = json.loads(path.read_text(encoding="utf-8"))["parts"]
            fold = np.zeros((2, len(labels)), bool)
            fold[0, [place[file] for part in ("train", "validation") for file in parts[part]]] = True
            fold[1, [place[file] for file in parts["test"]]] = True
        except (OSError, ValueError, TypeError) as error:
            sys.exit(f"{path}: is no split of leukvk: {error}")
        except KeyError as missing:
            sys.exit(f"{path}: {missing} is not in it, or in no predictions of a fold")
        for name, chosen in zip(("training", "test"), fold):
            if len(set(positive[chosen])) < 2:
                sys.exit(f"{path}: has cells of one class alone in its {name} part")
        folds.append(fold)
    if len(folds) < 2:
        sys.exit(f"{folder}: has no two folds, as of leukvk cv --out")
    return folds


def read_cells(data, labels):
    positive, subjects = map(np.array, zip(*labels.values()))
    if min(len(set(subjects[positive])), len(set(subjects[~positive]))) < 2:
        sys.exit("cell_measures: a class has fewer than two people")
    try:
        with concurrent.futures.ProcessPoolExecutor() as processes:
            found = list(processes.map(measure, [data / path for path in labels], chunksize=8))
    except ValueError as error:
        sys.exit(str(error))
    return Cells(positive, subjects, {name: np.array([measures[name] for measures in found]) for name in found[0]})


def weigh(cells, among):
    """Each class 1/2, in it each person the same, and of a person of a class each cell; 0 for cells not `among`"""
    weight = np.zeros(len(cells.positive))
    for label in (False, True):
        own = among & (cells.positive == label)
        _, person, count = np.unique(cells.subjects[own], return_inverse=True, return_counts=True)
        weight[own] = 0.5 / len(count) / count[person]
    return weight


def standardize(x, weight):
    x = x - weight @ x
    deviation = np.sqrt(weight @ x ** 2)
    return x / np.where(deviation > 0, deviation, np.inf)


def logistic_regression(x, positive, weight, ridge):
    """The logits, by Newton's method; the intercept, which is last, has no ridge"""
    x = np.column_stack([x, np.ones(len(x))])
    penalty = np.diag([ridge] * (x.shape[1] - 1) + [0])
    slopes = np.zeros(x.shape[1])
    for _ in range(50):
        p = special.expit(x @ slopes)
        step = np.linalg.solve((x.T * (weight * p * (1 - p))) @ x + penalty, x.T @ (weight * (p - positive)) + penalty @ slopes)
        slopes -= step
        if np.abs(step).max() < 1e-8:
            break
    return x @ slopes


def logits(model, cells, training):
    weight = weigh(cells, training)
    x = np.clip(standardize(model.inputs(cells.measures, weight), weight), -model.cut, model.cut)
    return standardize(logistic_regression(x, cells.positive, weight, model.ridge), weight)


def of_measures(*names, ridge=0.1):
    return Model(lambda measures, _: np.column_stack([measures[name] for name in names]), ridge, 3)


def of_all(ridge):
    return Model(lambda measures, _: np.column_stack([v for name, v in measures.items() if not name.startswith("crop ")]), ridge, 3)


def ground_and_hue(measures, weight):
    """The hue is blue less that share of green with which it is 0 in the mean of the people in training."""
    green, blue = measures["crop green"], measures["crop blue"]
    return np.column_stack([measures["crop ground"], blue - (weight @ blue) / (weight @ green) * green])


HUE, KURTOSIS, SKEWNESS = "blue by green", "blue kurtosis", "band 16 skewness"
ROWS = {
    "area": [of_measures("area")],
    "area and hue (blue's mean optical density by green's)": [of_measures("area", HUE)],
    "area and the kurtosis of blue's optical density": [of_measures("area", KURTOSIS)],
    "area and a coarse texture's skewness": [of_measures("area", SKEWNESS)],
    "area and roundness": [of_measures("area", "roundness")],
    "area and the density of red, green or blue": [of_measures("area", f"{name} mean") for name in CHANNELS],
    "area, hue and that kurtosis": [of_measures("area", HUE, KURTOSIS)],
    "area, hue, that kurtosis and that skewness": [of_measures("area", HUE, KURTOSIS, SKEWNESS)],
    "all 38, ridge 0.1 to 1": [of_all(ridge) for ridge in (0.1, 0.3, 1)],
    "area and hue in the network": [Model(ground_and_hue, NETWORK_RIDGE, np.inf)],
}


def auc(score, positive, weight):
    """Equal scores count half."""
    _, rank = np.unique(score, return_inverse=True)
    positives, negatives = np.bincount(rank, weight * positive), np.bincount(rank, weight * ~positive)
    return positives @ (np.cumsum(negatives) - negatives / 2) / (positives.sum() * negatives.sum())


def weighted_f1(called, positive):
    f1 = [2 * (called & positive).sum() / (called.sum() + positive.sum()) for called, positive in ((~called, ~positive), (called, positive))]
    return np.average(f1, weights=[(~positive).sum(), positive.sum()])


def score_folds(model, cells, folds):
    score, of_folds = np.full(len(cells.positive), np.nan), []
    for training, test in folds:
        score[test] = logits(model, cells, training)[test]
        of_folds.append(auc(score[test], cells.positive[test], np.ones(test.sum())))
    tested = ~np.isnan(score)
    score, positive, alike = score[tested], cells.positive[tested], np.ones(tested.sum())
    return auc(score, positive, alike), np.mean(of_folds), weighted_f1(score > 0, positive)


def score_people(model, cells):
    score = np.empty(len(cells.positive))
    for person in set(cells.subjects):
        own = cells.subjects == person
        score[own] = logits(model, cells, ~own)[own]
    return auc(score, cells.positive, np.ones(len(score))), auc(score, cells.positive, weigh(cells, np.full(len(score), True)))


def spelled(values):
    return " to ".join(sorted({f"{min(values):.3f}", f"{max(values):.3f}"}))


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data", type=pathlib.Path, metavar="DATA")
    parser.add_argument("cv", type=pathlib.Path, nargs="+", metavar="CV")
    a = parser.parse_args()
    labels = read_labels(a.cv)
    assignments = [read_folds(folder, labels) for folder in a.cv]
    cells = read_cells(a.data, labels)
    print("| measures | pooled | folds | weighted F1 | person by person: AUC of cells | of people |\n|---|---|---|---|---|---|")
    for title, models in ROWS.items():
        scores = [(*np.mean([score_folds(model, cells, folds) for folds in assignments], axis=0), *score_people(model, cells))
                  for model in models]
        print(f"| {title} | {' | '.join(map(spelled, zip(*scores)))} |", flush=True)


if __name__ == "__main__":
    main()
