#!/usr/bin/env python3
"""The installed library: what it shows to programs, and programs that are built with it.

    tests/e2e/library.py SOURCES BUILD C_COMPILER CXX_COMPILER
"""
import json
import os
import pathlib
import re
import shlex
import shutil
import struct
import subprocess
import sys
import tempfile
import unittest

SOURCES, BUILD = (pathlib.Path(word).resolve() for word in sys.argv[1:3])
CC, CXX = sys.argv[3:5]
EXAMPLES = SOURCES / "examples"
WARNINGS = ["-Wall", "-Wextra", "-Wpedantic", "-Wshadow", "-Werror"]
HEADERS = sorted((SOURCES / "include" / "leukvk").rglob("*.h")) + [BUILD / "include" / "leukvk" / "version.h"]

# Lists the devices; fails if a variable of the environment has another value, or the same value at another place, then.
LIST_DEVICES = r"""
#include <leukvk/leukvk.h>
#include <stdio.h>
#include <string.h>
extern char **environ;
int main(void) {
    char *before[4096] = {0}, copies[4096][64];
    lvk_device_list *list;
    size_t count = 0, same = 0;
    for (; environ[count] && count < 4095; ++count) {
        before[count] = environ[count];
        snprintf(copies[count], 64, "%s", environ[count]);
    }
    if (lvk_device_list_create(&list))
        return 2;
    printf("%zu devices; %s", list->count, list->vulkan);
    for (; environ[same] && environ[same] == before[same] && strncmp(environ[same], copies[same], 63) == 0; ++same)
        ;
    lvk_device_list_destroy(&list);
    return same != count || environ[same];
}
"""


def run(*command, **options):
    done = subprocess.run([str(word) for word in command], capture_output=True, text=True, check=False, timeout=300, **options)
    if done.returncode != 0:
        raise AssertionError(f"{command}: status {done.returncode}\n{done.stdout}\n{done.stderr}")
    return done.stdout


def declarations():
    """The functions that the headers declare, each with the words before its name; static ones left out."""
    found = {}
    for header in HEADERS:
        text = re.sub(r"/\*.*?\*/", "", header.read_text(encoding="utf-8"), flags=re.S)
        text = re.sub(r"^\s*#(\\\n|.)*", "", text, flags=re.M)
        for before, name in re.findall(r"^(\w[\w \n*]*?)\b(lvk_\w+)\(", text, flags=re.M):
            if not before.startswith("static") and not before.startswith("typedef"):
                found[name] = (before, header.name)
    return found


def shown(*command):
    return sorted(line.split()[-1] for line in run(*command).splitlines() if len(line.split()) == 3)


class Library(unittest.TestCase):
    maxDiff = None

    def test_every_function_of_the_headers_is_marked(self):
        found = declarations()
        self.assertGreater(len(found), 150)
        for name, (before, header) in found.items():
            with self.subTest(function=name, header=header):
                self.assertTrue(before.startswith("LVK_API "), f"{header}: {name} is not marked LVK_API")

    def test_every_object_says_which_threads_may_use_it(self):
        found = []
        for header in HEADERS:
            for comment, name in re.findall(r"/\*((?:[^*]|\*(?!/))*)\*/\ntypedef struct (\w+) \2;", header.read_text(encoding="utf-8")):
                found.append(name)
                self.assertIn("thread", comment, f"{header.name}: {name}")
        declared = re.findall(r"^typedef struct (\w+) \1;", "".join(header.read_text(encoding="utf-8") for header in HEADERS), flags=re.M)
        self.assertGreater(len(declared), 8)
        self.assertEqual(found, declared, "an object without a comment")

    def test_structs_of_options_can_grow(self):
        """Each begins with its size, but for the options of a training, and each that is given is taken by it."""
        text = "".join(header.read_text(encoding="utf-8") for header in HEADERS)
        names = re.findall(r"^typedef struct (lvk_\w+_options) \{", text, flags=re.M)
        self.assertGreater(len(names), 15)
        sources = "".join(file.read_text(encoding="utf-8") for file in (SOURCES / "src").rglob("*.c"))
        for name in set(names) - {"lvk_train_options"}:
            self.assertRegex(text, rf"typedef struct {name} {{\n    size_t struct_size;", name)
            self.assertIn(f"LVK_OPTIONS_TAKE({name},", re.sub(r"\s+", " ", sources), name)

    def test_threads_of_the_library_log_where_their_starter_does(self):
        """None is started but by lvk_thread_start, which hands on the sink."""
        starting = [str(file.relative_to(SOURCES)) for file in sorted((SOURCES / "src").rglob("*.c"))
                    if re.search(r"\b(pthread_create|thrd_create)\(", file.read_text(encoding="utf-8"))]
        self.assertEqual(starting, ["src/core/parallel.c"])

    def test_the_shared_library_exports_what_is_marked_and_nothing_else(self):
        self.assertEqual(shown("nm", "-D", "--defined-only", BUILD / "libleukvk.so"), sorted(declarations()))

    def test_the_archive_shows_the_same(self):
        """In a program that has a volk of its own, the linker must not take leukvk's."""
        self.assertEqual(shown("nm", "-g", "--defined-only", BUILD / "libleukvk.a"), sorted(declarations()))

    def test_the_name_that_programs_look_for_has_the_version(self):
        text = (BUILD / "include" / "leukvk" / "version.h").read_text(encoding="utf-8")
        major, minor = (re.search(rf"LEUKVK_VERSION_{part} (\d+)", text)[1] for part in ("MAJOR", "MINOR"))
        expected = f"libleukvk.so.0.{minor}" if major == "0" else f"libleukvk.so.{major}"
        self.assertEqual(re.search(r"SONAME\s+(\S+)", run("objdump", "-p", BUILD / "libleukvk.so"))[1], expected)


def write_ppm(bmp, ppm):
    """Writes a BMP file of 24 bits, whose rows are padded to four bytes and go from the bottom to the top, as PPM."""
    data = bmp.read_bytes()
    start, _, width, height = struct.unpack_from("<IIii", data, 10)
    stride = (3 * width + 3) // 4 * 4
    rows = [data[start + y * stride:start + y * stride + 3 * width] for y in range(height - 1, -1, -1)]
    pixels = bytearray(b"".join(rows))
    pixels[0::3], pixels[2::3] = pixels[2::3], pixels[0::3]
    ppm.write_bytes(b"P6 %d %d 255\n" % (width, height) + pixels)


class Examples(unittest.TestCase):
    """Built against an installation in a folder of its own, whose name has a space."""

    @classmethod
    def setUpClass(cls):
        cls.folder = pathlib.Path(tempfile.mkdtemp(prefix="leukvk library "))
        cls.addClassCleanup(shutil.rmtree, cls.folder)
        first = cls.folder / "first"
        run("cmake", "--install", BUILD, "--prefix", first)
        cls.prefix = cls.folder / "usr local" # what is installed can be moved
        first.rename(cls.prefix)
        config = next(cls.prefix.glob("**/leukvk.pc"))
        cls.library = next(cls.prefix.glob("**/libleukvk.so.?.?"))
        cls.environment = {**os.environ, "PKG_CONFIG_PATH": str(config.parent), "LD_LIBRARY_PATH": str(cls.library.parent)}
        cls.program = cls.prefix / "bin" / "leukvk"
        cls.cells, cls.model = cls.folder / "cells", cls.folder / "run" / "model.safetensors"
        run(cls.program, "synth", cls.cells, "--images", 40, "--subjects", 10, "--size", 64)
        run(cls.program, "train", "--data", cls.cells, "--epochs", 1, "--image-size", 32, "--no-refit", "--out", cls.model.parent)
        cls.image = sorted(cls.cells.glob("**/*.bmp"))[0]
        table = run(cls.program, "predict", "--model", cls.model, cls.image, "--format", "csv").splitlines()
        row = dict(zip(table[0].split(","), table[1].split(",")))
        cls.line = f"p_all {float(row['p_all']):.6f}"

    def flags(self, *words):
        return shlex.split(run("pkg-config", *words, "leukvk", env=self.environment))

    def compile(self, compiler, standard, example, flags):
        program = self.folder / f"{example}-by-pkg-config"
        run(*shlex.split(compiler), standard, *WARNINGS, EXAMPLES / example, *flags, "-o", program)
        return program

    def check_classify(self, program, image=None):
        self.assertEqual(run(program, self.model, image or self.image, env=self.environment), f"{image or self.image}: {self.line}\n")

    def check_train(self, program):
        out = self.folder / f"run of {program.parent.name} {program.name}"
        lines = run(program, self.cells, out, env=self.environment).splitlines()
        self.assertEqual([line.split(":")[0] for line in lines], ["step 1", "step 2"])
        for line in lines:
            self.assertTrue(0.01 < float(line.split()[-1]) < 10, line)
        self.assertTrue((out / "checkpoint-last.safetensors").is_file())

    def test_c_and_cpp_by_pkg_config(self):
        flags = self.flags("--cflags", "--libs")
        self.check_classify(self.compile(CC, "-std=c11", "classify.c", flags))
        self.check_train(self.compile(CC, "-std=c11", "train.c", flags))
        ppm = self.folder / "cell.ppm"
        write_ppm(self.image, ppm)
        self.check_classify(self.compile(CXX, "-std=c++11", "classify.cpp", flags), ppm)

    def test_by_cmake(self):
        build = self.folder / "build"
        configure = ["cmake", "-S", EXAMPLES, "-B", build, "-G", "Ninja", f"-DCMAKE_PREFIX_PATH={self.prefix}",
                     f"-DCMAKE_C_COMPILER={CC}", f"-DCMAKE_CXX_COMPILER={CXX}"]
        run(*configure)
        run("cmake", "--build", build)
        self.check_classify(build / "example-classify")
        self.check_train(build / "example-train")
        ppm = self.folder / "cell.ppm"
        write_ppm(self.image, ppm)
        self.check_classify(build / "example-classify-cpp", ppm)

    def test_the_environment_stays_as_it_is(self):
        """Of a program that has not allowed to change it, also where it would have to be, to leave out a driver that is cut off."""
        source, program, cut = (self.folder / name for name in ["list.c", "list", "cut.so"])
        source.write_text(LIST_DEVICES, encoding="utf-8")
        run(*shlex.split(CC), source, *self.flags("--cflags", "--libs"), "-o", program)
        environment = {name: value for name, value in self.environment.items() if name not in ("LP_NATIVE_VECTOR_WIDTH", "GALLIVM_PERF")}
        self.assertRegex(run(program, env=environment), "^3 devices; $") # lavapipe, cpu, reference
        cut.write_bytes(self.library.read_bytes()[:8192])
        manifest = self.folder / "cut.json"
        manifest.write_text(json.dumps({"file_format_version": "1.0.0", "ICD": {"library_path": str(cut), "api_version": "1.1.0"}}))
        files = f"{manifest}:{environment['VK_ICD_FILENAMES']}"
        listed = run(program, env={**environment, "VK_ICD_FILENAMES": files, "VK_DRIVER_FILES": files})
        self.assertRegex(listed, "^2 devices; .*cut.so")

    def test_python(self):
        environment = {**self.environment, "LEUKVK_LIBRARY": str(self.library)}
        done = run(sys.executable, EXAMPLES / "classify.py", self.model, self.image, env=environment)
        self.assertEqual(done, f"{self.image}: {self.line}\n")

    def test_the_version_is_that_of_the_project(self):
        version = self.flags("--modversion")[0]
        self.assertEqual(run(self.program, "--version").split()[1], version)
        source = self.folder / "version.c"
        source.write_text("#include <leukvk/leukvk.h>\n#include <stdio.h>\nint main(void) {\n"
                          '    printf("%s %s %d", LEUKVK_VERSION, lvk_version(), LEUKVK_VERSION_NUMBER);\n}\n', encoding="utf-8")
        run(*shlex.split(CC), source, *self.flags("--cflags", "--libs"), "-o", self.folder / "version")
        major, minor, patch = (int(part) for part in version.split("."))
        self.assertEqual(run(self.folder / "version", env=self.environment), f"{version} {version} {major * 10000 + minor * 100 + patch}")

    def test_static(self):
        """Configured for an archive, which the build has made already, and linked with all that it needs."""
        build, prefix = self.folder / "static build", self.folder / "static prefix"
        shaders = run("cmake", "-LA", "-N", BUILD)
        given = re.search(r"^LEUKVK_SHADERS:PATH=(.+)$", shaders, flags=re.M)
        run("cmake", "-S", SOURCES, "-B", build, "-G", "Ninja", "-DBUILD_SHARED_LIBS=OFF", "-DLEUKVK_TESTS=OFF",
            f"-DLEUKVK_SHADERS={given[1] if given else BUILD / 'shaders'}", f"-DCMAKE_C_COMPILER={CC}", f"-DCMAKE_CXX_COMPILER={CXX}")
        shutil.copy(BUILD / "libleukvk.a", build)
        run("cmake", "--install", build, "--prefix", prefix, "--component", "development")
        environment = {**os.environ, "PKG_CONFIG_PATH": str(next(prefix.glob("**/leukvk.pc")).parent)}
        flags = shlex.split(run("pkg-config", "--cflags", "--libs", "leukvk", env=environment))
        program = self.compile(CC, "-std=c11", "classify.c", flags)
        self.assertNotIn("libleukvk", run("ldd", program))
        self.check_classify(program)
        examples = self.folder / "static examples"
        run("cmake", "-S", EXAMPLES, "-B", examples, "-G", "Ninja", f"-DCMAKE_PREFIX_PATH={prefix}")
        run("cmake", "--build", examples, "--target", "example-classify")
        self.check_classify(examples / "example-classify")


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1], verbosity=2)
