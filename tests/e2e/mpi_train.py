#!/usr/bin/env python3
"""Whether the ranks of an MPI job that share a `leukvk train` train to the bytes of one process, also through a kill,
and refuse together what cannot be shared.

    tests/e2e/mpi_train.py PROGRAM MPIRUN FLAG-OF-THE-NUMBER
"""
import pathlib
import subprocess
import sys
import tempfile
import time

program, mpirun, number = sys.argv[1:]
BYTES = "config.json split.json metrics.csv model.safetensors checkpoint-last.safetensors results.json " \
        "predictions-validation.csv predictions-test.csv refit/model.safetensors refit/config.json".split()


def ranks(count, *arguments):
    return [mpirun, number, str(count), program, "train", *map(str, arguments)]


def run(command):
    result = subprocess.run(command, capture_output=True, text=True, timeout=300)
    return result.returncode, result.stdout, result.stderr


def succeed(command):
    status, out, err = run(command)
    if status != 0:
        sys.exit(f"{' '.join(command)}: status {status}\n{out}{err}")
    return out


def refuse(command, *words):
    """Fails in all ranks, with one line of leukvk's that has all the words; returns it."""
    status, out, err = run(command)
    lines = [line for line in err.splitlines() if line.startswith("leukvk: ")]
    if status == 0 or len(lines) != 1 or not all(word in lines[0] for word in words):
        sys.exit(f"{' '.join(command)}: status {status}, not one line with {words}:\n{out}{err}")
    return lines[0]


def compare(one, other):
    for name in BYTES:
        if (one / name).read_bytes() != (other / name).read_bytes():
            sys.exit(f"{one / name} and {other / name} differ")


def kill_in_training(command, run_folder):
    """Kills mpirun, with which its ranks end, when the run has its first epoch."""
    job = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    until = time.monotonic() + 120
    while not (run_folder / "metrics.csv").exists():
        if job.poll() is not None or time.monotonic() > until:
            sys.exit(f"{' '.join(command)}: has no first epoch")
        time.sleep(0.01)
    job.kill()
    job.wait()
    if (run_folder / "results.json").exists():
        sys.exit("the training was over before it was killed")


def resume_killed(command):
    """The ranks of a killed mpirun end a moment later than it does, and hold the folder until then."""
    until = time.monotonic() + 60
    while True:
        status, out, err = run(command)
        if status == 0:
            return
        if "another process works in this folder" not in err or time.monotonic() > until:
            sys.exit(f"{' '.join(command)}: status {status}\n{out}{err}")
        time.sleep(0.5)


with tempfile.TemporaryDirectory() as folder_name:
    folder = pathlib.Path(folder_name)
    for seed, name in ((3, "data"), (4, "other")):
        succeed([program, *f"synth {folder}/{name} --images 44 --subjects 12 --size 64 --format png --seed {seed}".split()])

    # dropout, augmentation, a second training of everybody, a last step of two batches, the last of them in part
    common = ["--data", folder / "data", "--batch", "4", "--model", "cnn"]
    three = [*common, "--accumulate", "3", "--epochs", "2", "--patience", "0", "--checkpoint-seconds", "0"]
    succeed([program, "train", *map(str, three), "--out", str(folder / "one")])
    for count in (2, 3):
        out = succeed(ranks(count, *three, "--out", folder / f"of-{count}"))
        if out.count("seed 1") != 1 or out.count("validation loss") != 2:
            sys.exit(f"not one of {count} ranks told the progress:\n{out}")
        compare(folder / "one", folder / f"of-{count}")

    kill_in_training(ranks(3, *three, "--out", folder / "killed"), folder / "killed")
    resume_killed(ranks(2, "--resume", folder / "killed"))
    compare(folder / "one", folder / "killed")

    two = [*common, *"--accumulate 2 --epochs 2 --clip-norm 0.5 --ema 0.9 --optimizer sgd --learning-rate 0.01".split()]
    succeed([program, "train", *map(str, two), "--out", str(folder / "clipped-one")])
    succeed(ranks(2, *two, "--out", folder / "clipped-two"))
    compare(folder / "clipped-one", folder / "clipped-two")

    # batch norms' averages follow every batch of every rank
    norms = [*three, *"--model cnn-gap --image-size 64".split()]
    succeed([program, "train", *map(str, norms), "--out", str(folder / "norms-one")])
    succeed(ranks(2, *norms, "--out", folder / "norms-two"))
    compare(folder / "norms-one", folder / "norms-two")

    # four classes: a probability of each from every rank
    succeed([program, *f"synth {folder}/four --classes 4 --images 64 --subjects 16 --size 64 --format png".split()])
    four = ["--data", folder / "four", *"--crop none --batch 4 --model cnn-gap --image-size 64 --accumulate 3 --epochs 2".split()]
    succeed([program, "train", *map(str, four), "--out", str(folder / "four-one")])
    succeed(ranks(3, *four, "--out", folder / "four-three"))
    compare(folder / "four-one", folder / "four-three")

    # the first rank finds the operator with the batches of all
    for number_of_case, case in enumerate(("--model cnn --l2 900 --epochs 1", "--checkpoint-seconds 0 --epochs 20")):
        wild = ["--data", folder / "data", *"--batch 4 --accumulate 2 --learning-rate 100 --momentum 0.99 --optimizer sgd".split(), *case.split()]
        told = {refuse(ranks(count, *wild, "--out", folder / f"wild-{number_of_case}-{count}"), "the loss diverged at epoch ", ", operator ", " made the first: ")
                for count in (1, 2)}
        if len(told) != 1:
            sys.exit(f"one rank and two tell different operators: {told}")

    new = folder / "new"
    refuse(ranks(3, *two, "--out", new), "--accumulate 2", "--accumulate 3 or more")
    refuse(ranks(2, *two, "--out", folder / "one"), "is not empty")
    with_other_data = [str(folder / "other") if word == folder / "data" else str(word) for word in two]
    refuse([*ranks(1, *two, "--out", new), ":", number, "1", program, "train", *with_other_data, "--out", str(new)],
           "rank 1: has another data set than rank 0")
    refuse([*ranks(1, *two, "--out", new), ":", number, "1", program, "train", *map(str, two), "--device", "none-such"],
           "rank 1: ", "none-such")
    if new.exists():
        sys.exit("a training that was refused has made its run folder")
