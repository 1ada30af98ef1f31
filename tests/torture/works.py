"""What is disturbed: commands that write, with all that they need."""
import json
import pathlib
import re
import shutil
import struct

# The seed is one with which a temperature can be fitted.
TRAINED = ("--seed", 7, "--image-size", 32, "--epochs", 1, "-q")
CORPUS = pathlib.Path(__file__).resolve().parent.parent / "fuzz/corpus/image"
# Of the libraries that decode pictures. No TIFF: libtiff 4.5 crashes where memory is out.
FORMATS = ("lossless.webp", "turned.webp", "progressive.jpg", "grey-16.png")


class Work:
    """A command, run in a copy of the folder `template`. `again` gives the command that must then put things right, from the folder as
    the disturbed run left it, without it that is the same command. `printed`: what it prints counts as its files do."""

    def __init__(self, name, command, template, again=None, printed=False):
        self.name, self.command, self.template, self.again, self.printed = name, command, template, again, printed
        self.expected = self.before = self.seconds = self.counted = None

    def repair(self, folder):
        return self.again(folder) if self.again else self.command


def contents(folder):
    """The files of a folder, without locks, the cache and what tells times; files of events tell them within, and count by name."""
    files = {}
    for path in sorted(folder.rglob("*")):
        name = path.relative_to(folder)
        if path.is_file() and name.parts[0] != "cache" and path.name not in ("timing.csv", ".lock"):
            files[str(name)] = b"" if ".tfevents." in path.name else path.read_bytes()
    return files


def resumed(folder, *more):
    """A training that has a configuration is resumed; another is begun."""
    return ("train", "--resume", "out", "-q", *more) if (folder / "out" / "config.json").exists() else None


def emptied(folder, command):
    """Pictures are written to an empty folder only."""
    shutil.rmtree(folder / "out", ignore_errors=True)
    return command


def make_weights(run, data, folder):
    """Weights of a small residual network as torchvision's, from a training from random weights: the names without its own head and
    without biases. Returns the file; `run` runs the program in `folder`."""
    run("train", "--data", data, "--model", "resnet18", "--weights", "none", "--unfreeze", "all", "--bn", "train", "--out", "whole",
        "--device", "cpu", "--no-refit", "--image-size", 32, "--epochs", 1, "-q")
    run("export", "whole", "--format", "torchvision", "--out", "named.safetensors")
    file = (folder / "named.safetensors").read_bytes()
    start = 8 + struct.unpack("<Q", file[:8])[0]
    header, body = {}, []
    at = 0
    for name, tensor in json.loads(file[8:start]).items():
        if name == "__metadata__" or name.startswith("fc.") or re.search(r"(conv\d|downsample\.0)\.bias$", name):
            continue
        first, last = tensor["data_offsets"]
        body.append(file[start + first:start + last])
        header[name] = dict(tensor, data_offsets=[at, at + last - first])
        at += last - first
    text = json.dumps(header).encode()
    text += b" " * (-len(text) % 8)
    (folder / "named.safetensors").write_bytes(struct.pack("<Q", len(text)) + text + b"".join(body))
    run("import", "named.safetensors", "--out", "weights.safetensors", "-q")
    shutil.rmtree(folder / "whole")
    (folder / "named.safetensors").unlink()
    return folder / "weights.safetensors"


def make(program, base, device):
    """Draws a data set, trains a model, and returns the works on them."""
    base.mkdir(parents=True)
    data = base / "data"
    empty, model, begun, half = base / "empty", base / "model", base / "begun", base / "half"
    for folder in (empty, model, begun, half):
        folder.mkdir()

    def run(*arguments, folder=base):
        outcome = program.run(arguments, folder)
        if outcome.status != 0:
            raise SystemExit(f"torture: leukvk {' '.join(map(str, arguments))}: status {outcome.status}\n{outcome.err}")

    use = ("--device", device)
    run("synth", data, "--images", 40, "--subjects", 16, "--size", 64, "--format", "png", "-q")
    pictures = base / "pictures"
    pictures.mkdir()
    for path in sorted(data.rglob("*.png"))[:3]:
        shutil.copy(path, pictures)
    formats = base / "formats"
    formats.mkdir()
    for name in FORMATS:
        shutil.copy(CORPUS / name, formats)
    run("train", "--data", data, "--out", "out", *TRAINED, *use, folder=begun)
    table = base / "table.csv"
    rows = [f"{path.relative_to(base)},{path.parent.name}" for path in sorted(data.rglob("UID_*.png"))[:20]]
    table.write_text("\n".join(["File,Dx", *rows, ""]), encoding="utf-8")
    shutil.copytree(begun / "out", model / "run")
    run("predict", "--model", "run", pictures, "--format", "csv", "--out", "table.csv", "-q", *use, folder=model)
    for name in ("cells.onnx", "joined.safetensors", "metrics.csv"):
        (model / name).write_text("an old file\n", encoding="utf-8")
    shutil.rmtree(model / "cache", ignore_errors=True)
    shutil.rmtree(begun / "cache", ignore_errors=True)

    train = ("train", "--data", data, "--out", "out", "--image-size", 32, "--epochs", 2, "-q", *use)
    board = ("train", "--data", data, "--out", "out", "--tensorboard", "board", *TRAINED, *use)
    cv = ("cv", "--data", data, "--folds", 2, "--out", "out", "--image-size", 32, "--epochs", 1, "-q", *use)
    tune = ("tune", "--data", data, "--grid", "learning-rate=0.001,0.01", "--grid", "epochs=1", "--image-size", 32, "--out", "out", "-q", *use)
    weights = make_weights(run, data, base)
    head = ("train", "--data", data, "--out", "out", "--model", "resnet18", "--weights", weights, "--views", 2, *TRAINED, *use)
    calibrate = ("calibrate", "run", "--temperature", "--from", "run/predictions-validation.csv")
    synth = ("synth", "out", "--images", 16, "--subjects", 8, "--size", 64, "--format", "png", "-q")
    if program.run(synth, half, "unlink@0:1:5").status != 1:  # the mark of an unfinished tree stays
        raise SystemExit("torture: leukvk synth says nothing of a mark that it cannot take away")
    explain = ("explain", "run", pictures, "--out", "out", "-q", *use)
    works = [
        Work("train", train, empty, lambda folder: resumed(folder, *use) or train),
        Work("train --tensorboard", board, empty, lambda folder: resumed(folder, "--tensorboard", "board", *use) or board),
        Work("train --resume", ("train", "--resume", "out", "--epochs", 2, "-q", *use), begun),
        Work("train, features", head, empty, lambda folder: resumed(folder, *use) or head),
        Work("cv", cv, empty),
        Work("tune", tune, empty),
        Work("tune --jobs 2", (*tune, "--jobs", 2), empty),
        Work("predict", ("predict", "--model", "run", pictures, "--format", "csv", "--out", "table.csv", "-q", *use), model),
        Work("eval", ("eval", "--model", "run", "--data", data, "--part", "test", "--out", "metrics.csv", "-q", *use), model),
        Work("calibrate", calibrate, model),
        Work("export", ("export", "run", "--format", "onnx", "-o", "cells.onnx"), model),
        Work("export, joined", ("export", "run", "run", "--format", "leukvk", "-o", "joined.safetensors"), model),
        Work("report", ("report", "run", "-q", *use), model),
        Work("explain", explain, model, lambda folder: emptied(folder, explain)),
        Work("crop", ("crop", pictures, "out", "--mode", "center:48", "-q"), empty),
        Work("crop, formats", ("crop", formats, "out", "--mode", "center:32", "-q"), empty),
        Work("data --json", ("data", data, "--json", "-q"), empty, printed=True),
        Work("eval --json", ("eval", "--model", "run", "--data", data, "--part", "test", "--json", "-q", *use), model, printed=True),
        Work("synth", synth, empty),
        Work("synth, again", synth, half),
        Work("data --report", ("data", data, "--report", "cells.html", "-q"), empty),
        Work("data, table", ("data", table, "--columns", "path=File,label=Dx", "--subject-pattern", "UID_(H?[0-9]+)_", "--json", "-q"), empty,
             printed=True),
        Work("data --sheet", ("data", data, "--sheet", "cells.png", "-q"), empty),
        Work("augment", ("augment", data, "--cells", 2, "--preview", "cells.png", "-q"), empty),
        Work("data --split", ("data", data, "--split", "split.json", "-q"), empty),
    ]
    return works
