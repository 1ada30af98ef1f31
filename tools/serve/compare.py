#!/usr/bin/env python3
"""Images a second of `leukvk serve` and of the peer in peer.py, with the same weights, on this machine, in turns.

    tools/serve/compare.py PROGRAM MODEL IMAGE... [--rounds 3] [--seconds 8] [--at-once 1,8,64] [-- OPTIONS OF SERVE]

Clients keep their connections and send an image after the other. The probabilities of both are compared as well: they differ by
the rounding of a resized picture.
"""
import argparse
import http.client
import json
import os
import pathlib
import statistics
import subprocess
import sys
import tempfile
import threading
import time

FOLDER = pathlib.Path(__file__).resolve().parent


def wait(port, process):
    for _ in range(300):
        try:
            connection = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
            connection.request("GET", "/healthz")
            if connection.getresponse().status == 200:
                return
        except OSError:
            if process.poll() is not None:
                break
            time.sleep(0.1)
    sys.exit(f"compare: the server at port {port} has not started")


def ask(connection, data):
    connection.request("POST", "/v1/predict", data, {"Content-Type": "image/bmp"})
    answer = connection.getresponse()
    content = json.loads(answer.read())
    if answer.status != 200:
        raise RuntimeError(f"{answer.status} {content}")
    return content


def measure(port, images, at_once, seconds):
    """Images a second."""
    counts = [0] * at_once
    end = time.monotonic() + seconds

    def work(number):
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
        while time.monotonic() < end:
            ask(connection, images[(number + counts[number]) % len(images)])
            counts[number] += 1
        connection.close()

    threads = [threading.Thread(target=work, args=(number,)) for number in range(at_once)]
    begun = time.monotonic()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return sum(counts) / (time.monotonic() - begun)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("program", metavar="PROGRAM")
    parser.add_argument("model", metavar="MODEL")
    parser.add_argument("images", metavar="IMAGE", nargs="+")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--seconds", type=float, default=8)
    parser.add_argument("--at-once", default="1,8,64")
    parser.add_argument("--python", default="/usr/bin/python3", help="that has the peer's packages")
    words = sys.argv[1:]
    options = words[words.index("--") + 1:] if "--" in words else []
    a = parser.parse_args(words[:words.index("--")] if options else words)
    images = [pathlib.Path(path).read_bytes() for path in a.images]
    with tempfile.TemporaryDirectory() as folder:
        exported = pathlib.Path(folder) / "cells.safetensors"
        subprocess.run([a.program, "export", a.model, "--format", "torchvision", "--out", str(exported)], check=True, capture_output=True)
        commands = {"leukvk": ([a.program, "serve", a.model, "--port", "8089", *options], 8089),
                    "FastAPI, PyTorch": ([a.python, str(FOLDER / "peer.py"), str(exported), "--port", "8090"], 8090)}
        servers = {}
        try:
            for name, (command, port) in commands.items():
                servers[name] = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, env={**os.environ})
                wait(port, servers[name])
            connections = {name: http.client.HTTPConnection("127.0.0.1", port) for name, (_, port) in commands.items()}
            worst = max(abs(next(iter(ask(connections["leukvk"], image)["images"][0]["probabilities"].values())) -
                            ask(connections["FastAPI, PyTorch"], image)["p"]) for image in images)
            print(f"probabilities differ by at most {worst:.2g}")
            print("| at once | " + " | ".join(f"{name}, images/s" for name in commands) + " | ratio |\n|---|---|---|---|")
            for at_once in map(int, a.at_once.split(",")):
                rates = {name: [] for name in commands}
                for _ in range(a.rounds):
                    for name, (_, port) in commands.items():
                        rates[name].append(measure(port, images, at_once, a.seconds))
                medians = [statistics.median(rate) for rate in rates.values()]
                print(f"| {at_once} | " + " | ".join(f"{rate:.0f}" for rate in medians) + f" | {medians[0] / medians[1]:.1f} |", flush=True)
        finally:
            for process in servers.values():
                process.terminate()
                process.wait(timeout=30)


if __name__ == "__main__":
    main()
