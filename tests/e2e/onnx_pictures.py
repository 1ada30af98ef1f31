#!/usr/bin/env python3
"""Whether ONNX files that take whole pictures give what `leukvk predict` gives for the same files.

    tests/e2e/onnx_pictures.py PROGRAM

Files for pictures of one size run in OpenCV. Those for any size need operators that OpenCV 4.6 lacks: what stands before
their network is computed by onnx_numpy.py, and their network by OpenCV. With LEUKVK_ONNXRUNTIME=DIR, where DIR is the
node_modules of `npm install onnxruntime-node@1.20.1`, ONNX Runtime runs every file as well.

The pictures have all that a crop meets: less and more than its size, one pixel more, C-NMC's 600 x 600 with a frame and
almost so, cells at an edge, nothing but background, JPEG. A model's crop is changed in its file: the same network then
gives other probabilities, by leukvk and by the file alike.
"""
import importlib.util
import json
import os
import pathlib
import subprocess
import sys
import tempfile

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE))
import onnx_numpy

sys.path = [path for path in sys.path if pathlib.Path(path).resolve() != HERE]  # where onnx.py is a test
try:
    import cv2
    import numpy
    import onnx
    import onnx.numpy_helper
except ImportError as error:
    print(f"[SKIP] onnx-pictures: {error}; tools/setup.sh test installs it")
    sys.exit(77)
specification = importlib.util.spec_from_file_location("onnx_test", HERE / "onnx.py")
onnx_test = importlib.util.module_from_spec(specification)
specification.loader.exec_module(onnx_test)
run, TOLERANCE = onnx_test.run, onnx_test.TOLERANCE

LOSSY_BLACK = 16  # of a JPEG
# Models, and the crops with which each is tried. Of "center:500" and the crops that depend on the picture, blocks of
# pixels are averaged where the picture is large against the network.
CROPS = {
    "cnn-gap": ["center:300", "center:500", "none", "bbox"],
    "cnn": ["center:500"],
    "four classes": ["none", "bbox"],
    "resnet50-narrow": ["center:300"],
}
OF_ONE_SIZE = [("cnn-gap", "center:300"), ("cnn", "center:500"), ("four classes", "none")]


def draw_pictures(program, folder):
    """A folder of pictures, two and more of a size."""
    cells, pictures = folder / "cells450", folder / "pictures"
    run(program, "synth", cells, "--images", 16, "--subjects", 8, "--format", "png")
    pictures.mkdir()
    random = numpy.random.default_rng(7)
    for i, path in enumerate(sorted(cells.rglob("*.png"))[:2]):
        cell = cv2.imread(str(path), cv2.IMREAD_COLOR)
        framed = numpy.zeros((600, 600, 3), numpy.uint8)
        framed[75:525, 75:525] = cell
        framed[20:60, 200:400] = random.integers(0, 256, (40, 200, 3))
        lit = framed.copy()
        lit[599, 0] = (0, 1, 0)
        dots = numpy.zeros_like(cell)
        dots[3, 447 - i], dots[440, 10] = (0, 9, 0), (5, 0, 0)
        wide = numpy.tile(cell, (1, 2, 1))[:, :701]
        made = {"cell": cell, "framed": framed, "lit": lit, "small": cell[100:331, 57:400], "thin": cell[100:400, 200:250],
                "more": cv2.resize(cell, (451, 449)), "wide": wide, "blank": numpy.zeros_like(cell), "dots": dots,
                "noise": random.integers(0, 256, (437, 411, 3)).astype(numpy.uint8)}
        for name, pixels in made.items():
            cv2.imwrite(str(pictures / f"{name}{i}.png"), pixels)
        cv2.imwrite(str(pictures / f"cell{i}.jpg"), cell, [cv2.IMWRITE_JPEG_QUALITY, 60])
    return pictures


def read(path):
    return numpy.ascontiguousarray(cv2.imread(path, cv2.IMREAD_COLOR)[:, :, ::-1])  # red, green, blue


def batches(files):
    """Files whose pictures have one size and one kind."""
    groups = {}
    for file in files:
        groups.setdefault((read(file).shape, file.endswith(".jpg")), []).append(file)
    return groups.values()


def by_onnxruntime(path, image, black):
    modules = os.environ.get("LEUKVK_ONNXRUNTIME")
    if not modules:
        return None
    script = """
        const ort = require(process.argv[1] + '/onnxruntime-node'), [N, H, W, black] = process.argv.slice(3).map(Number);
        const bytes = new Uint8Array(require('fs').readFileSync(0));
        ort.InferenceSession.create(process.argv[2], {logSeverityLevel: 3}).then(async session => {
            const feeds = {image: new ort.Tensor('uint8', bytes, [N, H, W, 3])};
            if (black) feeds.black = new ort.Tensor('float32', [black], [1]);
            console.log(JSON.stringify(Array.from((await session.run(feeds)).probability.data)));
        });"""
    done = subprocess.run(["node", "-e", script, modules, str(path), *map(str, image.shape[:3]), str(black or 0)],
                          input=image.tobytes(), capture_output=True, check=True)
    return numpy.array(json.loads(done.stdout)).reshape(len(image), -1)


class Comparison:
    def __init__(self, name):
        self.name, self.worst, self.count = name, {}, 0

    def add(self, reader, values, expected):
        if values is not None:
            self.worst[reader] = max(self.worst.get(reader, 0), numpy.abs(values - expected).max())
            self.count += len(expected)

    def tell(self):
        print(f"{self.name}: {self.count} comparisons, allowed {TOLERANCE:g}, worst by " +
              ", ".join(f"{reader} {worst:.2g}" for reader, worst in self.worst.items()), flush=True)
        return bool(self.worst) and max(self.worst.values()) <= TOLERANCE


def compare_any_size(program, name, model, expected, folder):
    """The file for pictures of any size, one and several at a time."""
    whole, cropped = folder / "whole.onnx", folder / "cropped.onnx"
    run(program, "export", model, "--format", "onnx", "--input", "image", "--out", whole)
    run(program, "export", model, "--format", "onnx", "--out", cropped)
    file, net, found = onnx.load(str(whole)), cv2.dnn.readNetFromONNX(str(cropped)), Comparison(name)
    onnx.checker.check_model(file, full_check=True)
    takes_black = any(value.name == "black" for value in file.graph.input)
    for files in batches(sorted(expected)):
        image = numpy.stack([read(path) for path in files])
        black = LOSSY_BLACK if takes_black and files[0].endswith(".jpg") else None
        net.setInput(onnx_numpy.network_input(onnx, file, image, black), "image")
        values = numpy.array([expected[path] for path in files])
        found.add("numpy and OpenCV", net.forward("probability").reshape(len(files), -1), values)
        found.add("ONNX Runtime", by_onnxruntime(whole, image, black), values)
    return found.tell()


def compare_one_size(program, name, model, expected, folder):
    """A file for each size of pictures. Those of 600 x 600 need another form where the frame matters."""
    ok = True
    for files in batches(sorted(expected)):
        height, width = read(files[0]).shape[:2]
        if files[0].endswith(".jpg") or (height == 600 and "center:300" not in name):
            continue
        path = folder / "size.onnx"
        run(program, "export", model, "--format", "onnx", "--input", f"image:{width}x{height}", "--out", path)
        net, found = cv2.dnn.readNetFromONNX(str(path)), Comparison(f"{name}, {width}x{height}")
        for file in files:
            net.setInput(read(file)[None], "image")
            values = numpy.array([expected[file]])
            found.add("OpenCV", net.forward("probability").reshape(1, -1), values)
            found.add("ONNX Runtime", by_onnxruntime(path, read(file)[None], None), values)
        ok &= found.tell()
    return ok


def run_example(program, model, expected, folder):
    """The example of docs/export.md for OpenCV, as it stands there."""
    example = onnx_test.take_example("In OpenCV, with a file", folder / "example.py")
    files = [path for path in sorted(expected) if path.endswith(".png") and read(path).shape == (450, 450, 3)]
    run(program, "export", model, "--format", "onnx", "--input", "image:450x450", "--out", folder / "cells.onnx")
    done = subprocess.run([sys.executable, example, folder / "cells.onnx", *files], capture_output=True, text=True, check=True)
    answers = dict(line.rsplit(" ", 1) for line in done.stdout.splitlines())
    found = Comparison("the example of export.md")
    for path in files:
        found.add("OpenCV", numpy.array([[float(answers[path])]]), numpy.array([expected[path]]))
    return found.tell()


def differ(expected, name):
    values = numpy.array(list(expected.values()))
    spread = (values.max(axis=0) - values.min(axis=0)).min()
    print(f"{name}: probabilities from {values.min():.4f} to {values.max():.4f}")
    if spread < 100 * TOLERANCE:
        print(f"{name}: the probabilities are too much alike for a test")
    return spread >= 100 * TOLERANCE


def train(program, folder):
    """Models of two and of four classes, whose probabilities differ enough."""
    cells = folder / "cells4"
    run(program, "synth", cells, "--classes", 4, "--images", 48, "--subjects", 16, "--size", 96, "--format", "png")
    run(program, "synth", folder / "cells2", "--images", 20, "--subjects", 10, "--size", 96, "--format", "png")
    for name, data, options in (("cnn-gap", "cells2", ["--image-size", 96]), ("cnn", "cells2", []),
                                ("four classes", "cells4", ["--image-size", 64, "--hue", "off"]),  # which alone tells these classes
                                ("resnet50-narrow", "cells2", onnx_test.CHANCE)):
        architecture = name if "classes" not in name else "cnn-gap"
        run(program, "train", "--data", folder / data, "--model", architecture, *onnx_test.TRAIN, *options,
            "--out", folder / name)


def main():
    program, ok = sys.argv[1], True
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        pictures = draw_pictures(program, folder)
        train(program, folder)
        for model in CROPS:
            metadata, tensors = onnx_test.read_tensors(folder / model / "model.safetensors")
            for crop in CROPS[model]:
                file = folder / f"{model}.safetensors"
                onnx_test.write_tensors(file, {**metadata, "crop": crop}, tensors)
                expected = onnx_test.predicted(program, file, pictures)
                ok &= len(expected) == len(list(pictures.iterdir())) and differ(expected, f"{model}, {crop}")
                ok &= compare_any_size(program, f"{model}, {crop}", file, expected, folder)
                if (model, crop) == OF_ONE_SIZE[0]:
                    ok &= run_example(program, file, expected, folder)
                if (model, crop) in OF_ONE_SIZE:
                    ok &= compare_one_size(program, f"{model}, {crop}", file, expected, folder)
    sys.exit(0 if ok else 1)


if __name__ == "__main__":
    main()
