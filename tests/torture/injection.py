"""Runs of the program in which one call fails or one moment ends it, and how they ended."""
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
FILE_BYTES, PATH_BYTES = 4096, 1024
NUMBERS = struct.Struct(f"={len(KINDS) + 2}Qq")
LIMIT = 120  # seconds; a run takes less than one on a quiet processor


class Outcome:
    """How a run ended: its exit status (negative: a signal; None: it had to be stopped), what it printed, what was counted."""

    def __init__(self, status, out, err, counts):
        self.status, self.out, self.err = status, out, err
        numbers = NUMBERS.unpack_from(counts)
        self.calls = dict(zip(KINDS, numbers))
        self.injected, self.chosen, self.live = numbers[len(KINDS):]
        texts = counts[NUMBERS.size:]
        self.path = texts[:PATH_BYTES].split(b"\0")[0].decode(errors="replace")
        self.functions = texts[PATH_BYTES:].split(b"\0")[0].decode().split()


class Program:
    def __init__(self, program, library, scratch):  # library None: nothing is injected
        self.program, self.library = pathlib.Path(program).resolve(), library and pathlib.Path(library).resolve()
        self.environment = dict(os.environ, OMP_WAIT_POLICY="passive", OMP_NUM_THREADS="2", LC_ALL="C")
        self.environment.setdefault("MESA_SHADER_CACHE_DIR", str(scratch / "shader-cache"))

    def start(self, arguments, folder, **environment):
        return subprocess.Popen([str(self.program), *map(str, arguments)], cwd=folder, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                                stderr=subprocess.PIPE, start_new_session=True,
                                env=dict(self.environment, XDG_CACHE_HOME=str(folder / "cache"), **environment))

    def run(self, arguments, folder, task="", kill_after=None, whole_group=True):
        """Runs with `task` as LEUKVK_INJECT; or sends SIGKILL after so many seconds, to its children too if `whole_group`."""
        with tempfile.NamedTemporaryFile() as file:
            file.write(bytes(FILE_BYTES))
            file.flush()
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
                return Outcome(status, out.decode(errors="replace"), err.decode(errors="replace"), memory[:])


def kill(process, whole_group):
    try:
        if whole_group:
            os.killpg(process.pid, signal.SIGKILL)
        else:
            process.kill()
    except ProcessLookupError:
        pass
