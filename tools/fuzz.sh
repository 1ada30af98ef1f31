#!/usr/bin/env bash
# Looks for inputs that crash leukvk: builds the fuzz targets of tests/fuzz with libFuzzer, AddressSanitizer and
# UndefinedBehaviorSanitizer, and runs them.
#   tools/fuzz.sh MINUTES              all targets, which share the minutes of each processor equally
#   tools/fuzz.sh MINUTES TARGET...    these targets
# Prints for each target how many inputs ran, the edges of the program's control flow that they reached, which part of the
# edges in the target's own source files (the lines "Covers:" of tests/fuzz/TARGET.c) that is, and the inputs that crashed it,
# which are kept in build-fuzz/findings. What a run has learnt is kept in build-fuzz/corpus for the next one. Non-zero when an
# input crashed a target. tools/setup.sh fuzz installs what this needs. --help prints this text.
set -euo pipefail

case ${1:-} in
    -h | --help) sed -n '2,/^[^#]/s/^# \{0,1\}//p' "$0"; exit 0 ;;
esac
minutes=${1:-}
[[ $minutes =~ ^[0-9]+(\.[0-9]+)?$ ]] || { echo "fuzz: how many minutes? tools/fuzz.sh --help tells more" >&2; exit 2; }
shift
cd "$(dirname "$0")/.."
build=$PWD/build-fuzz

shaders=()
[ ! -f build-check/release/shaders/relu.spv ] || shaders=("-DLEUKVK_SHADERS=$PWD/build-check/release/shaders")
mkdir -p "$build"
{ cmake -S . -B "$build" -G Ninja -DCMAKE_C_COMPILER=clang-19 -DCMAKE_CXX_COMPILER=clang++-19 -DCMAKE_BUILD_TYPE=RelWithDebInfo \
    -DCMAKE_C_FLAGS_RELWITHDEBINFO="-O2 -g1 -DNDEBUG" -DLEUKVK_FUZZ=ON -DLEUKVK_TESTS=OFF "${shaders[@]}" &&
    cmake --build "$build" --target fuzz-targets; } >"$build/log" 2>&1 || { tail -n 30 "$build/log"; exit 1; }

targets=("$@")
[ ${#targets[@]} -gt 0 ] || mapfile -t targets < <(cd "$build/tests/fuzz" && find . -name 'fuzz-*' -type f | sed 's|./fuzz-||' | sort)
for target in "${targets[@]}"; do
    [ -x "$build/tests/fuzz/fuzz-$target" ] || { echo "fuzz: there is no target '$target'" >&2; exit 2; }
done
seconds=$(awk -v m="$minutes" -v n="${#targets[@]}" -v p="$(nproc)" 'BEGIN {s = int(60 * m * p / n); print s < 1 ? 1 : s}')

export OMP_NUM_THREADS=1 OMP_WAIT_POLICY=passive
export ASAN_OPTIONS=quarantine_size_mb=16:malloc_context_size=8 UBSAN_OPTIONS=print_stacktrace=1
export ASAN_SYMBOLIZER_PATH=${ASAN_SYMBOLIZER_PATH:-/usr/bin/llvm-symbolizer-19}

# fuzz TARGET: an input that crashes it ends a run of libFuzzer, and the next one goes on.
fuzz() {
    local target=$1 folder=$build/corpus/$1 found=$build/findings/$1 log=$build/logs/$1 end left tries=0 leaks=1
    case $target in graph | operator) leaks=0 ;; esac # oneDNN keeps kernels, each of which would be looked for as a leak
    mkdir -p "$folder" "$found" "$build/logs"
    : >"$log"
    end=$(($(date +%s) + seconds))
    while left=$((end - $(date +%s))) && [ "$left" -gt 0 ] && [ "$tries" -lt 20 ]; do
        tries=$((tries + 1))
        "$build/tests/fuzz/fuzz-$target" -max_total_time="$left" -max_len=8192 -timeout=20 -rss_limit_mb=3000 -detect_leaks="$leaks" -print_final_stats=1 \
            -artifact_prefix="$found/" "$folder" "tests/fuzz/corpus/$target" >>"$log" 2>&1 || true
    done
}

# covered TARGET: the share of edges of its own source files that its corpus reaches, in percent.
covered() {
    local files
    files=$(sed -n '/Covers:/,$p' "tests/fuzz/$1.c" | sed '/\*\//q' | sed 's/.*Covers://; s/^ \*//; s/\*\///' | tr '\n' ' ')
    "$build/tests/fuzz/fuzz-$1" -runs=0 -print_coverage=1 "$build/corpus/$1" "tests/fuzz/corpus/$1" 2>&1 |
        awk -v files="$(eval echo "$files")" '
            BEGIN { count = split(files, file, " ") }
            /^(UN)?COVERED_FUNC:/ {
                split($5, edges, "/")
                for (i = 1; i <= count; ++i)
                    if (index($0, "/" file[i])) { hit += edges[1]; all += edges[2] }
            }
            END { printf all ? "%.0f" : "-", all ? 100 * hit / all : 0 }'
}

export -f fuzz
export build seconds
printf '%s\n' "${targets[@]}" | xargs -P "$(nproc)" -I TARGET bash -c 'fuzz TARGET'

failed=0
printf '| target | executions | edges | of its files | findings |\n|---|---|---|---|---|\n'
for target in "${targets[@]}"; do
    log=$build/logs/$target
    executions=$(awk '/stat::number_of_executed_units:/ {s += $2} END {print s + 0}' "$log")
    edges=$(sed -n 's/^#.* cov: \([0-9]*\).*/\1/p' "$log" | sort -n | tail -n 1)
    findings=$(find "$build/findings/$target" -type f -newer "$build/log" | wc -l)
    printf '| %s | %s | %s | %s %% | %s |\n' "$target" "$executions" "${edges:-0}" "$(covered "$target")" "$findings"
    failed=$((failed + findings))
done
[ "$failed" -eq 0 ] && exit 0
echo
find "$build/findings" -type f -newer "$build/log" | while read -r file; do
    target=$(basename "$(dirname "$file")")
    echo "fuzz: $target ends with $file: mend the fault, and keep the file in tests/fuzz/corpus/$target"
    grep -h -m 3 -E 'is not so|runtime error|^SUMMARY|ERROR: ' "$build/logs/$target" || true
done
exit 1
