#!/usr/bin/env python3
"""What shows how a training went: the chart on a terminal.

usage: watching.py PROGRAM
"""
import os
import pathlib
import pty
import subprocess
import sys
import tempfile

program = os.path.realpath(sys.argv[1])
TRAIN = ("--image-size", "32", "--batch", "8", "--no-refit", "--seed", "3")
CHART = ("    loss\r\n", "|", "+---", "  epoch\r\n", " * training")


def run(folder, *arguments):
    result = subprocess.run([program, *map(str, arguments)], cwd=folder, capture_output=True, text=True)
    assert result.returncode == 0, f"{arguments}: {result.stdout}{result.stderr}"
    return result.stdout + result.stderr


def on_terminal(folder, *arguments):
    """What the program prints on a terminal of 80 columns."""
    here, there = pty.openpty()
    process = subprocess.Popen([program, *map(str, arguments)], cwd=folder, stdin=there, stdout=there, stderr=there, close_fds=True,
                               env={**os.environ, "TERM": "xterm"})
    os.close(there)
    text = b""
    while True:
        try:
            piece = os.read(here, 65536)
        except OSError:  # the other end is closed
            break
        if not piece:
            break
        text += piece
    os.close(here)
    assert process.wait() == 0, text
    return text.decode()


def chart_of(text):
    """The lines of the chart."""
    lines = text.replace("\r", "").split("\n")
    return lines[lines.index("    loss"):next(i for i, line in enumerate(lines) if " * training" in line) + 1]


def lacks_chart(text):
    assert "* training" not in text and "+---" not in text, text


def terminal(folder):
    text = on_terminal(folder, "train", "--data", "cells", "--out", "shown", "--epochs", "3", *TRAIN)
    chart = chart_of(text)
    assert len(chart) == 13, chart
    assert all(len(line) <= 80 for line in chart), chart
    assert chart[-1] == "          * training  o validation  @ both", chart
    assert chart[-2].split() == ["1", "2", "3", "epoch"], chart
    marks = "".join(chart[1:-3])
    assert marks.count("*") + marks.count("o") + 2 * marks.count("@") == 6, chart
    # A run that is gone on with has its whole history; what no terminal reads has no chart.
    text = on_terminal(folder, "train", "--resume", "shown", "--epochs", "4")
    assert chart_of(text)[-2].split() == ["1", "2", "4", "epoch"], text
    lacks_chart(run(folder, "train", "--resume", "shown"))
    lacks_chart(on_terminal(folder, "train", "--resume", "shown", "--quiet"))
    lacks_chart(on_terminal(folder, "train", "--resume", "shown", "--json"))
    text = on_terminal(folder, "train", "--data", "cells", "--out", "alone", "--epochs", "2", "--fractions", "0,0.2", *TRAIN)
    assert chart_of(text)[-1] == "          * training", text


def main():
    with tempfile.TemporaryDirectory(prefix="leukvk-watching-") as name:
        folder = pathlib.Path(name)
        run(folder, "synth", "cells", "--images", "40", "--subjects", "12", "--size", "64", "--format", "png")
        terminal(folder)
    print("the chart is right")
    return 0


sys.exit(main())
