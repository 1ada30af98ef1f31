"""What is disturbed: commands that write, with all that they need."""
import pathlib
import shutil

TRAINED = ("--image-size", 32, "--epochs", 1, "-q")


class Work:
    """A command, run in a copy of the folder `template`. `again` gives the command that must then put things right, from the folder as
    the disturbed run left it, or None where they are right; without it that is the same command."""

    def __init__(self, name, command, template, again=None):
        self.name, self.command, self.template, self.again = name, command, template, again
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


def is_calibrated(folder):
    """Whether a calibration was whole before it was cut off: it cannot be repeated then."""
    return b'"temperature"' in (folder / "run" / "model.safetensors").read_bytes()[:65536]


def emptied(folder, command):
    """Pictures are written to an empty folder only."""
    shutil.rmtree(folder / "out", ignore_errors=True)
    return command


def make(program, base, device):
    """Draws a data set, trains a model, and returns the works on them."""
    base.mkdir(parents=True)
    data = base / "data"
    empty, model, begun = base / "empty", base / "model", base / "begun"
    for folder in (empty, model, begun):
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
    run("train", "--data", data, "--out", "out", *TRAINED, *use, folder=begun)
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
    calibrate = ("calibrate", "run", "--temperature", "--from", "run/predictions-validation.csv")
    explain = ("explain", "run", pictures, "--out", "out", "-q", *use)
    works = [
        Work("train", train, empty, lambda folder: resumed(folder) or train),
        Work("train --tensorboard", board, empty, lambda folder: resumed(folder, "--tensorboard", "board") or board),
        Work("train --resume", ("train", "--resume", "out", "--epochs", 2, "-q"), begun),
        Work("cv", cv, empty),
        Work("tune", tune, empty),
        Work("tune --jobs 2", (*tune, "--jobs", 2), empty),
        Work("predict", ("predict", "--model", "run", pictures, "--format", "csv", "--out", "table.csv", "-q", *use), model),
        Work("eval", ("eval", "--model", "run", "--data", data, "--part", "test", "--out", "metrics.csv", "-q", *use), model),
        Work("calibrate", calibrate, model, lambda folder: None if is_calibrated(folder) else calibrate),
        Work("export", ("export", "run", "--format", "onnx", "-o", "cells.onnx"), model),
        Work("export, joined", ("export", "run", "run", "--format", "leukvk", "-o", "joined.safetensors"), model),
        Work("report", ("report", "run", "-q", *use), model),
        Work("explain", explain, model, lambda folder: emptied(folder, explain)),
        Work("crop", ("crop", pictures, "out", "--mode", "center:48", "-q"), empty),
        Work("synth", ("synth", "out", "--images", 16, "--subjects", 8, "--size", 64, "--format", "png", "-q"), empty),
        Work("data --report", ("data", data, "--report", "cells.html", "-q"), empty),
        Work("data --split", ("data", data, "--split", "split.json", "-q"), empty),
    ]
    return works
