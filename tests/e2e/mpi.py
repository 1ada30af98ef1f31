#!/usr/bin/env python3
"""Whether two ranks of an MPI job share the trials of `leukvk tune` and find what one process finds: of a short search by
halving, and of the Keras work's grid of 27.

    tests/e2e/mpi.py PROGRAM MPIRUN [ITS ARGUMENTS...]
"""
import pathlib
import subprocess
import sys
import tempfile

HALVING = "--search halving --epochs 2 --batch 8 --no-augment --grid learning-rate=0.001,0.01".split()
KERAS_GRID = "--image-size 32 --batch 8 --no-augment --patience 2".split()  # the default grid


def run(*command):
    result = subprocess.run([*map(str, command)], capture_output=True, text=True)
    if result.returncode != 0:
        sys.exit(f"{' '.join(map(str, command))}: status {result.returncode}\n{result.stdout}{result.stderr}")
    return result.stdout


program, mpirun = sys.argv[1], sys.argv[2:]
with tempfile.TemporaryDirectory() as name:
    folder = pathlib.Path(name)
    run(program, *f"synth {folder}/data --images 32 --subjects 12 --size 64 --format png --seed 3".split())
    search = [program, "tune", "--data", folder / "data", *HALVING, "--out"]
    run(*search, folder / "one")
    out = run(*mpirun, *search, folder / "two")
    one, two = ((folder / run_name / "trials.csv").read_bytes() for run_name in ("one", "two"))
    if one != two:
        sys.exit(f"one process:\n{one.decode()}two ranks:\n{two.decode()}")
    if out.count("leukvk train") != 1 or out.count("1 trials, to epoch 1") != 2:
        sys.exit(f"the ranks did not share the trials, or not one of them told the result:\n{out}")
    again = run(*mpirun, *search, folder / "two")
    if again.count("was done before") != 3 or ", epoch " in again:
        sys.exit(f"a finished search was trained again:\n{again}")

    run(program, *f"synth {folder}/few --images 20 --subjects 10 --size 64 --format png --seed 3".split())
    search = [program, "tune", "--data", folder / "few", *KERAS_GRID, "--out"]
    run(*search, folder / "jobs", "--jobs", "2")
    run(*mpirun, *search, folder / "ranks")
    jobs, ranks = ((folder / run_name / "trials.csv").read_bytes() for run_name in ("jobs", "ranks"))
    if jobs != ranks or jobs.count(b"\n") != 28:
        sys.exit(f"two jobs:\n{jobs.decode()}two ranks:\n{ranks.decode()}")
