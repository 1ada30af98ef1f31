#!/usr/bin/env python3
"""The arrows between the folders of src: each layer can include its own headers and those of the layers below it, and an include
against the arrows, or of a layer beside it, does not compile.

usage: layers.py SOURCE_FOLDER BUILD_FOLDER
"""
import json
import os
import shlex
import subprocess
import sys
import tempfile

source, build = (os.path.realpath(folder) for folder in sys.argv[1:3])

# What each layer may include, itself left out: src/README.md draws the same.
CORE, BACKEND = {"core"}, {"core", "backend"}
OPS = BACKEND | {"ops"}
MODELS = OPS | {"graph"}
IMAGE = CORE | {"decode", "image"}
LOADER = IMAGE | {"dataset"}
RUNTIME = MODELS | {"models", "reference", "cpu", "vulkan", "decode", "image"}
ARTIFACT = RUNTIME | {"runtime", "formats"} | LOADER | {"loader"}
PREDICT = ARTIFACT | {"artifact", "metrics"}
LAYERS = {
    "core": set(), "backend": CORE, "ops": BACKEND, "reference": OPS, "graph": OPS, "cpu": OPS | {"reference"}, "vulkan": BACKEND,
    "models": MODELS, "reader": CORE, "formats": MODELS | {"models", "reader"}, "decode": CORE, "image": CORE | {"decode"}, "dataset": IMAGE, "loader": LOADER,
    "preview": LOADER | {"loader", "page"}, "metrics": CORE, "page": CORE, "runtime": RUNTIME, "artifact": ARTIFACT, "predict": PREDICT,
    "report": PREDICT | {"predict", "page", "preview", "explain"}, "train": PREDICT | {"predict"}, "search": PREDICT | {"predict", "train"}, "serve": PREDICT | {"predict", "preview", "page", "explain"},
    "explain": PREDICT | {"predict", "preview", "page"}, "selftest": RUNTIME | {"runtime"},
}


def commands():
    """The compiler's command for one source of each layer, without the source and what is written."""
    found = {}
    for entry in json.load(open(os.path.join(build, "compile_commands.json"))):
        relative = os.path.relpath(entry["file"], os.path.join(source, "src"))
        layer = relative.split(os.sep)[0]
        if layer in LAYERS and "LVK_REAL_DOUBLE" not in entry["command"]:
            words = shlex.split(entry["command"])
            found.setdefault(layer, [w for w in words[: words.index("-o")] if w != "-MD" and not w.endswith(".d")])
    return found


def has_header(layer):
    folder = os.path.join(source, "src", layer)
    return sorted(name for name in os.listdir(folder) if name.endswith(".h"))


def has_files(name):
    folder = os.path.join(source, "src", name)
    return os.path.isdir(folder) and any(os.scandir(folder))


def compiles(command, header, folder):
    path = os.path.join(folder, "include.c")
    with open(path, "w") as file:
        file.write(f'#include "{header}"\n')
    arguments = []
    skip = False
    for word in command:  # -MT and -MF name files of the build
        if skip or word in ("-MT", "-MF"):
            skip = not skip
            continue
        arguments.append(word)
    return subprocess.run(arguments + ["-E", "-o", os.devnull, path], cwd=build, capture_output=True).returncode == 0


def main():
    folders = {name for name in os.listdir(os.path.join(source, "src")) if has_files(name)}
    wrong = [f"src/{name} is not in tests/e2e/layers.py" for name in folders - set(LAYERS) - {"cli"}]
    found = commands()
    checked = 0
    with tempfile.TemporaryDirectory() as folder:
        for layer in sorted(LAYERS):
            for other in sorted(LAYERS):
                if layer not in found or not has_header(other):
                    wrong.append(f"{layer} or {other}: no source or no header")
                    continue
                allowed = other == layer or other in LAYERS[layer]
                if compiles(found[layer], f"{other}/{has_header(other)[0]}", folder) != allowed:
                    wrong.append(f"{layer} {'cannot' if allowed else 'can'} include {other}")
                checked += 1
    print("\n".join(wrong) or f"{checked} pairs of layers as they should be")
    return 1 if wrong else 0


sys.exit(main())
