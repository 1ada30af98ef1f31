#!/usr/bin/env python3
"""`leukvk serve` and `leukvk watch`, as clients meet them: answers, refusals, bounds, and the end.

    tests/e2e/serve.py PROGRAM SOURCES
"""
import base64
import contextlib
import csv
import http.client
import io
import json
import os
import pathlib
import shutil
import signal
import socket
import struct
import subprocess
import sys
import tempfile
import threading
import time
import unittest
import urllib.parse

PROGRAM, SOURCES = (pathlib.Path(word).resolve() for word in sys.argv[1:3])
DEVICE = "reference"
TOKEN = "a-token-of-some-length"


def run(*command, status=0):
    done = subprocess.run([str(word) for word in command], capture_output=True, text=True, check=False, timeout=300)
    if done.returncode != status:
        raise AssertionError(f"{command}: status {done.returncode}, not {status}\n{done.stdout}\n{done.stderr}")
    return done


class Server:
    """A server of its own port, and requests to it."""

    def __init__(self, verb, *arguments):
        words = [str(word) for word in (PROGRAM, verb, *arguments, "--port", 0)]
        self.process = subprocess.Popen(words, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        line = self.process.stdout.readline()
        if not line.startswith("http://"):
            raise AssertionError(f"no address: {line!r} {self.process.communicate(timeout=30)}")
        self.port = int(line.rsplit(":", 1)[1].rstrip("/\n"))

    def connect(self):
        return http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)

    def ask(self, method, path, body=None, **headers):
        connection = self.connect()
        try:
            named = {name.replace("_", "-"): value for name, value in headers.items()}
            connection.request(method, path, body, named)
            answer = connection.getresponse()
            return answer, answer.read()
        finally:
            connection.close()

    def json(self, method, path, body=None, **headers):
        answer, content = self.ask(method, path, body, **headers)
        return answer.status, json.loads(content)

    def metric(self, name):
        for line in self.ask("GET", "/metrics")[1].decode().splitlines():
            if line.startswith(name + " "):
                return float(line.rsplit(" ", 1)[1])
        raise AssertionError(f"no {name}")

    def stop(self, number=signal.SIGTERM):
        self.process.send_signal(number)
        out, err = self.process.communicate(timeout=60)
        return self.process.returncode, out, err


@contextlib.contextmanager
def server(verb, *arguments):
    started = Server(verb, *arguments)
    try:
        yield started
    finally:
        if started.process.poll() is None:
            started.process.kill()
            started.process.communicate()


def form(files):
    """The body of multipart/form-data with these (name, bytes), and its type."""
    parts = [b'--edge\r\nContent-Disposition: form-data; name="image"; filename="' + name.encode() + b'"\r\n\r\n' + data + b"\r\n"
             for name, data in files]
    return b"".join(parts) + b"--edge--\r\n", "multipart/form-data; boundary=edge"


def predictions(model, *images, status=0):
    """What `leukvk predict` writes: its lines of CSV, and standard error."""
    done = run(PROGRAM, "predict", "--model", model, "--device", DEVICE, "--format", "csv", *images, status=status)
    return done.stdout.splitlines(), done.stderr


class Case(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.folder = pathlib.Path(tempfile.mkdtemp(prefix="leukvk serve "))
        cls.cells, cls.model = cls.folder / "cells", cls.folder / "run"
        run(PROGRAM, "synth", cls.cells, "--images", 40, "--subjects", 10, "--size", 64)
        run(PROGRAM, "train", "--data", cls.cells, "--epochs", 1, "--image-size", 32, "--device", DEVICE, "--out", cls.model)
        cls.images = sorted(cls.cells.glob("**/*.bmp"))
        cls.token = cls.folder / "token"
        cls.token.write_text(TOKEN + "\n")

    @classmethod
    def tearDownClass(cls):
        shutil.rmtree(cls.folder)


class Classify(Case):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.server = Server("serve", cls.model, "--device", DEVICE, "--max-body", 1, "--timeout", 2)

    @classmethod
    def tearDownClass(cls):
        status, _, err = cls.server.stop()
        super().tearDownClass()
        assert status == 0, err

    def refused(self, status, code, method, path, body=None, **headers):
        got, answer = self.server.json(method, path, body, **headers)
        self.assertEqual((got, answer["error"]["code"]), (status, code), answer)
        self.assertTrue(answer["error"]["message"])
        return answer["error"]["message"]

    def test_probabilities_are_those_of_predict(self):
        lines, _ = predictions(self.model, *self.images)
        self.assertEqual(self.server.json("GET", "/v1/model")[1]["csv_header"], lines[0])
        body, kind = form([(str(path), path.read_bytes()) for path in self.images])
        status, answer = self.server.json("POST", "/v1/predict", body, Content_Type=kind)
        self.assertEqual(status, 200)
        self.assertEqual([image["csv"] for image in answer["images"]], lines[1:])
        for image, row in zip(answer["images"], csv.DictReader(io.StringIO("\n".join(lines)))):
            self.assertEqual(image["class"], row["class"])
            self.assertEqual(image["probabilities"]["all"], float(row["p_all"]))
            self.assertEqual(image["novelty"], float(row["novelty"]))
            self.assertEqual(image["unlike"], float(row["novelty"]) > 1)
            self.assertEqual((image["width"], image["height"]), (64, 64))

    def test_one_image_is_its_bytes(self):
        image = self.images[3]
        lines, _ = predictions(self.model, image)
        for kind in ["image/bmp", "application/octet-stream", "IMAGE/X-whatever; q=1"]:
            status, answer = self.server.json("POST", f"/v1/predict?name={str(image).replace(' ', '%20')}", image.read_bytes(),
                                              Content_Type=kind)
            self.assertEqual(status, 200)
            self.assertEqual([one["csv"] for one in answer["images"]], [lines[1]])

    def test_requests_that_arrive_together_share_batches(self):
        before = self.server.metric("leukvk_batch_images_count"), self.server.metric("leukvk_batch_images_sum")
        wanted = dict(line.split(",", 1) for line in predictions(self.model, *self.images)[0][1:])
        wrong = []

        def one(path):
            _, answer = self.server.json("POST", "/v1/predict?name=cell", path.read_bytes(), Content_Type="image/bmp")
            if answer["images"][0]["csv"] != "cell," + wanted[str(path)]:
                wrong.append((path, answer))

        threads = [threading.Thread(target=one, args=(path,)) for path in self.images]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        self.assertEqual(wrong, [])
        self.assertEqual(self.server.metric("leukvk_batch_images_sum") - before[1], len(self.images))
        self.assertLess(self.server.metric("leukvk_batch_images_count") - before[0], len(self.images))

    def test_images_are_refused_in_the_words_of_predict(self):
        good, bad = self.images[0].read_bytes(), {
            "half.bmp": self.images[0].read_bytes()[:2000], "empty.png": b"", "text.jpg": b"no picture",
            "header.png": b"\x89PNG\r\n\x1a\n\0\0", "pointer.bmp": b"version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 1\n"}
        for name, data in bad.items():
            path = self.folder / name
            path.write_bytes(data)
            _, err = predictions(self.model, self.images[0], path, status=1)
            reason = next(line for line in err.splitlines() if str(path) in line).split(f"{path}: ", 1)[1]
            self.assertEqual(self.refused(422, "image_refused", "POST", f"/v1/predict?name={name}", data, Content_Type="image/png"),
                             f"{name}: {reason}")
            body, kind = form([("good.bmp", good), (name, data)])
            status, answer = self.server.json("POST", "/v1/predict", body, Content_Type=kind)
            self.assertEqual(status, 200)
            self.assertIn("class", answer["images"][0])
            self.assertEqual(answer["images"][1]["error"]["message"], f"{name}: {reason}")
        body, kind = form(bad.items())
        status, answer = self.server.json("POST", "/v1/predict", body, Content_Type=kind)
        self.assertEqual((status, len(answer["images"])), (422, len(bad)))

    def test_the_cells_of_bad_input_are_refused(self):
        folder = pathlib.Path(os.environ.get("LEUKVK_DATA", "/nowhere")) / "bad_input"
        files = [path for path in sorted(folder.glob("*")) if path.suffix != ".csv"]
        if not files:
            self.skipTest("LEUKVK_DATA is not set")
        _, err = predictions(self.model, *files, status=1)
        refused = 0
        for path in files:
            status, answer = self.server.json("POST", f"/v1/predict?name={urllib.parse.quote(str(path))}", path.read_bytes(), Content_Type="image/png")
            if status == 422:
                refused += 1
                self.assertIn(answer["error"]["message"], err)
            else:
                self.assertNotIn(f"{path}: ", "".join(line for line in err.splitlines() if "novelty" not in line and "unlike" not in line))
        self.assertGreaterEqual(refused, 5)

    def test_a_heat_map_is_that_of_explain(self):
        image = self.images[2]
        for name, query in [("all", "?class=all"), ("hem", "?class=hem"), (None, "")]:
            status, answer = self.server.json("POST", f"/v1/explain{query}", image.read_bytes(), Content_Type="image/bmp")
            self.assertEqual(status, 200, answer)
            done = run(PROGRAM, "explain", self.model, image, "--device", DEVICE, "--json", *(["--class", name] if name else []))
            row = json.loads(done.stdout)
            row = (row["images"] if isinstance(row, dict) else row)[0]
            self.assertEqual(answer["class"], row["heat_of"])
            for key in ["maximum", "on_ground", "outside_cell", "ground", "outside"]:
                if row[key] is None:
                    self.assertIsNone(answer[key])
                else:
                    self.assertAlmostEqual(answer[key], row[key], delta=1e-3 * abs(row[key]) + 1e-9, msg=key)
            picture = base64.b64decode(answer["overlay"].removeprefix("data:image/png;base64,"))
            self.assertEqual(picture[:8], b"\x89PNG\r\n\x1a\n")
            self.assertEqual(struct.unpack(">II", picture[16:24]), (answer["side"],) * 2)
            self.assertIn(answer["class"], answer["note"])
        self.refused(400, "bad_request", "POST", "/v1/explain?class=other", image.read_bytes(), Content_Type="image/bmp")
        self.refused(422, "image_refused", "POST", "/v1/explain", b"no image", Content_Type="image/bmp")
        body, kind = form([("a", image.read_bytes())] * 2)
        self.refused(413, "too_many", "POST", "/v1/explain", body, Content_Type=kind)
        self.refused(415, "unsupported_type", "POST", "/v1/explain", b"{}", Content_Type="application/json")

    def test_what_makes_no_request(self):
        image = self.images[0].read_bytes()
        self.assertIn("octet-stream", self.refused(415, "unsupported_type", "POST", "/v1/predict", b"{}", Content_Type="application/json"))
        self.refused(415, "unsupported_type", "POST", "/v1/predict", image)
        self.refused(404, "not_found", "GET", "/v2/predict")
        self.refused(404, "not_found", "GET", "/../etc/passwd")
        self.refused(413, "too_large", "POST", "/v1/predict", b"x" * (1 << 20) + b"x", Content_Type="image/png")
        self.refused(400, "bad_request", "POST", "/v1/predict?microns_per_pixel=x", image, Content_Type="image/png")
        for method, path, allow in [("GET", "/v1/predict", "POST"), ("POST", "/", "GET, HEAD"), ("DELETE", "/v1/model", "GET, HEAD"),
                                    ("OPTIONS", "/v1/predict", "POST")]:
            self.refused(405, "method_not_allowed", method, path)
            self.assertEqual(self.server.ask(method, path)[0].getheader("Allow"), allow)

    def test_a_body_without_a_length_is_refused(self):
        self.refused(411, "length_required", "POST", "/v1/predict", iter([b"abc"]), Transfer_Encoding="chunked", Content_Type="image/png")

    def test_a_form_that_is_cut_is_refused(self):
        whole, kind = form([("a.bmp", self.images[0].read_bytes()), ("b.bmp", self.images[1].read_bytes())])
        for size in [0, 3, 8, 40, 90, 3000, len(whole) // 2, len(whole) - 9, len(whole) - 4]:
            self.refused(400, "bad_request", "POST", "/v1/predict", whole[:size], Content_Type=kind)
        self.refused(400, "bad_request", "POST", "/v1/predict", whole, Content_Type="multipart/form-data")
        self.refused(400, "bad_request", "POST", "/v1/predict", whole, Content_Type="multipart/form-data; boundary=other")
        self.refused(413, "too_many", "POST", "/v1/predict", form([("a", b"")] * 257)[0], Content_Type=kind)

    def test_names_come_back_whole(self):
        name = 'größe "1"; a=b\\c%.bmp'
        body = form([(name.replace('"', "%22"), self.images[0].read_bytes())])
        _, answer = self.server.json("POST", "/v1/predict", body[0], Content_Type=body[1])
        self.assertEqual(answer["images"][0]["name"], name)

    def test_pages_of_elsewhere_get_nothing(self):
        for host in ["evil.example", "127.0.0.1.evil.example", "localhost.evil.example:80", "10.0.0.1"]:
            self.refused(421, "wrong_host", "GET", "/v1/model", Host=host)
        for host in ["localhost", "localhost:9000", "127.0.0.1", "[::1]:8080", "127.1.2.3"]:
            self.assertEqual(self.server.ask("GET", "/v1/model", Host=host)[0].status, 200, host)
        self.refused(403, "foreign_origin", "POST", "/v1/predict", b"", Origin="http://evil.example", Content_Type="image/png")
        self.refused(403, "foreign_origin", "GET", "/v1/model", Origin="null")
        answer = self.server.ask("GET", "/v1/model", Host="localhost:9", Origin="http://localhost:9")[0]
        self.assertEqual(answer.status, 200)
        self.assertIsNone(answer.getheader("Access-Control-Allow-Origin"))

    def test_pages_may_load_only_what_is_theirs(self):
        for path, kind in [("/", "text/html"), ("/page.css", "text/css"), ("/classify.js", "text/javascript"), ("/icon.svg", "image/svg+xml")]:
            answer, content = self.server.ask("GET", path)
            self.assertEqual(answer.status, 200)
            self.assertTrue(answer.getheader("Content-Type").startswith(kind))
            policy = answer.getheader("Content-Security-Policy")
            self.assertIn("default-src 'none'", policy)
            self.assertNotIn("unsafe", policy)
            self.assertEqual(answer.getheader("X-Content-Type-Options"), "nosniff")
            self.assertEqual(answer.getheader("Cache-Control"), "no-store")
            head, nothing = self.server.ask("HEAD", path)
            self.assertEqual((head.status, nothing), (200, b""))
            self.assertEqual(int(head.getheader("Content-Length")), len(content))
        page = self.server.ask("GET", "/")[1].decode()
        self.assertNotRegex(page, r"<script(?![^>]*src=)|\son\w+=|style=|https?://")

    def test_the_description_is_that_of_the_routes(self):
        described = json.loads(self.server.ask("GET", "/openapi.json")[1])
        source = (SOURCES / "src/serve/routes.c").read_text().split("lvk_classify_routes[] =")[1].split("{0}")[0]
        routes = {words.split('"')[1]: words.split(",")[1].strip().lower() for words in source.split("{") if '"' in words}
        self.assertEqual({path: list(methods)[0] for path, methods in described["paths"].items()}, routes)
        for path, methods in described["paths"].items():
            for method, what in methods.items():
                body = self.images[0].read_bytes() if method == "post" else None
                answer, content = self.server.ask(method.upper(), path, body, **({"Content_Type": "image/bmp"} if body else {}))
                self.assertIn(str(answer.status), what["responses"], path)
        for name, status in [("Prediction", 200), ("Explanation", 200), ("Model", 200)]:
            path = {"Model": "/v1/model", "Explanation": "/v1/explain", "Prediction": "/v1/predict"}[name]
            body = None if name == "Model" else self.images[0].read_bytes()
            _, answer = self.server.json("POST" if body else "GET", path, body, Content_Type="image/bmp")
            one = answer["images"][0] if name == "Prediction" else answer
            self.assertEqual(set(one), set(described["components"]["schemas"][name]["properties"]))

    def test_what_is_known_of_the_model(self):
        _, model = self.server.json("GET", "/v1/model")
        self.assertEqual((model["name"], model["classes"], model["positive_class"], model["threshold"]),
                         (str(self.model), ["all", "hem"], "all", 0.5))
        self.assertEqual(model["input"]["width"], 32)
        self.assertRegex(model["digest"], "^[0-9a-f]{32}$")
        self.assertIn("held out", model["estimate"])

    def test_commands_of_the_document(self):
        """Those of docs/serve.md that need no token."""
        if not shutil.which("curl"):
            self.skipTest("curl is not installed")
        for name in ["cell.bmp", "cell2.bmp"]:
            shutil.copy(self.images[0], self.folder / name)
        document = (SOURCES / "docs/serve.md").read_text(encoding="utf-8")
        commands = [line for line in document.splitlines() if line.startswith("curl -f")]
        self.assertGreaterEqual(len(commands), 5)
        for command in commands:
            words = command.replace("127.0.0.1:8080", f"127.0.0.1:{self.server.port}")
            done = subprocess.run(words, shell=True, cwd=self.folder, capture_output=True, text=True, check=False, timeout=60)
            self.assertEqual(done.returncode, 0, command + done.stderr)
            self.assertTrue(done.stdout.startswith(("{", "#")), done.stdout)

    def test_slow_clients_are_sent_away(self):
        """By the whole time of a request, of --timeout seconds, however often a byte comes."""
        beginnings = [b"POST /v1/pre", b"POST /v1/predict HTTP/1.1\r\nHost: localhost\r\n",
                      b"POST /v1/predict HTTP/1.1\r\nHost: localhost\r\nContent-Type: image/png\r\nContent-Length: 100000\r\n\r\n"]
        ends = {}

        def one(first):
            with socket.create_connection(("127.0.0.1", self.server.port)) as client:
                begun = time.monotonic()
                client.sendall(first)
                client.settimeout(0.25)
                answer = b""
                while time.monotonic() - begun < 20:
                    try:
                        got = client.recv(4096)
                        if not got:
                            break
                        answer += got
                    except TimeoutError:
                        with contextlib.suppress(OSError):
                            client.sendall(b"x")
                    except OSError:
                        break
                ends[first] = time.monotonic() - begun, answer

        threads = [threading.Thread(target=one, args=(first,)) for first in beginnings]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        for first in beginnings:
            seconds, answer = ends[first]
            self.assertLess(seconds, 15)
            self.assertTrue(answer.startswith(b"HTTP/1.1 408 "), answer)
            head, body = answer.split(b"\r\n\r\n")
            self.assertIn(f"Content-Length: {len(body)}".encode(), head)
            self.assertEqual(json.loads(body)["error"]["code"], "timeout")

    def test_garbage_leaves_the_server_well(self):
        for garbage in [b"\0" * 1000, b"GET / HTTP/9.9\r\n\r\n", b"GET\r\n\r\n", b"GET / HTTP/1.1\r\nHost: localhost\r\n" + b"X: " + b"y" * 100000,
                        b"POST /v1/predict HTTP/1.1\r\nHost: localhost\r\nContent-Length: -5\r\n\r\n",
                        b"POST /v1/predict HTTP/1.1\r\nHost: localhost\r\nContent-Length: 99999999999999999999999\r\n\r\n",
                        b"POST /v1/predict HTTP/1.1\r\nContent-Length: 3\r\n\r\nabc"]:
            with socket.create_connection(("127.0.0.1", self.server.port)) as client:
                client.settimeout(10)
                with contextlib.suppress(OSError):
                    client.sendall(garbage)
                    client.shutdown(socket.SHUT_WR)
                    while client.recv(65536):
                        pass
        self.assertEqual(self.server.ask("GET", "/healthz")[0].status, 200)


class Start(Case):
    def test_other_machines_need_a_token(self):
        for address in ["0.0.0.0", "::"]:
            err = run(PROGRAM, "serve", self.model, "--device", DEVICE, "--address", address, "--port", 0, status=2).stderr
            self.assertIn("needs a token", err)
        with server("serve", self.model, "--device", DEVICE, "--address", "0.0.0.0", "--token", self.token) as s:
            self.assertEqual(s.ask("GET", "/v1/model", Host="cells.example")[0].status, 401)
            self.assertEqual(s.ask("GET", "/v1/model", Authorization="Bearer " + TOKEN, Host="cells.example")[0].status, 200)

    def test_a_token_is_asked_for(self):
        with server("serve", self.model, "--device", DEVICE, "--token", self.token) as s:
            image = self.images[0].read_bytes()
            for wrong in [{}, {"Authorization": "Bearer "}, {"Authorization": f"Bearer {TOKEN}x"}, {"Authorization": f"Bearer {TOKEN[:-1]}"},
                          {"Authorization": TOKEN}, {"Authorization": f"Basic {TOKEN}"}]:
                for method, path, body in [("POST", "/v1/predict", image), ("GET", "/v1/model", None), ("GET", "/metrics", None),
                                           ("GET", "/nowhere", None)]:
                    answer, _ = s.ask(method, path, body, Content_Type="image/bmp", **wrong)
                    self.assertEqual(answer.status, 401, (path, wrong))
                    self.assertEqual(answer.getheader("WWW-Authenticate"), "Bearer")
            for path in ["/", "/healthz", "/classify.js"]:
                self.assertEqual(s.ask("GET", path)[0].status, 200)
            self.assertEqual(s.json("POST", "/v1/predict", image, Content_Type="image/bmp", Authorization="bearer " + TOKEN)[0], 200)

    def test_the_socket_of_systemd_is_taken(self):
        with socket.create_server(("127.0.0.1", 0)) as listener:
            port = listener.getsockname()[1]
            command = 'LISTEN_PID=$$ LISTEN_FDS=1 exec "$@" 3<&"$FD"'
            process = subprocess.Popen(["bash", "-c", command, "bash", str(PROGRAM), "serve", str(self.model), "--device", DEVICE],
                                       stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True, pass_fds=[listener.fileno()],
                                       env={**os.environ, "FD": str(listener.fileno())})
        self.assertEqual(process.stdout.readline(), f"http://127.0.0.1:{port}/\n")
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
        connection.request("GET", "/healthz")
        self.assertEqual(connection.getresponse().status, 200)
        connection.close()
        process.terminate()
        self.assertEqual(process.communicate(timeout=30), ("", None))
        self.assertEqual(process.returncode, 0)

    def test_the_unit_is_hardened(self):
        if not shutil.which("systemd-analyze"):
            self.skipTest("systemd-analyze is not installed")
        unit = self.folder / "leukvk.service"
        unit.write_text((SOURCES / "packaging/leukvk.service.in").read_text().replace("@CMAKE_INSTALL_FULL_BINDIR@", "/usr/bin"))
        done = run("systemd-analyze", "security", "--offline=true", unit)
        line = next(line for line in done.stdout.splitlines() if "Overall exposure level" in line)
        self.assertLess(float(line.rsplit(": ", 1)[1].split()[0]), 2, line)

    def test_a_load_of_mixed_requests(self):
        """A small one: tools/serve/load.py sends more."""
        done = run(sys.executable, SOURCES / "tools/serve/load.py", PROGRAM, self.model, *self.images[:6], "--requests", 300,
                   "--at-once", 8, "--slow", 6, "--timeout", 2, "--", "--device", DEVICE)
        self.assertIn("0 answers or figures were wrong", done.stdout)

    def test_what_cannot_be_served(self):
        self.assertIn("nowhere", run(PROGRAM, "serve", self.folder / "nowhere", "--device", DEVICE, status=1).stderr)
        self.assertIn("which model", run(PROGRAM, "serve", status=2).stderr)
        self.assertIn("no IPv4", run(PROGRAM, "serve", self.model, "--device", DEVICE, "--address", "here", status=2).stderr)
        (self.folder / "short").write_text("abc\n")
        self.assertIn("at least 16", run(PROGRAM, "serve", self.model, "--device", DEVICE, "--token", self.folder / "short", status=1).stderr)
        with server("serve", self.model, "--device", DEVICE) as s:
            err = run(PROGRAM, "serve", self.model, "--device", DEVICE, "--port", s.port, status=1).stderr
            self.assertIn(f"port {s.port}", err)

    def test_the_end_answers_what_has_come(self):
        for number in [signal.SIGTERM, signal.SIGINT]:
            with server("serve", self.model, "--device", DEVICE) as s:
                answers = []
                body, kind = form([(str(path), path.read_bytes()) for path in self.images])

                def one():
                    answers.append(s.json("POST", "/v1/predict", body, Content_Type=kind))

                threads = [threading.Thread(target=one) for _ in range(4)]
                for thread in threads:
                    thread.start()
                while s.metric("leukvk_queue_requests") == 0 and len(answers) < 4:
                    time.sleep(0.01)
                status, out, _ = s.stop(number)
                for thread in threads:
                    thread.join()
                self.assertEqual((status, out), (0, ""))
                self.assertEqual([got for got, _ in answers if got not in (200, 503)], [])
                self.assertIn(200, [got for got, _ in answers])

    def test_a_full_queue_says_so(self):
        with server("serve", self.model, "--device", DEVICE, "--queue", 1) as s:
            body, kind = form([(str(path), path.read_bytes()) for path in self.images])
            statuses = []

            def one():
                answer, _ = s.ask("POST", "/v1/predict", body, Content_Type=kind)
                statuses.append((answer.status, answer.getheader("Retry-After")))

            threads = [threading.Thread(target=one) for _ in range(12)]
            for thread in threads:
                thread.start()
            for thread in threads:
                thread.join()
            self.assertEqual(set(statuses), {(200, None), (503, "1")})

    def test_few_images_are_computed_by_small_batches(self):
        lines, _ = predictions(self.model, *self.images)
        with server("serve", self.model, "--device", DEVICE) as s:
            self.assertEqual(s.json("GET", "/v1/model")[1]["batches"], [1, 2, 4, 8, 16, 32])
            for count in [1, 3, 8, 9]:
                body, kind = form([(path.name, path.read_bytes()) for path in self.images[:count]])
                _, answer = s.json("POST", "/v1/predict", body, Content_Type=kind)
                for image, line in zip(answer["images"], lines[1:]):
                    self.assertAlmostEqual(image["probabilities"]["all"], float(line.split(",")[-3]), 6)

    def test_a_batch_size_that_is_asked_for_is_the_only_one(self):
        lines = run(PROGRAM, "predict", "--model", self.model, "--device", "cpu", "--batch", 4, "--format", "csv",
                    *self.images).stdout.splitlines()
        with server("serve", self.model, "--device", "cpu", "--batch", 4) as s:
            self.assertEqual(s.json("GET", "/v1/model")[1]["batches"], [4])
            for i, path in enumerate(self.images[:3]):
                _, answer = s.json("POST", f"/v1/predict?name={urllib.parse.quote(str(path))}", path.read_bytes(), Content_Type="image/bmp")
                self.assertEqual(answer["images"][0]["csv"], lines[1 + i])

    def test_three_classes(self):
        cells, model = self.folder / "three", self.folder / "three-run"
        names = ["early", 'pre "B"', "pro"]
        for i, path in enumerate(self.images):
            (cells / names[i % 3]).mkdir(parents=True, exist_ok=True)
            shutil.copy(path, cells / names[i % 3])
        run(PROGRAM, "train", "--data", cells, "--epochs", 1, "--image-size", 32, "--device", DEVICE, "--out", model, "--no-refit")
        with server("serve", model, "--device", DEVICE) as s:
            lines, _ = predictions(model, *self.images)
            _, what = s.json("GET", "/v1/model")
            self.assertEqual((what["classes"], what["positive_class"], what["threshold"], what["csv_header"]), (names, None, None, lines[0]))
            body, kind = form([(str(path), path.read_bytes()) for path in self.images])
            _, answer = s.json("POST", "/v1/predict", body, Content_Type=kind)
            self.assertEqual([image["csv"] for image in answer["images"]], lines[1:])
            self.assertEqual(list(answer["images"][0]["probabilities"]), names)


class Watch(Case):
    def test_curves_grow(self):
        run_folder = self.folder / "grows"
        with server("watch", run_folder) as s:
            self.assertEqual(s.json("GET", "/v1/run"), (200, {"folder": str(run_folder), "runs": []}))
            shutil.copytree(self.model, run_folder)
            rows = (run_folder / "metrics.csv").read_text()
            _, answer = s.json("GET", "/v1/run")
            first = answer["runs"][0]
            self.assertEqual((first["name"], first["finished"], first["epochs"]), ("", True, 1))
            self.assertEqual(first["columns"], rows.splitlines()[0].split(","))
            self.assertEqual(first["rows"][0][0], 1)
            self.assertAlmostEqual(first["rows"][0][1], float(rows.splitlines()[1].split(",")[1]), 5)
            self.assertEqual(answer["runs"][1]["name"], "refit")
            unknown = [name.startswith("val_") for name in first["columns"][1:]]
            (run_folder / "metrics.csv").write_text(rows + "2," + ",".join("" if empty else "0.5" for empty in unknown) + "\n")
            self.assertEqual(s.json("GET", "/v1/run")[1]["runs"][0]["rows"][1], [2] + [None if empty else 0.5 for empty in unknown])
            (run_folder / "metrics.csv").write_text("epoch,a\n1,2,3\n")
            self.assertEqual(s.json("GET", "/v1/run")[1]["runs"][0]["rows"], [])
            self.assertEqual(s.ask("GET", "/")[0].status, 200)
            self.assertEqual(s.ask("GET", "/watch.js")[0].status, 200)
            self.assertEqual(s.ask("POST", "/v1/predict", b"")[0].status, 404)
            self.assertEqual(s.stop()[0], 0)


    def test_a_training_shows_its_own_curves(self):
        """With the bytes of one that does not."""
        out = self.folder / "live"
        command = [PROGRAM, "train", "--data", self.cells, "--image-size", 32, "--device", DEVICE, "--no-refit", "--epochs", 6, "--out"]
        process = subprocess.Popen([str(word) for word in [*command, out, "--live"]], stdout=subprocess.DEVNULL, stderr=subprocess.PIPE,
                                   text=True)
        seen = []
        for line in process.stderr:
            if not line.startswith("learning curves: http://127.0.0.1:"):
                continue
            port = int(line.rsplit(":", 1)[1].rstrip("/\n"))
            while process.poll() is None and len(seen) < 3:
                with contextlib.suppress(OSError, http.client.HTTPException):
                    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
                    connection.request("GET", "/v1/run")
                    answer = json.loads(connection.getresponse().read())
                    connection.close()
                    rows = len(answer["runs"][0]["rows"]) if answer["runs"] else 0
                    if rows not in seen:
                        seen.append(rows)
        self.assertEqual(process.wait(timeout=60), 0)
        process.stderr.close()
        self.assertGreaterEqual(len(seen), 3, "the curves have not grown")
        self.assertEqual(seen, sorted(seen))
        plain = self.folder / "not-live"
        run(*command, plain)
        for name in ["metrics.csv", "model.safetensors", "predictions-test.csv"]:
            self.assertEqual((out / name).read_bytes(), (plain / name).read_bytes(), name)


if __name__ == "__main__":
    unittest.main(argv=[sys.argv[0], *sys.argv[3:]])
