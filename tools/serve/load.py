#!/usr/bin/env python3
"""Loads `leukvk serve` with mixed requests, and looks at its answers, its memory and its open files.

    tools/serve/load.py PROGRAM MODEL IMAGE... [--requests 10000] [--at-once 64] [--slow 100] [-- OPTIONS OF SERVE AND PREDICT]

Of the requests, half are right: an image, or a form of several, whose answers must be the lines of `leukvk predict`, to
the last digit with --batch 32, else but for rounding (batches of other sizes may add in another order). The
others have a wrong method, path, type, size or content, are cut, or are no HTTP; each must be refused with its own status, or
its connection ended. All the while as many slow clients as --slow says send a byte now and then; they must be sent away with 408.
Exit status 1: something was not as it must be. Nothing but Python's standard library is needed.
"""
import argparse
import collections
import contextlib
import http.client
import json
import os
import pathlib
import random
import re
import signal
import socket
import subprocess
import sys
import threading
import time

BODY = 4 << 20  # --max-body of the server, in bytes
ALLOWED_GROWTH = 64 << 20  # bytes of memory, from the warm server to the one that has been loaded
JSON = "application/json"


class Server:
    def __init__(self, program, model, options):
        words = [program, "serve", model, "--port", "0", "--max-body", str(BODY >> 20), *options]
        self.process = subprocess.Popen(words, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        line = self.process.stdout.readline()
        if not line.startswith("http://"):
            sys.exit(f"load: the server has not started: {self.process.communicate()[1]}")
        self.port = int(line.rsplit(":", 1)[1].rstrip("/\n"))

    def connect(self):
        return socket.create_connection(("127.0.0.1", self.port), timeout=60)

    def memory(self):
        """Resident bytes now, and the most so far."""
        text = pathlib.Path(f"/proc/{self.process.pid}/status").read_text()
        return tuple(int(re.search(rf"{name}:\s+(\d+) kB", text)[1]) << 10 for name in ["VmRSS", "VmHWM"])

    def files(self):
        """Open ones, without the two, a socket and a pidfd, of each process that decodes pictures: these stay, one for each thread that
        has decoded at the same time as others."""
        links = [os.readlink(file) for file in pathlib.Path(f"/proc/{self.process.pid}/fd").iterdir()]
        return len(links) - 2 * links.count("anon_inode:[pidfd]")


class Wrong(Exception):
    pass


def form(files):
    parts = [b'--edge\r\nContent-Disposition: form-data; name="image"; filename="' + name.encode() + b'"\r\n\r\n' + data + b"\r\n"
             for name, data in files]
    return b"".join(parts) + b"--edge--\r\n", "multipart/form-data; boundary=edge"


def same_but_for_rounding(line, wanted):
    """Numbers by 0.000001, novelty, the last, by 0.01 of itself; whatever else by each character."""
    fields, others = line.split(","), wanted.split(",")
    for place, (field, other) in enumerate(zip(fields, others)):
        allowed = 1e-6 if place < len(others) - 1 else 0.01 * float(other)
        if field != other and not (re.fullmatch(r"[0-9.e-]+", field) and abs(float(field) - float(other)) <= allowed):
            return False
    return len(fields) == len(others)


class Load:
    def __init__(self, server, images, lines, seed, exact):
        self.exact = exact  # whether the server computes the batches of predict
        self.server, self.images, self.lines = server, images, lines  # name: bytes; name: line of predict behind the name
        self.names = sorted(images)
        self.random = random.Random(seed)
        self.lock = threading.Lock()
        self.statuses = collections.Counter()
        self.failures = []
        self.seconds = []
        self.kinds = {"image": 40, "form": 10, "explain": 2, "page": 6, "method": 8, "path": 4, "type": 6, "json": 6, "size": 3, "picture": 8,
                      "cut_form": 4, "cut": 2, "garbage": 2, "large_header": 1}

    # ---- kinds of requests: each raises Wrong, or returns the status ----

    def ask(self, connection, method, path, body=None, **headers):
        connection.request(method, path, body, {name.replace("_", "-"): value for name, value in headers.items()})
        answer = connection.getresponse()
        return answer, answer.read()

    def expect(self, connection, status, code, *request, **headers):
        answer, content = self.ask(connection, *request, **headers)
        if answer.status != status or (code and json.loads(content)["error"]["code"] != code):
            raise Wrong(f"{answer.status} {content[:300]}, not {status} {code}")
        return answer.status

    def check(self, image, name):
        wanted = f"{name},{self.lines[name]}"
        if image.get("csv") != wanted and (self.exact or not same_but_for_rounding(image.get("csv", ""), wanted)):
            raise Wrong(f"{image}, not {self.lines[name]}")

    def image(self, connection, rng):
        name = rng.choice(self.names)
        answer, content = self.ask(connection, "POST", f"/v1/predict?name={name}", self.images[name], Content_Type="image/bmp")
        if answer.status != 200:
            raise Wrong(f"{answer.status} {content[:300]}")
        self.check(json.loads(content)["images"][0], name)
        return answer.status

    def form(self, connection, rng):
        names = [rng.choice(self.names) for _ in range(3)]
        body, kind = form([*((name, self.images[name]) for name in names), ("bad.png", b"\x89PNG\r\n\x1a\nbad")])
        answer, content = self.ask(connection, "POST", "/v1/predict", body, Content_Type=kind)
        if answer.status != 200:
            raise Wrong(f"{answer.status} {content[:300]}")
        *good, bad = json.loads(content)["images"]
        for image, name in zip(good, names):
            self.check(image, name)
        if bad["error"]["code"] != "image_refused":
            raise Wrong(str(bad))
        return answer.status

    def explain(self, connection, rng):
        answer, content = self.ask(connection, "POST", "/v1/explain", self.images[rng.choice(self.names)], Content_Type="image/bmp")
        if answer.status != 200 or not json.loads(content)["overlay"].startswith("data:image/png"):
            raise Wrong(f"{answer.status} {content[:300]}")
        return answer.status

    def page(self, connection, rng):
        path = rng.choice(["/", "/page.css", "/classify.js", "/healthz", "/metrics", "/v1/model", "/openapi.json"])
        answer, _ = self.ask(connection, rng.choice(["GET", "HEAD"]), path)
        if answer.status != 200:
            raise Wrong(f"{path}: {answer.status}")
        return answer.status

    def method(self, connection, rng):
        return self.expect(connection, 405, None, rng.choice(["PUT", "DELETE", "OPTIONS", "PATCH"]), "/v1/predict", b"abc")

    def path(self, connection, rng):
        return self.expect(connection, 404, "not_found", "GET", f"/{rng.randbytes(8).hex()}/../%2e%2e/etc/passwd")

    def type(self, connection, rng):
        return self.expect(connection, 415, "unsupported_type", "POST", "/v1/predict", rng.randbytes(100), Content_Type="text/plain")

    def json(self, connection, rng):
        body = json.dumps({"image": rng.randbytes(50).hex()})
        return self.expect(connection, 415, "unsupported_type", "POST", "/v1/predict", body, Content_Type=JSON)

    def size(self, connection, rng):
        return self.expect(connection, 413, "too_large", "POST", "/v1/predict", bytes(BODY + rng.randrange(1, 1 << 20)), Content_Type="image/png")

    def picture(self, connection, rng):
        data = self.images[rng.choice(self.names)]
        data = data[:rng.randrange(len(data) - 1)] if rng.random() < 0.7 else rng.randbytes(rng.randrange(1, 5000))
        return self.expect(connection, 422, "image_refused", "POST", "/v1/predict", data, Content_Type="image/png")

    def cut_form(self, connection, rng):
        body, kind = form([(name, self.images[name]) for name in self.names[:2]])
        return self.expect(connection, 400, "bad_request", "POST", "/v1/predict", body[:rng.randrange(1, len(body) - 4)], Content_Type=kind)

    # ---- kinds that end the connection ----

    def cut(self, _, rng):
        """A client that goes away in the midst of its request."""
        data = b"POST /v1/predict HTTP/1.1\r\nHost: localhost\r\nContent-Type: image/bmp\r\nContent-Length: 100000\r\n\r\n" + bytes(50000)
        with self.server.connect() as client:
            client.sendall(data[:rng.randrange(1, len(data))])
        return 0

    def end_of(self, data):
        """The status with which a connection ends that has sent `data`; 0: without one."""
        with self.server.connect() as client:
            answer = b""
            with contextlib.suppress(OSError):
                client.sendall(data)
                client.shutdown(socket.SHUT_WR)
                while got := client.recv(65536):
                    answer += got
        return int(answer.split()[1]) if answer.startswith(b"HTTP/") else 0

    def garbage(self, _, rng):
        status = self.end_of(rng.choice([rng.randbytes(2000), b"\r\n\r\n" * 50, b"GET / HTTP/7.0\r\n\r\n", b"POST /v1/predict HTTP/1.1\r\n\r\n",
                                         b"POST /v1/predict HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1e9\r\n\r\nabc"]))
        if status not in (0, 400, 408, 411, 413, 501, 505):
            raise Wrong(f"{status} for garbage")
        return status

    def large_header(self, _, rng):
        status = self.end_of(b"GET / HTTP/1.1\r\nHost: localhost\r\nX-Large: " + rng.randbytes(1).hex().encode() * 50000 + b"\r\n\r\n")
        if status not in (0, 400, 408, 413, 414, 431):
            raise Wrong(f"{status} for a large header")
        return status

    # ---- running ----

    def one(self, connection, kind, rng):
        if kind in ("cut", "garbage", "large_header"):
            connection.close()  # it would be silent meanwhile
        fresh = connection.sock is None
        begun = time.monotonic()
        try:
            try:
                status = getattr(self, kind)(connection, rng)
            except (BrokenPipeError, ConnectionResetError, http.client.RemoteDisconnected):
                if fresh:
                    raise
                connection.close()  # it was silent too long, which a client may meet at any time: once more on a new one
                status = getattr(self, kind)(connection, rng)
        except (Wrong, OSError, http.client.HTTPException, ValueError, KeyError) as error:
            connection.close()
            with self.lock:
                self.failures.append(f"{kind}: {type(error).__name__} {error}")
            return
        with self.lock:
            self.statuses[kind, status] += 1
            if kind == "image":
                self.seconds.append(time.monotonic() - begun)

    def work(self, count, seed):
        rng = random.Random(seed)
        connection = http.client.HTTPConnection("127.0.0.1", self.server.port, timeout=60)
        for _ in range(count):
            self.one(connection, rng.choices(list(self.kinds), list(self.kinds.values()))[0], rng)
            if rng.random() < 0.1:  # else the connection is kept
                connection.close()
        connection.close()

    def run(self, requests, at_once):
        counts = [requests // at_once + (i < requests % at_once) for i in range(at_once)]
        threads = [threading.Thread(target=self.work, args=(count, self.random.random())) for count in counts if count]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()


class Slow(threading.Thread):
    """A client that sends a byte now and then, and comes again when it is sent away."""

    def __init__(self, server, stop, number):
        super().__init__()
        self.server, self.stop, self.rounds, self.failure = server, stop, 0, None
        self.beginning = [b"POST /v1/predict HTTP/1.1\r\nHost: localhost\r\nContent-Type: image/png\r\nContent-Length: 90000\r\n\r\n",
                          b"GET / HTTP/1.1\r\nHost: local", b"PO"][number % 3]

    def run(self):
        while not self.stop.is_set() and not self.failure:
            try:
                self.round()
            except OSError as error:
                if not self.stop.is_set():
                    self.failure = f"slow client: {error}"

    def round(self):
        answer = b""
        with self.server.connect() as client:
            client.sendall(self.beginning)
            client.settimeout(0.5)
            while not self.stop.is_set():
                try:
                    got = client.recv(4096)
                    if not got:
                        break
                    answer += got
                except TimeoutError:
                    with contextlib.suppress(ConnectionError):
                        client.sendall(b"x")
                except ConnectionError:
                    break
        if answer.startswith(b"HTTP/1.1 408 "):
            self.rounds += 1
        elif not self.stop.is_set():
            self.failure = f"slow client: answered {answer[:100]}"


def mebibytes(count):
    return f"{count / (1 << 20):.1f} MiB"


def known_lines(program, model, images, options):
    """The lines of `leukvk predict --format csv` by the names of the images, without the name."""
    words = [program, "predict", "--model", model, "--format", "csv", *options, *images]
    done = subprocess.run(words, capture_output=True, text=True, check=False)
    lines = done.stdout.splitlines()[1:]
    if len(lines) != len(images):
        sys.exit(f"load: predict has not classified all images: {done.stderr}")
    return {pathlib.Path(path).name: line[len(path) + 1:] for path, line in zip(images, lines)}


def report(load, slow, seconds, requests):
    print(f"{requests} requests in {seconds:.1f} s, {requests / seconds:.0f} a second")
    for (kind, status), count in sorted(load.statuses.items()):
        print(f"  {kind:13} {status or 'no answer':>9} {count:7}")
    ordered = sorted(load.seconds)
    if ordered:
        print(f"an image: median {1000 * ordered[len(ordered) // 2]:.0f} ms, 99 of 100 within {1000 * ordered[len(ordered) * 99 // 100]:.0f} ms")
    print(f"{len(slow)} slow clients were sent away {sum(one.rounds for one in slow)} times")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("program", metavar="PROGRAM")
    parser.add_argument("model", metavar="MODEL")
    parser.add_argument("images", metavar="IMAGE", nargs="+", help="images that predict classifies, with names without commas")
    parser.add_argument("--requests", type=int, default=10000)
    parser.add_argument("--at-once", type=int, default=64)
    parser.add_argument("--slow", type=int, default=100)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--timeout", type=int, default=4, help="of the server, in seconds")
    words = sys.argv[1:]
    options = words[words.index("--") + 1:] if "--" in words else []
    a = parser.parse_args(words[:words.index("--")] if options else words)
    lines = known_lines(a.program, a.model, a.images, options)
    server = Server(a.program, a.model, [*options, "--timeout", str(a.timeout)])
    load = Load(server, {pathlib.Path(path).name: pathlib.Path(path).read_bytes() for path in a.images}, lines, a.seed,
                "--batch" in options)
    stop = threading.Event()
    slow = [Slow(server, stop, number) for number in range(a.slow)]
    load.run(min(a.requests, 4 * a.at_once), a.at_once)  # until all buffers have been used once
    load.statuses.clear()
    load.seconds.clear()
    time.sleep(0.5)
    before, files = server.memory()[0], server.files()
    for one in slow:
        one.start()
    begun = time.monotonic()
    load.run(a.requests, a.at_once)
    seconds = time.monotonic() - begun
    for _ in range(100):  # until the slow ones have been sent away once
        if all(one.rounds or one.failure for one in slow):
            break
        time.sleep(0.1)
    stop.set()
    for one in slow:
        one.join()
    for _ in range(40):  # connections that were broken off end by their time
        left = server.files()
        if left <= files:
            break
        time.sleep(0.25)
    after, most = server.memory()
    report(load, slow, seconds, a.requests)
    print(f"resident memory {mebibytes(before)} before, {mebibytes(most)} at most, {mebibytes(after)} after; "
          f"open files {files} before, {left} after")
    failures = load.failures + [one.failure for one in slow if one.failure]
    if any(one.rounds == 0 for one in slow):
        failures.append("a slow client was never sent away")
    if after > before + ALLOWED_GROWTH:
        failures.append(f"memory has grown by {mebibytes(after - before)}")
    if left > files:
        failures.append(f"{left - files} files were left open")
    server.process.send_signal(signal.SIGTERM)
    _, err = server.process.communicate(timeout=60)
    if server.process.returncode != 0:
        failures.append(f"the server ended with status {server.process.returncode}: {err[-3000:]}")
    for line in failures[:20]:
        print("WRONG:", line)
    print(f"{len(failures)} answers or figures were wrong")
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
