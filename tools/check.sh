#!/usr/bin/env bash
# Everything that must hold before a commit, and all that CI does. From a clean clone on Debian 12 or 13:
#   tools/check.sh
# Prints each step, then how many tests ran (those with sanitizers are counted again). Non-zero when anything failed. In CI
# (CI=true) a skipped test counts as failed. --help prints this text.
set -uo pipefail

case ${1:-} in
    '') ;;
    -h | --help) sed -n '2,/^[^#]/s/^# \{0,1\}//p' "$0"; exit 0 ;;
    *) echo "check: takes no '$1'; tools/check.sh --help tells more" >&2; exit 2 ;;
esac
cd "$(dirname "$0")/.."
root=$PWD
logs=$root/build-check/logs
failures=0

step() { # step NAME COMMAND...: runs it quietly, shows its output when it fails
    local name=$1 log started=$SECONDS
    shift
    log=$logs/${name// /-}.log
    printf '%-44s' "$name"
    if "$@" >"$log" 2>&1; then
        printf 'ok    %3d s\n' $((SECONDS - started))
    else
        printf 'FAILED %3d s\n' $((SECONDS - started))
        tail -n 60 "$log"
        failures=$((failures + 1))
        return 1
    fi
}

sources() { git ls-files '*.c' '*.h'; }

# Version 19 decides, which Debian 12 and 13 have both: another version wants other breaks.
check_format() { sources | xargs clang-format-19 --dry-run --Werror; }

check_size() { # files by noun, of a size that one reads in a sitting
    local long
    long=$(git ls-files '*.c' '*.h' '*.comp' '*.glsl' | xargs wc -l | awk '$2 != "total" && $1 > 600 {print $2 ": " $1 " lines, more than 600"}')
    [ -z "$long" ] || { echo "$long"; return 1; }
}

configure() { # configure FOLDER OPTIONS...
    local folder=$1
    shift
    cmake -S . -B "$folder" -G Ninja -DLEUKVK_WERROR=ON "$@"
}

check_tidy() { # headers are seen through the sources; Criterion's macros are too large for the limits on functions
    git ls-files 'src/*.c' 'tools/*.c' | xargs -P "$(nproc)" -n 8 clang-tidy-19 --quiet -p build-check/release
}

check_headers() { # every public header compiles alone, as C11 and as C++
    local header file flags=(-Wall -Wextra -Wpedantic -Werror -Iinclude -Ibuild-check/release/include -fsyntax-only)
    for header in include/leukvk/*.h include/leukvk/app/*.h build-check/release/include/leukvk/*.h; do
        file=$(printf '#include "%s"\nextern int something;\n' "$PWD/$header") # C wants a declaration, which api.h has not
        gcc -std=c11 "${flags[@]}" -x c - <<<"$file" || return 1
        g++ -std=c++11 "${flags[@]}" -x c++ - <<<"$file" || return 1
    done
}

check_docs() { # what the documents show of program and files is so, and their links lead somewhere
    tools/check-docs.py build-check/release/leukvk
}

check_bench() { # the script runs and prints a table; its figures are not looked at
    tools/bench/bench.py --program build-check/release/leukvk --works w2:1 --rounds 1 --seconds 1 | tee "$logs/bench" &&
        grep -q '^| leukvk | [1-9]' "$logs/bench"
}

check_packages() { # lintian has nothing to say, and the same build gives the same bytes
    local packages=build-check/packages
    tools/package.sh build-check/release && rm -rf "$packages" && mkdir "$packages" && mv build-check/release/*.deb "$packages" &&
        lintian --allow-root --fail-on error,warning "$packages"/*.deb && tools/package.sh build-check/release || return 1
    for file in "$packages"/*.deb; do
        cmp "$file" "build-check/release/$(basename "$file")" || return 1
    done
}

run_tests() { # run_tests FOLDER CTEST-OPTIONS...; several at a time: much of a device test is one thread compiling kernels
    local folder=$1
    shift
    ctest --test-dir "$folder" --output-on-failure -V -j "$(nproc)" "$@"
}

run_release() { # the pages' tests are there only where all is that they need
    ctest --test-dir build-check/release -N >"$logs/listed" && # no pipe: grep -q leaves it early, and ctest would fail
        grep -q ': browser$' "$logs/listed" || { echo "the tests of the pages are missing"; return 1; }
    run_tests build-check/release
}

# The CPU side only, which is also all that is built: drivers leak, and golden's training runs in plain C would take a quarter
# of an hour. Criterion's exit status does not know of leaks.
run_sanitized() {
    run_tests build-check/sanitize -LE device -E golden | tee "$logs/sanitizers-output" || return 1
    ! grep -E 'LeakSanitizer|AddressSanitizer|runtime error:' "$logs/sanitizers-output"
}

count() { # count WORD: the sum of "WORD: N" over Criterion's closing lines
    cat "$logs"/tests*.log 2>/dev/null | grep 'Synthesis:' | sed -n "s/.*$1: \([0-9]*\).*/\1/p" | awk '{s += $1} END {print s + 0}'
}

count_python() { # count_python WORD: tests of Python's unittest that passed, failed or were skipped
    cat "$logs"/tests*.log 2>/dev/null | sed 's/^[0-9]*: //' | awk -v word="$1" '
        /^Ran [0-9]+ tests? in / { ran += $2 }
        /^(OK|FAILED)( \(.*\))?$/ {
            gsub(/[(),]/, " ")
            for (i = 2; i <= NF; ++i) {
                split($i, part, "=")
                if (part[1] ~ /^(failures|errors)$/) failed += part[2]
                if (part[1] == "skipped") skipped += part[2]
            }
        }
        END { print word == "passed" ? ran - failed - skipped : word == "failed" ? failed + 0 : skipped + 0 }'
}

count_scripts() { # tests of one exit status each
    cat "$logs"/tests*.log 2>/dev/null |
        grep -cE ' Test +#[0-9]+: (data-page|layers|mpi-missing|onnx|onnx-pictures|watching|browser-packages|fuzz-[a-z_]+) \.+ +Passed'
}

count_node() { # count_node WORD: the sum of "# WORD N" over the closing lines of Node.js' test runner
    cat "$logs"/tests*.log 2>/dev/null | sed -n "s/^\([0-9]*: \)\{0,1\}# $1 \([0-9]*\)$/\2/p" | awk '{s += $1} END {print s + 0}'
}

tools/setup.sh test || exit 1
mkdir -p "$logs"
rm -f "$logs"/*.log

step "format" check_format
step "file sizes" check_size
step "configure" configure build-check/release -DCMAKE_BUILD_TYPE=RelWithDebInfo -DCMAKE_INSTALL_PREFIX=/usr || exit 1
step "public headers" check_headers
step "build, warnings are errors" cmake --build build-check/release || exit 1
step "clang-tidy" check_tidy
step "documents" check_docs
step "Debian packages" check_packages
step "no kernel for GPUs spills registers" build-check/release/shader-stats
step "benchmark script" check_bench
step "tests: reference, drivers, pages in a browser" run_release
step "configure with sanitizers" configure build-check/sanitize -DCMAKE_BUILD_TYPE=RelWithDebInfo -DLEUKVK_SANITIZE=ON \
    -DCMAKE_C_FLAGS_RELWITHDEBINFO="-O1 -g1 -DNDEBUG" -DLEUKVK_SHADERS="$root/build-check/release/shaders"
step "build with sanitizers" cmake --build build-check/sanitize --target tests-cpu
step "tests: sanitizers, CPU side" run_sanitized
step "data races" tools/sanitize.sh thread

skipped=$(grep -h '\[SKIP\]' "$logs"/tests*.log 2>/dev/null | wc -l)
disabled=$(grep -h 'Not Run (Disabled)' "$logs"/tests*.log 2>/dev/null | wc -l)
passed=$(($(count Passing) - skipped + $(count_node pass) + $(count_python passed) + $(count_scripts))) # Criterion counts a skipped test as passed
failed=$(($(count Failing) + $(count Crashing) + $(count_node fail) + $(count_node cancelled) + $(count_python failed)))
skipped=$((skipped + $(count_node skipped) + $(count_node todo) + $(count_python skipped)))
grep -h '\[SKIP\]' "$logs"/tests*.log 2>/dev/null | sort -u
if [ "${CI:-}" = true ] && [ $((skipped + disabled)) -gt 0 ]; then
    echo "In CI a skipped test is a failure."
    failures=$((failures + 1))
fi
[ "$passed" -gt 0 ] || failures=$((failures + 1))
echo "$failures of the steps above failed; $((SECONDS / 60)) min $((SECONDS % 60)) s"
echo "$passed passed, $failed failed, $((skipped + disabled)) skipped"
[ "$failures" -eq 0 ] && [ "$failed" -eq 0 ]
