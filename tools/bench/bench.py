#!/usr/bin/env python3
"""Measures leukvk beside the peers that are installed: the same work, in turn, in the same run.

    tools/bench/bench.py [--works w1,w2,w2:1,w3,w3:1,w4] [--rounds 3] [--seconds 10] [--device DEVICE | --driver lavapipe|swiftshader]
                          [--isa AVX2] [--program PATH]

Prints Markdown tables. README.md beside this file says what is measured.
"""
import argparse
import datetime
import json
import os
import pathlib
import platform
import resource
import statistics
import subprocess
import sys
import time

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parent.parent

# Debian 12's Mesa has the processor in the names of its manifests, Debian 13's has not.
MESA = pathlib.Path("/usr/share/vulkan/icd.d")
LAVAPIPE = [MESA / f"lvp_icd.{platform.machine()}.json", MESA / "lvp_icd.json"]
DRIVERS = {
    "lavapipe": str(next((path for path in LAVAPIPE if path.exists()), LAVAPIPE[0])),
    "swiftshader": "/usr/lib/chromium/vk_swiftshader_icd.json",
}

PROCESSORS = len(os.sched_getaffinity(0))  # fewer than the machine has under taskset

DEFAULT_BATCH = {"w1": "32", "w2": "32", "w3": "8", "w4": "8"}

# glibc gives large blocks back to the system when they are freed, and each step then faults its memory in again. With these,
# PyTorch's heap stays, which makes it several times faster.
KEEP_HEAP = "glibc.malloc.hugetlb=1:glibc.malloc.arena_max=1:glibc.malloc.mmap_max=0:glibc.malloc.trim_threshold=17179869184"


# Instruction sets up to which both programs can be held, with PyTorch's word for each. oneDNN, by which both convolve, reads its
# variable under either name.
ISAS = {"AVX2": "avx2", "AVX512_CORE": "avx512"}
ISA_VARIABLES = ["ONEDNN_MAX_CPU_ISA", "DNNL_MAX_CPU_ISA"]


class Program:
    def __init__(self, name, command, environment=None):
        self.name, self.command, self.environment = name, command, environment or {}
        self.results, self.others = [], []


def programs_for(work, options, torch_python):
    name, _, batch = work.partition(":")
    length = ["--steps", str(options.steps)] if options.steps else ["--seconds", str(options.seconds)]
    arguments = [name, "--batch", batch or DEFAULT_BATCH[name], *length]
    environment, device = {variable: options.isa for variable in ISA_VARIABLES if options.isa}, options.device
    peer_environment = {**environment, **({"ATEN_CPU_CAPABILITY": ISAS[options.isa]} if options.isa else {})}
    if options.driver:
        environment["VK_ICD_FILENAMES"] = DRIVERS[options.driver]
        device = "0"  # Vulkan's only one; without a graphics card leukvk takes the cpu
    named = ["--device", device] if device else []
    found = [Program("leukvk", [options.program, "bench", *arguments, *named, "--json"], environment)]
    if torch_python:
        peer = [torch_python, str(HERE / "peer_torch.py"), *arguments]
        tuned = ["--channels-last"] + (["--jit"] if name in ("w2", "w3") else [])
        if "tuned" in options.peers:
            found.append(Program("PyTorch, tuned", peer + tuned, {**peer_environment, "GLIBC_TUNABLES": KEEP_HEAP}))
        if "installed" in options.peers:
            found.append(Program("PyTorch as installed", peer, peer_environment))
        if "cuda" in options.peers:
            found.append(Program("PyTorch, CUDA", peer + ["--cuda", "--channels-last"]))
        if "tf32" in options.peers:
            found.append(Program("PyTorch, CUDA, TF32", peer + ["--cuda", "--tf32", "--channels-last"]))
    return found


def busy_seconds():
    """Processor time that all programs of this machine have used so far; 0 where the system does not tell."""
    try:
        with open("/proc/stat", encoding="ascii") as stat:
            user, nice, system, _, _, irq, softirq, *_ = map(int, stat.readline().split()[1:])
        return (user + nice + system + irq + softirq) / os.sysconf("SC_CLK_TCK")
    except OSError:
        return 0.0


def own_seconds():
    usage = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(u.ru_utime + u.ru_stime for u in usage)


def run(program):
    environment = {**os.environ, **program.environment}
    environment.pop("OPENBLAS_CORETYPE", None)  # would pin a peer's kernels to another processor's
    start, busy, own = time.monotonic(), busy_seconds(), own_seconds()
    done = subprocess.run(program.command, env=environment, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        sys.exit(f"bench.py: {' '.join(program.command)}\n{done.stderr.strip()}")
    program.results.append(json.loads(done.stdout))
    others = busy_seconds() - busy - (own_seconds() - own)
    program.others.append(max(0.0, others) / (time.monotonic() - start))


def over_rounds(program, figure):
    values = [result[figure] for result in program.results]
    return (statistics.median(v["median"] for v in values), min(v["min"] for v in values), max(v["max"] for v in values))


def processor_rate(program):
    rates = [result["cpu_images_per_s"] for result in program.results]
    return None if None in rates else statistics.median(rates)


def ratio_text(leukvk, program, figure):
    """leukvk's speed in units of the other's, in the same round: the median, least and largest of the rounds."""
    rounds = [(figure(a), figure(b)) for a, b in zip(leukvk.results, program.results)]
    if program is leukvk or any(None in pair for pair in rounds):
        return ""
    ratios = [a / b for a, b in rounds]
    return f"{statistics.median(ratios):.2f} ({min(ratios):.2f}–{max(ratios):.2f})"


def print_table(work, programs):
    name, _, batch = work.partition(":")
    summary = {
        "w1": "W1, training step of the CNN",
        "w2": "W2, inference of the CNN",
        "w3": "W3, features by ResNet50",
        "w4": "W4, training step of the whole ResNet50",
    }[name]
    print(f"\n{summary}, batch {batch or DEFAULT_BATCH[name]}:\n")
    print("| program | images/s, median (min–max) | by processor time | step, ms | peak memory, MiB | leukvk / it, by the clock "
          "| leukvk / it, by processor time |")
    print("|---|---|---|---|---|---|---|")
    leukvk = programs[0]
    by_clock, by_processor = (lambda r: r["images_per_s"]["median"]), (lambda r: r["cpu_images_per_s"])
    for program in programs:
        speed, step = over_rounds(program, "images_per_s"), over_rounds(program, "step_ms")
        rate, memory = processor_rate(program), max(result["peak_rss_mib"] for result in program.results)
        print(f"| {program.name} | {speed[0]:.1f} ({speed[1]:.1f}–{speed[2]:.1f}) | {'' if rate is None else f'{rate:.1f}'} "
              f"| {step[0]:.1f} | {memory:.0f} | {ratio_text(leukvk, program, by_clock)} "
              f"| {ratio_text(leukvk, program, by_processor)} |")
    sys.stdout.flush()


def find_torch(pythons):
    """The first of these interpreters that has PyTorch, and its version."""
    for python in pythons:
        try:
            done = subprocess.run([python, "-c", "import torch; print(torch.__version__)"], capture_output=True, text=True,
                                  check=False)
        except OSError:
            continue
        if done.returncode == 0:
            return python, done.stdout.strip()
    return None, None


def processor_name():
    try:
        with open("/proc/cpuinfo", encoding="utf-8") as info:
            names = [line.partition(":")[2].strip() for line in info if line.startswith("model name")]
        return names[0] if names else platform.machine()
    except OSError:
        return platform.machine()


def parse():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--works", default="w1,w2,w2:1,w3,w3:1,w4", help="work, or work:batch (%(default)s)")
    parser.add_argument("--rounds", type=int, default=3, help="how often each program is run on each work (3)")
    parser.add_argument("--seconds", type=int, default=10, help="for which each run measures (10)")
    devices = parser.add_mutually_exclusive_group()
    devices.add_argument("--device", help="as leukvk's --device: cpu, a number or a name (the best that there is)")
    devices.add_argument("--driver", choices=sorted(DRIVERS), help="compute by this software driver of Vulkan")
    parser.add_argument("--isa", choices=sorted(ISAS), help="hold both programs' libraries to this instruction set (the widest)")
    parser.add_argument("--program", default=str(ROOT / "build" / "leukvk"), help="leukvk (build/leukvk)")
    parser.add_argument("--peers", default="tuned,installed", help="ways to run PyTorch: tuned, installed, cuda, tf32 (tuned,installed)")
    parser.add_argument("--python", help="the interpreter that has PyTorch (this one, else /usr/bin/python3)")
    options = parser.parse_args()
    options.steps = None
    for work in options.works.split(","):
        name, colon, batch = work.partition(":")
        if name not in DEFAULT_BATCH or (colon and not batch.isdigit()):
            parser.error(f"--works {work}: w1 to w4, with :BATCH behind it for another batch")
    options.peers = options.peers.split(",")
    if not set(options.peers) <= {"tuned", "installed", "cuda", "tf32", ""}:
        parser.error("--peers: tuned, installed, cuda and tf32, with commas between")
    if options.rounds < 1 or options.seconds < 1:
        parser.error("--rounds and --seconds: 1 or more")
    if not os.access(options.program, os.X_OK):
        parser.error(f"{options.program} is not there; build it (cmake -B build -G Ninja && cmake --build build), or name it "
                     "with --program")
    if options.driver and not os.path.exists(DRIVERS[options.driver]):
        parser.error(f"--driver {options.driver}: there is no {DRIVERS[options.driver]}")
    return options


def main():
    options = parse()
    python, torch = find_torch([options.python] if options.python else [sys.executable, "/usr/bin/python3"])
    if not torch:
        print("PyTorch is not installed and is left out (on Debian: apt-get install python3-torch).", file=sys.stderr)
    print(f"{datetime.date.today()}, {processor_name()}, {PROCESSORS} processors, {options.rounds} rounds of "
          f"{options.seconds} s" + (f", PyTorch {torch}" if torch else "") + (f", {options.isa} at most" if options.isa else ""))
    ran = []
    for work in options.works.split(","):
        programs = programs_for(work, options, python)
        for round_number in range(options.rounds):
            first = round_number % len(programs)
            for program in programs[first:] + programs[:first]:
                run(program)
        print_table(work, programs)
        ran += programs
    device = ran[0].results[0]
    others = statistics.mean(share for program in ran for share in program.others)
    print(f"\nleukvk {device['version']} on {device['device']} ({device['driver']}). Meanwhile other programs kept {others:.2f} of "
          f"{os.cpu_count()} processors busy" + (": a busy machine, whose times say little." if others > 0.1 else "."))


if __name__ == "__main__":
    main()
