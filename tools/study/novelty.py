#!/usr/bin/env python3
"""How well `predict` tells pictures that are no cells like the training's (column `novelty`).

    tools/study/novelty.py build/leukvk DATA OUT [--folds 3] [--train-options "--model cnn"]

DATA is C-NMC's training data: the subjects are assigned to folds, a model is trained on all folds but one, and predicts the
cells of the people of that fold, which it has not seen in any part, and pictures that are made of some of them or drawn.
Prints, over all folds, the share of each kind that is flagged (novelty above 1) and the AUROC of novelty against the cells
of people not seen. Only Python's standard library is needed."""
import argparse
import csv
import json
import pathlib
import random
import re
import shlex
import struct
import subprocess
import sys
import zlib

SIDE = 450
BLACK = b"\0\0\0"


def read_bmp(path):
    """The rows of a picture of 24 bits, from above, as bytes of red, green, blue."""
    data = path.read_bytes()
    start, = struct.unpack_from("<I", data, 10)
    width, height = struct.unpack_from("<ii", data, 18)
    stride = (width * 3 + 3) // 4 * 4
    rows = []
    for y in range(abs(height)):
        line = data[start + y * stride : start + y * stride + width * 3]
        turned = bytearray(line)
        turned[0::3], turned[2::3] = line[2::3], line[0::3]
        rows.append(bytes(turned))
    return rows[::-1] if height > 0 else rows


def read_png(path):
    """The same of a PNG of 24 bits that is not interlaced."""
    data = path.read_bytes()
    at, body = 8, b""
    while at < len(data):
        size, kind = struct.unpack_from(">I4s", data, at)
        if kind == b"IHDR":
            width, _, depth, colour, _, _, interlaced = struct.unpack_from(">IIBBBBB", data, at + 8)
            if (depth, colour, interlaced) != (8, 2, 0):
                sys.exit(f"{path}: not a plain PNG of 24 bits")
        body += data[at + 8 : at + 8 + size] if kind == b"IDAT" else b""
        at += size + 12
    body, stride, rows, above = zlib.decompress(body), width * 3, [], bytes(width * 3)
    for first in range(0, len(body), stride + 1):
        kind, row = body[first], bytearray(body[first + 1 : first + 1 + stride])
        if kind and any(row) or kind > 1:
            for i in range(stride):
                a, b, c = (row[i - 3] if i > 2 else 0), above[i], (above[i - 3] if i > 2 else 0)
                if kind == 4:
                    ahead = a + b - c
                    near = min((abs(ahead - a), 0, a), (abs(ahead - b), 1, b), (abs(ahead - c), 2, c))[2]
                else:
                    near = (0, a, b, (a + b) // 2)[kind]
                row[i] = (row[i] + near) & 255
        above = bytes(row)
        rows.append(above)
    return rows


def read_picture(path):
    return read_bmp(path) if path.suffix == ".bmp" else read_png(path)


def write_png(path, rows):
    def chunk(kind, body):
        return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))

    head = struct.pack(">IIBBBBB", len(rows[0]) // 3, len(rows), 8, 2, 0, 0, 0)
    body = zlib.compress(b"".join(b"\0" + row for row in rows), 1)
    path.write_bytes(b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", body) + chunk(b"IEND", b""))


def pixels(row):
    return [row[i : i + 3] for i in range(0, len(row), 3)]


def centred(rows, width):
    """On black ground of SIDE x SIDE pixels, cut where they are larger."""
    if len(rows) > SIDE:
        first = (len(rows) - SIDE) // 2
        rows = [row[first * 3 : (first + SIDE) * 3] for row in rows[first : first + SIDE]]
        width = SIDE
    left = (SIDE - width) // 2
    above = (SIDE - len(rows)) // 2
    rows = [BLACK * left + row + BLACK * (SIDE - width - left) for row in rows]
    return [BLACK * SIDE] * above + rows + [BLACK * SIDE] * (SIDE - len(rows) - above)


def halved(rows):
    return centred([b"".join(pixels(row)[::2]) for row in rows[::2]], (SIDE + 1) // 2)


def doubled(rows):
    wide = [b"".join(p * 2 for p in pixels(row)) for row in rows]
    return centred([row for row in wide for _ in range(2)], 2 * SIDE)


def inverted(rows):
    table = bytes(255 - v for v in range(256))
    return [row.translate(table) for row in rows]


def inverted_cell(rows):
    return [b"".join(p if p == BLACK else bytes(255 - v for v in p) for p in pixels(row)) for row in rows]


def turned_hue(rows):
    out = []
    for row in rows:
        turned = bytearray(row)
        turned[0::3], turned[1::3], turned[2::3] = row[2::3], row[0::3], row[1::3]
        out.append(bytes(turned))
    return out


def one_channel(rows):
    """As a fluorescent stain: the darker, the brighter green; red and blue are black."""
    out = []
    for row in rows:
        out.append(b"".join(p if p == BLACK else bytes((0, max(1, 255 - p[1]), 0)) for p in pixels(row)))
    return out


def blurred(rows, size=9):
    out = []
    for row in rows:
        cells = pixels(row)
        line = []
        for x, p in enumerate(cells):
            near = [q for q in cells[max(0, x - size // 2) : x + size // 2 + 1] if q != BLACK]
            line.append(p if p == BLACK else bytes(sum(q[c] for q in near) // len(near) for c in range(3)))
        out.append(b"".join(line))
    return out


def noisy(rows, rng):
    return [b"".join(p if p == BLACK else rng.randbytes(3) for p in pixels(row)) for row in rows]


def noise(rng):
    return [rng.randbytes(3 * SIDE) for _ in range(SIDE)]


def field(cells, rng):
    """Nine cells at their size on a bright ground."""
    ground = bytes(rng.randrange(205, 245) for _ in range(3))
    out = []
    for line in range(3):
        for y in range(SIDE):
            out.append(b"".join(p if p != BLACK else ground for c in range(3) for p in pixels(cells[3 * line + c][y])))
    return out


def shape(rng):
    """A disc, a ring or a rectangle of one colour on black."""
    kind, size = rng.randrange(3), rng.randrange(30, 140)
    colour = bytes(rng.randrange(256) for _ in range(3))
    middle = SIDE // 2

    def inside(x, y):
        square = (x - middle) ** 2 + (y - middle) ** 2
        return (abs(x - middle) < size and abs(y - middle) < size * 2 // 3 if kind == 2
                else (kind * size // 2) ** 2 <= square < size ** 2)

    return [b"".join(colour if inside(x, y) else BLACK for x in range(SIDE)) for y in range(SIDE)]


def landscape(rng):
    """Waves and gradients over the whole picture, as a photograph has them."""
    import math
    waves = [(rng.uniform(0.005, 0.05), rng.uniform(0.005, 0.05), rng.uniform(0, 6), rng.uniform(20, 60)) for _ in range(3)]
    out = []
    for y in range(SIDE):
        line = bytearray()
        for x in range(SIDE):
            for a, b, phase, height in waves:
                line.append(max(1, min(255, int(90 + y / 5 + height * math.sin(a * x + b * y + phase)))))
        out.append(bytes(line))
    return out


def writing(rng):
    """Lines of dark strokes on white paper."""
    rows = [bytearray(b"\xff" * 3 * SIDE) for _ in range(SIDE)]
    for top in range(20, SIDE - 30, 28):
        for left in range(20, SIDE - 20, 14):
            for _ in range(3):
                x, y = left + rng.randrange(9), top + rng.randrange(14)
                for step in range(rng.randrange(3, 9)):
                    across = rng.random() < 0.5
                    at = (x + (step if across else 0)) * 3
                    rows[y + (0 if across else step)][at : at + 6] = b"\x14" * 6
    return [bytes(row) for row in rows]


MADE = {"half scale": halved, "double scale": doubled, "inverted": inverted, "inverted on black": inverted_cell,
        "turned hue": turned_hue, "one channel": one_channel, "blurred": blurred}
DRAWN = {"noise": noise, "shapes": shape, "gradients": landscape, "writing": writing}


def make_pictures(paths, folder, rng):
    cells = [read_picture(path) for path in paths]
    kinds = {name: [make(cell) for cell in cells] for name, make in MADE.items()}
    kinds["noise in the cell"] = [noisy(cell, rng) for cell in cells]
    kinds["whole fields"] = [field(rng.sample(cells, 9), rng) for _ in range(10)]
    kinds.update((name, [draw(rng) for _ in range(10)]) for name, draw in DRAWN.items())
    for name, pictures in kinds.items():
        own = folder / name.replace(" ", "-")
        own.mkdir(parents=True, exist_ok=True)
        for i, rows in enumerate(pictures):
            write_png(own / f"{i}.png", rows)
    return kinds


def find_cells(data):
    cells = []
    for path in sorted(pathlib.Path(data).rglob("UID_*")):
        named = re.match(r"UID_(H?\d+)_.*\.(bmp|png)$", path.name, re.I)
        if named:
            cells.append((path, named[1].upper(), "hem" if named[1][0] in "Hh" else "all"))
    if not cells:
        sys.exit(f"{data}: no UID_*.bmp or .png")
    return cells


def deal(cells, folds):
    """Subjects of each class in turn, those with most cells first."""
    counts = {}
    for _, subject, _ in cells:
        counts[subject] = counts.get(subject, 0) + 1
    fold = {}
    for hem in (False, True):
        own = sorted((s for s in counts if s.startswith("H") == hem), key=lambda s: (-counts[s], s))
        fold.update((s, i % folds) for i, s in enumerate(own))
    return fold


def write_table(path, cells):
    with open(path, "w", newline="") as file:
        table = csv.writer(file)
        table.writerow(["path", "label", "subject"])
        table.writerows((cell.resolve(), label, subject) for cell, subject, label in cells)


def novelties(program, model, *images):
    command = [program, "predict", "--quiet", "--model", model, "--format", "json", *map(str, images)]
    answer = subprocess.run(command, check=True, capture_output=True, text=True)
    return [row["novelty"] for row in json.loads(answer.stdout)]


def auroc(others, cells):
    wins = sum((o > c) + (o == c) / 2 for o in others for c in cells)
    return wins / (len(others) * len(cells))


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("program")
    parser.add_argument("data")
    parser.add_argument("out", type=pathlib.Path)
    parser.add_argument("--folds", type=int, default=3)
    parser.add_argument("--pictures", type=int, default=20, help="cells of a fold that pictures are made of")
    parser.add_argument("--train-options", default="", help="more options of leukvk train")
    a = parser.parse_args()
    cells, found, people = find_cells(a.data), {}, []
    fold_of = deal(cells, a.folds)
    for fold in range(a.folds):
        folder = a.out / f"fold-{fold}"
        folder.mkdir(parents=True, exist_ok=True)
        model = folder / "run"
        write_table(folder / "train.csv", [c for c in cells if fold_of[c[1]] != fold])
        write_table(folder / "unseen.csv", [c for c in cells if fold_of[c[1]] == fold])
        if not (model / "results.json").exists():
            subprocess.run([a.program, "train", "--quiet", "--data", folder / "train.csv", "--seed", str(fold + 1), "--out",
                            model, *shlex.split(a.train_options)], check=True, stdout=subprocess.DEVNULL)
        unseen = [c for c in cells if fold_of[c[1]] == fold]
        values = novelties(a.program, model, "--data", folder / "unseen.csv")
        found.setdefault("cells of people not seen", []).append(values)
        for subject in sorted({c[1] for c in unseen}):
            own = [v for v, c in zip(values, unseen) if c[1] == subject]
            people.append((subject, len(own), sum(v > 1 for v in own)))
        rng = random.Random(fold)
        kinds = make_pictures([c[0] for c in rng.sample(unseen, a.pictures)], folder / "pictures", rng)
        for kind in kinds:
            found.setdefault(kind, []).append(novelties(a.program, model, folder / "pictures" / kind.replace(" ", "-")))
    print("| pictures | number | flagged | AUROC |\n|---|---|---|---|")
    seen = found["cells of people not seen"]
    for kind, by_fold in found.items():
        everything = [v for values in by_fold for v in values]
        share = sum(v > 1 for v in everything) / len(everything)
        score = sum(auroc(values, own) for values, own in zip(by_fold, seen)) / a.folds
        print(f"| {kind} | {len(everything)} | {100 * share:.1f} % | {'–' if by_fold is seen else f'{score:.3f}'} |")
    print("\nPeople with flagged cells: " + (", ".join(f"{s} ({n} of {m})" for s, m, n in people if n) or "none"))


if __name__ == "__main__":
    main()
