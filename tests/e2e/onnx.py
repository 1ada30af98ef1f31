#!/usr/bin/env python3
"""Whether an exported ONNX model gives in OpenCV what `leukvk predict` gives: another program's reading of the file.

    tests/e2e/onnx.py PROGRAM

The example of docs/export.md is run as it stands there.

The models are trained for one epoch on drawn cells, which are of the model's size, so that no pixel is resampled. Norms
and biases of the residual networks are then drawn anew, as after one epoch they are still near 1 and 0.
"""
import csv
import io
import json
import pathlib
import struct
import subprocess
import sys
import tempfile

try:
    import cv2
    import numpy
    import onnx  # these two for the example
    import PIL
except ImportError as error:
    print(f"[SKIP] onnx: {error}; tools/setup.sh test installs it")
    sys.exit(77)

TOLERANCE = 1e-5  # 1e-7 is what rounding makes
PILLOW_TOLERANCE = 1e-3  # it rounds resized pixels to whole numbers, which docs/export.md tells
DOCUMENT = pathlib.Path(__file__).resolve().parent.parent.parent / "docs" / "export.md"
TRAIN = ["--no-refit", "--crop", "none", "--epochs", "1", "--batch", "4", "--seed", "3"]
CHANCE = ["--weights", "none", "--unfreeze", "all", "--bn", "train"]


def run(program, *arguments):
    result = subprocess.run([program, *map(str, arguments)], capture_output=True, text=True)
    if result.returncode != 0:
        sys.exit(f"leukvk {' '.join(map(str, arguments))}: status {result.returncode}\n{result.stdout}{result.stderr}")
    return result.stdout


def read_tensors(path):
    data = path.read_bytes()
    (length,) = struct.unpack("<Q", data[:8])
    header = json.loads(data[8 : 8 + length])
    metadata = header.pop("__metadata__")
    body = data[8 + length :]
    tensors = {
        name: numpy.frombuffer(body[slice(*entry["data_offsets"])], "<f4").reshape(entry["shape"])
        for name, entry in header.items()
    }
    return metadata, tensors


def write_tensors(path, metadata, tensors):
    header, offset = {"__metadata__": metadata}, 0
    for name, values in tensors.items():
        header[name] = {"dtype": "F32", "shape": values.shape, "data_offsets": [offset, offset + values.nbytes]}
        offset += values.nbytes
    text = json.dumps(header).encode()
    text += b" " * (-len(text) % 8)
    path.write_bytes(struct.pack("<Q", len(text)) + text + b"".join(values.tobytes() for values in tensors.values()))


def draw_norms(source, path, topology, order):
    """A model of the same kernels with other norms and biases; torchvision's topology has no biases of convolutions."""
    random = numpy.random.default_rng(5)
    metadata, tensors = read_tensors(source)
    metadata = {key: value for key, value in metadata.items() if not key.startswith("novelty")}
    changed = {}
    for name, values in tensors.items():
        if name.count("/") != 1:  # what the model has seen, which exports leave out
            continue
        layer, part = name.split("/")
        if part == "bias" and not layer.startswith("dense") and topology == "torchvision":
            continue
        about = 1 if part in ("gamma", "moving_variance") else 0
        drawn = about + random.uniform(-0.3, 0.3, values.shape)
        changed[name] = values if part == "kernel" else drawn.astype("<f4")
    write_tensors(path, {**metadata, "topology": topology, "pixel_order": order}, changed)


def set_temperature(path, temperature):
    metadata, tensors = read_tensors(path)
    write_tensors(path, {**metadata, "temperature": temperature}, tensors)


def predicted(program, model, data):
    """Probabilities by file, as leukvk gives them: of the positive class, or of each of three and more."""
    rows = csv.DictReader(io.StringIO(run(program, "predict", "--model", model, data, "--format", "csv")))
    return {row["path"]: [float(p) for name, p in row.items() if name.startswith("p_")] for row in rows}


def computed(path, files, batch):
    """The same by OpenCV. Its pictures have their channels as blue, green, red."""
    net = cv2.dnn.readNetFromONNX(str(path))
    probabilities = []
    for first in range(0, len(files), batch):
        images = [cv2.imread(file, cv2.IMREAD_COLOR) for file in files[first : first + batch]]
        net.setInput(cv2.dnn.blobFromImages(images, swapRB=True), "image")
        probabilities.extend(net.forward("probability").reshape(len(images), -1))
    return probabilities


def compare(program, name, model, data, out):
    print(run(program, "export", model, "--format", "onnx", "--out", out), end="")
    expected = predicted(program, model, data)
    files = sorted(expected)
    values = numpy.array([expected[file] for file in files])
    ok = True
    for batch in (1, 4):
        worst = numpy.abs(computed(out, files, batch) - values).max()
        print(f"{name}, {batch} at a time: {len(files)} images, worst difference {worst:.2g}, allowed {TOLERANCE:g}")
        ok = ok and worst <= TOLERANCE
    spread = (values.max(axis=0) - values.min(axis=0)).min()
    print(f"{name}: probabilities from {values.min():.4f} to {values.max():.4f}")
    if spread < 100 * TOLERANCE:
        print(f"{name}: the probabilities are too much alike for a test")
        ok = False
    return ok


def check_joined(program, name, folder, runs, data):
    """Several models in one file, of which the second has a temperature of its own; then one of their mean as well."""
    set_temperature(runs[1] / "model.safetensors", "0.5")
    joined, out = folder / "joined.safetensors", folder / "joined.onnx"
    run(program, "export", *runs, "--format", "leukvk", "--out", joined)
    ok = compare(program, f"{name}, joined", joined, data, out)
    if b"member_2/" not in out.read_bytes():
        print(f"{name}, joined: the file has one model")
        ok = False
    set_temperature(joined, "0.25")
    return compare(program, f"{name}, joined, temperature 0.25", joined, data, out) and ok


def check_classes(program, folder):
    """A model of four classes: a softmax, with a temperature too, and the names of the classes in their order."""
    cells, run_folder, out = folder / "cells4", folder / "four", folder / "four.onnx"
    names = ["Benign", "Early", "Pre", "Pro"]
    run(program, "synth", cells, "--classes", 4, "--images", 48, "--subjects", 16, "--size", 96, "--format", "png")
    run(program, "train", "--data", cells, "--model", "cnn-gap", *TRAIN, "--image-size", 96, "--out", run_folder)
    ok = compare(program, "four classes", run_folder, cells, out)
    set_temperature(run_folder / "model.safetensors", "0.25")
    ok &= compare(program, "four classes, temperature 0.25", run_folder, cells, out)
    told = out.read_bytes()  # "import onnx" would be this file
    if json.dumps(names).encode() not in told or b"classes " + ", ".join(names).encode() not in told or b"positive_class" in told:
        print(f"four classes: {out.name} does not say which they are")
        ok = False
    other = folder / "other_four"
    run(program, "train", "--data", cells, "--model", "cnn-gap", *TRAIN, "--seed", 4, "--image-size", 96, "--out", other)
    return check_joined(program, "four classes", folder, (run_folder, other), cells) and ok


def take_example(after, path):
    """Writes the document's first example after a text, as it stands there."""
    text = DOCUMENT.read_text(encoding="utf-8")
    path.write_text(text.split(after, 1)[1].split("```python\n", 1)[1].split("```", 1)[0], encoding="utf-8")
    return path


def run_example(program, folder):
    """The document's example, against leukvk predict: probabilities and classes. Without --balance, the logits stay as they were
    trained: standardized, those of a net that has learnt little in two epochs would be as sensitive to Pillow's rounding as to cells."""
    example = take_example("### Crops that your program makes", folder / "example.py")
    cells, model = folder / "cells", folder / "cells.onnx"
    run(program, "synth", cells, "--images", 40, "--subjects", 10)
    run(program, "train", "--data", cells, "--epochs", 2, "--seed", 3, "--balance", "none", "--out", folder / "default")
    run(program, "export", folder / "default", "--format", "onnx", "--out", model)
    rows = {row["path"]: row for row in csv.DictReader(io.StringIO(run(program, "predict", "--model", folder / "default",
                                                                       cells, "--format", "csv")))}
    done = subprocess.run([sys.executable, example, model, *rows], capture_output=True, text=True, check=False)
    if done.returncode != 0:
        print(f"the example of {DOCUMENT.name}: status {done.returncode}\n{done.stderr}")
        return False
    answers = [line.rsplit(" ", 2) for line in done.stdout.splitlines()]
    differences = [abs(float(p) - float(rows[path]["p_all"])) for path, p, _ in answers]
    other = [path for path, p, name in answers
             if name != rows[path]["class"] and abs(float(p) - 0.5) > PILLOW_TOLERANCE]
    print(f"the example of {DOCUMENT.name}: {len(answers)} images, worst difference {max(differences):.2g}, "
          f"allowed {PILLOW_TOLERANCE:g}; {len(other)} of another class")
    return len(answers) == len(rows) and max(differences) <= PILLOW_TOLERANCE and not other


def main():
    program = sys.argv[1]
    ok = True
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        for size in (64, 96, 224):
            run(program, "synth", folder / f"cells{size}", "--images", 20, "--subjects", 10, "--size", size, "--format", "png")
        for model, size, options in (("cnn", 224, []), ("cnn-gap", 96, ["--image-size", 96]), ("resnet50-narrow", 64, CHANCE)):
            data = folder / f"cells{size}"
            run(program, "train", "--data", data, "--model", model, *TRAIN, *options, "--out", folder / model)
        for model, size in (("cnn", 224), ("cnn-gap", 96)):
            ok &= compare(program, model, folder / model, folder / f"cells{size}", folder / f"{model}.onnx")
        plain = (folder / "cnn.onnx").read_bytes()
        set_temperature(folder / "cnn" / "model.safetensors", "0.25")
        ok &= compare(program, "cnn, temperature 0.25", folder / "cnn", folder / "cells224", folder / "cnn.onnx")
        if b"calibrate/temperature" in plain or b"calibrate/temperature" not in (folder / "cnn.onnx").read_bytes():
            print("cnn: the temperature is not where it belongs")
            ok = False
        ok &= check_classes(program, folder)
        data, other = folder / "cells96", folder / "other"
        run(program, "train", "--data", data, "--model", "cnn-gap", *TRAIN, "--seed", 4, "--image-size", 96, "--area", "off", "--out", other)
        ok &= check_joined(program, "two classes", folder, (folder / "cnn-gap", other), data)
        ok &= run_example(program, folder)
        for topology, order in (("keras", "bgr"), ("torchvision", "rgb")):
            drawn = folder / f"{topology}.safetensors"
            draw_norms(folder / "resnet50-narrow" / "model.safetensors", drawn, topology, order)
            ok &= compare(program, f"resnet50-narrow, {topology}, {order}", drawn, folder / "cells64",
                          folder / f"{topology}.onnx")
    sys.exit(0 if ok else 1)


if __name__ == "__main__":
    main()
