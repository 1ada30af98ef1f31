"""Runs of the program in which one call fails or one moment ends it, and how they ended."""
import collections
import mmap
import os
import pathlib
import signal
import struct
import subprocess
import tempfile
import time

# As in inject.h.
KINDS = ("write", "fsync", "rename", "open", "mkdir", "unlink", "flock", "files", "memory", "library", "vulkan")
SHOWN, PATH_BYTES, PLACES = 24, 1024, 1 << 15
NUMBERS, STACK, PLACE = struct.Struct("=3Qq"), struct.Struct(f"={SHOWN}Q"), struct.Struct("=QQII40s")
TABLE_AT = NUMBERS.size + STACK.size + PATH_BYTES
FILE_BYTES = TABLE_AT + PLACES * PLACE.size
COUNT_LIBRARIES = "library@0:0:0"  # fails none, but pictures are decoded as where a library is to fail: in leukvk itself
LIMIT = 120  # seconds; a run takes less than one on a quiet processor

Place = collections.namedtuple("Place", "order kind number calls name")


class Outcome:
    """How a run ended: its exit status (negative: a signal; None: it had to be stopped), what it printed, the call that was made to
    fail; or, where none was, the places of all calls in the order of their first."""

    def __init__(self, status, out, err, counts, with_places):
        self.status, self.out, self.err = status, out, err
        self.injected, _, found, self.live = NUMBERS.unpack_from(counts)
        self.stack = STACK.unpack_from(counts, NUMBERS.size)
        self.path = counts[NUMBERS.size + STACK.size:TABLE_AT].split(b"\0")[0].decode(errors="replace")
        self.places = []
        if with_places:
            if found > PLACES:
                raise SystemExit("torture: more places than inject.h has room for")
            self.places = sorted(Place(order, KINDS[kind], place, calls, name.split(b"\0")[0].decode())
                                 for place, calls, kind, order, name in PLACE.iter_unpack(counts[TABLE_AT:]) if place)


class Program:
    def __init__(self, program, library, scratch):  # library None: nothing is injected
        self.program, self.library = pathlib.Path(program).resolve(), None
        if library:  # whose path must not have spaces, at which LD_PRELOAD is split
            self.library = scratch / "inject.so"
            self.library.symlink_to(pathlib.Path(library).resolve())
        self.environment = dict(os.environ, OMP_WAIT_POLICY="passive", OMP_NUM_THREADS="2", LC_ALL="C")
        self.environment.setdefault("MESA_SHADER_CACHE_DIR", str(scratch / "shader-cache"))

    def start(self, arguments, folder, **environment):
        return subprocess.Popen([str(self.program), *map(str, arguments)], cwd=folder, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                                stderr=subprocess.PIPE, start_new_session=True,
                                env=dict(self.environment, XDG_CACHE_HOME=str(folder / "cache"), **environment))

    def run(self, arguments, folder, task="", kill_after=None, whole_group=True):
        """Runs with `task` as LEUKVK_INJECT; or sends SIGKILL after so many seconds, to its children too if `whole_group`."""
        with tempfile.NamedTemporaryFile() as file:
            file.truncate(FILE_BYTES)
            extra = {} if kill_after is not None or self.library is None else {"LD_PRELOAD": str(self.library), "LEUKVK_INJECT": task, "LEUKVK_INJECT_COUNTS": file.name}
            process = self.start(arguments, folder, **extra)
            if kill_after is not None:
                time.sleep(kill_after)
                kill(process, whole_group)
            try:
                out, err = process.communicate(timeout=LIMIT)
                status = process.returncode
            except subprocess.TimeoutExpired:
                kill(process, True)
                (out, err), status = process.communicate(), None
            if status is not None and status < 0:
                kill(process, True)  # its children
            with mmap.mmap(file.fileno(), FILE_BYTES) as memory:
                return Outcome(status, out.decode(errors="replace"), err.decode(errors="replace"), memory[:], task in ("", COUNT_LIBRARIES))

    def functions(self, stack):
        """The names of the program's functions above a call, the innermost first."""
        calls = [hex(address - 1) for address in stack if address]
        lines = subprocess.run(["addr2line", "-s", "-f", "-e", self.program, *calls], capture_output=True, text=True, check=False).stdout.splitlines()
        return " < ".join(f"{name} {place}" for name, place in zip(lines[::2], lines[1::2]))


def kill(process, whole_group):
    try:
        if whole_group:
            os.killpg(process.pid, signal.SIGKILL)
        else:
            process.kill()
    except ProcessLookupError:
        pass
