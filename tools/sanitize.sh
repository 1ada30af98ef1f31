#!/usr/bin/env bash
# Looks for faults that no test's answer shows. tools/check.sh runs AddressSanitizer and UndefinedBehaviorSanitizer itself, and `thread`.
#   tools/sanitize.sh thread       data races, by ThreadSanitizer: the program trains and predicts on four threads of the cpu device,
#                                  loads damaged images, is interrupted, explores, cross-validates, explains, reports, searches with
#                                  two jobs, and serves to eight clients at once
#   tools/sanitize.sh valgrind     bytes that were never written, and leaks, by Valgrind: a data set is drawn, a network is trained
#                                  and used, on the reference, which does everything in plain C
#   tools/sanitize.sh validation   Vulkan's validation with best practices over all tests of the Vulkan drivers
#   tools/sanitize.sh analyzer     gcc's static analyzer over the sources
# Prints what was found; non-zero when it is not one of those that the script lists with a reason. tools/setup.sh sanitize
# installs what this needs. --help prints this text.
set -euo pipefail

case ${1:-} in
    -h | --help) sed -n '2,/^[^#]/s/^# \{0,1\}//p' "$0"; exit 0 ;;
    thread | valgrind | validation | analyzer) ;;
    *) echo "sanitize: no word '${1:-}'; there is: thread, valgrind, validation, analyzer (tools/sanitize.sh --help tells more)" >&2; exit 2 ;;
esac
cd "$(dirname "$0")/.."
build=$PWD/build-sanitize/$1
mkdir -p "$build"
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
export OMP_WAIT_POLICY=passive XDG_CACHE_HOME=$work/cache

configure() { # configure OPTION...: kernels of an earlier build are not compiled again
    local shaders=()
    [ ! -f build-check/release/shaders/relu.spv ] || shaders=("-DLEUKVK_SHADERS=$PWD/build-check/release/shaders")
    cmake -S . -B "$build" -G Ninja -DCMAKE_BUILD_TYPE=RelWithDebInfo "${shaders[@]}" "$@"
}

build() { # build TARGET... -- OPTION...
    local targets=()
    while [ "$1" != -- ]; do targets+=("$1"); shift; done
    shift
    { configure "$@" && cmake --build "$build" --target "${targets[@]}"; } >"$build/log" 2>&1 || { tail -n 30 "$build/log"; exit 1; }
}

# Runs a function in a shell of its own, which ends at the first command that fails; $build/output has what is printed, and what was
# found in it is shown. collect FUNCTION ARGUMENT...
collect() {
    local status
    set +e # "FUNCTION || status=$?" would turn -e off within the function
    (set -e; "$@") >"$build/output" 2>&1
    status=$?
    set -e
    if grep -qE '^==|WARNING: ThreadSanitizer' "$build/output"; then
        grep -A 30 -E '^==|WARNING: ThreadSanitizer' "$build/output" | head -n 200 || true
        return 1
    fi
    [ "$status" = 0 ] || tail -n 40 "$build/output"
    return "$status"
}

# The program from drawn cells to predictions. use_program DEVICE COMMAND...: what runs leukvk.
use_program() {
    local device=$1 leukvk=("${@:2}") options=(--epochs 2)
    [ "$device" = cpu ] || options=(--epochs 1 --no-refit) # Valgrind takes twenty times as long
    "${leukvk[@]}" synth "$work/data" --images 24 --subjects 10 --size 64 --format png --seed 3
    "${leukvk[@]}" train --data "$work/data" --out "$work/run" --image-size 32 --batch 8 --patience 0 --seed 3 \
        --device "$device" "${options[@]}"
    "${leukvk[@]}" predict --model "$work/run" "$work/data" --format csv --device "$device"
}

# The other work of several threads, on the data and the model of use_program: a loader that meets images that cannot be read, or whose
# training ends early, and what computes on many images or draws at once. use_threads PROGRAM
use_threads() {
    local program=$1 picture status=0 small=(--image-size 32 --batch 8 --epochs 1 --device cpu)
    cp -r "$work/data" "$work/damaged"
    while read -r picture; do truncate -s 200 "$picture"; done < <(find "$work/damaged" -name '*.png' | sort | awk 'NR % 5 == 0')
    "$program" data "$work/damaged" --report "$work/data.html"
    "$program" predict --model "$work/run" "$work/damaged" --format csv --device cpu || status=$?
    [ "$status" = 1 ] || { echo "sanitize: damaged images gave the exit status $status"; return 1; }
    status=0
    timeout --foreground -s INT 8 "$program" train --data "$work/data" --out "$work/stopped" "${small[@]}" --no-refit --epochs 100000 || status=$?
    [ "$status" = 124 ] || { echo "sanitize: a training without end ended"; return 1; }
    "$program" cv --data "$work/data" --out "$work/cv" --folds 2 "${small[@]}"
    "$program" report "$work/cv" --device cpu
    "$program" explain "$work/run" "$work/data" --out "$work/explain" --device cpu
    "$program" tune --data "$work/data" --out "$work/tune" --grid learning-rate=0.001,0.0003 --jobs 2 "${small[@]}"
}

serve_to_many() { # serve_to_many PROGRAM: eight clients, each with pictures and questions of its own
    local port=$((20000 + RANDOM % 20000)) server client clients=() pictures
    mapfile -t pictures < <(find "$work/data" -name '*.png')
    "$1" serve "$work/run" --device cpu --port "$port" >"$work/serve" 2>&1 &
    server=$!
    trap 'kill "$server" 2>/dev/null' EXIT # of collect's shell
    for _ in $(seq 600); do
        ! curl -sf "http://127.0.0.1:$port/healthz" >/dev/null || break
        kill -0 "$server" 2>/dev/null || break
        sleep 0.1
    done
    for client in 1 2 3 4 5 6 7 8; do
        for picture in "${pictures[@]:client:6}"; do
            curl -sf -F "image=@$picture" "http://127.0.0.1:$port/v1/predict" >>"$work/answers-$client" &&
                curl -sf "http://127.0.0.1:$port/metrics" >/dev/null
        done &
        clients+=($!)
    done
    wait "${clients[@]}" || true
    kill -TERM "$server"
    wait "$server" || { cat "$work/serve"; return 1; }
    trap - EXIT
    cat "$work/serve"
    [ "$(cat "$work"/answers-* | grep -c probab)" -ge 8 ] || { echo "sanitize: the server gave no answers"; return 1; }
}

use_all_threads() {
    use_program cpu "$1"
    use_threads "$1"
    serve_to_many "$1"
}

check_thread() {
    # By clang: gcc's ThreadSanitizer does not start where a function has clones for several instruction sets. Without the
    # tests: Criterion's memory lies where ThreadSanitizer wants its own.
    build leukvk -- -DLEUKVK_SANITIZE=thread -DLEUKVK_TESTS=OFF -DCMAKE_C_COMPILER=clang-19 -DCMAKE_CXX_COMPILER=clang++-19 \
        -DCMAKE_C_FLAGS_RELWITHDEBINFO="-O1 -g1 -DNDEBUG"
    # Libraries that were built without ThreadSanitizer are left alone; src/cpu/threads.c tells it of OpenMP's waiting.
    export OMP_NUM_THREADS=4 TSAN_OPTIONS="ignore_noninstrumented_modules=1 exitcode=66" TSAN_SYMBOLIZER_PATH=/usr/bin/llvm-symbolizer-19
    collect use_all_threads "$build/leukvk"
}

check_valgrind() {
    build leukvk -- -DLEUKVK_TESTS=OFF
    collect use_program reference valgrind -q --error-exitcode=99 --leak-check=full --errors-for-leak-kinds=definite \
        --show-leak-kinds=definite "$build/leukvk"
}

# Advice that is not followed, each with the reason:
validation_reasons="
specialuse-extension-debugging   the extension by which validation itself gives its messages; made only where validation is asked for
vkAllocateMemory-small-allocation   a network has a block of memory of each kind, ten at most, and no need to cut larger ones
vkBindMemory-small-dedicated-allocation   the same
vkCreateCommandPool-command-buffer-reset   one command buffer for copies is recorded again, beside those that are recorded once
"

check_validation() {
    build all -- -DLEUKVK_REQUIRE_TESTS=ON
    printf '%s\n' 'khronos_validation.enables = VK_VALIDATION_FEATURE_ENABLE_BEST_PRACTICES_EXT' \
        'khronos_validation.debug_action = VK_DBG_LAYER_ACTION_LOG_MSG' 'khronos_validation.report_flags = error,warn,perf' \
        'khronos_validation.enable_message_limit = false' >"$work/settings"
    # Tests fail by the messages that have reasons as well: the list decides.
    VK_LAYER_SETTINGS_PATH=$work/settings ctest --test-dir "$build" -V -L 'lavapipe|swiftshader' >"$build/output" 2>&1 || true
    grep -oE '\[ [A-Za-z]+[-_][A-Za-z0-9_.-]+ \]' "$build/output" | sort | uniq -c | sort -rn >"$build/found"
    cat "$build/found"
    grep -q small-allocation "$build/found" || { echo "sanitize: validation with best practices did not run"; return 1; }
    ! grep -vE "$(awk 'NF {print $1}' <<<"$validation_reasons" | paste -sd '|')" "$build/found"
}

# What gcc 12 and 14 take for faults, each of one kind: it does not follow into the function that fills the variable, or does not know
# what two conditions have to do with each other.
analyzer_reasons="
json_file.c:.*'text'         lvk_json_text fills it where it returns LVK_OK
replace.c:.*'temporary'      temporary_name fills it where it returns LVK_OK
safetensors.c:.*'tensor'     lvk_safetensors_check has found it
run_folder.c:.*'path'        lvk_run_folder_create_default fills it, or the caller names it
table.c:.*'widths            all columns are filled, of which there is at least one
maxpool2d.c:.*'won           a window has at least one place
trainer.c:.*'validation'     NULL only where the last epoch is kept
prediction_set.c:.*'name'    a column of a probability has a class's name
search_space.c:.*'0'         each number of an axis has its option
epochs.c:.*'0'               lvk_alloc's answer is looked at
commands.c:.*'region'        find_region fills it where it returns LVK_OK
reference.c:.*buffer         a call has at most as many inputs and outputs as the arrays have places (src/ops)
rows.c:.*buffer              the same
parity_run.c:.*buffer        the same
cell.c:.*buffer              no kind of cell has more nucleoli than the array has places
joined_model.c:.*'prefix     lvk_joined_prefix fills it
sort_images.c:.*'target'     its allocation is looked at before
listen.c:.*listener.socket   the listener has it, whose owner closes it
output.c:.*'file'            a stream that the caller has closed, which stays open
output.c:.*dup2              the standard streams stay open
json_result.c:.*dup2         the same
table.c:.*unknown            all columns are filled
"

check_analyzer() {
    build leukvk -- -DLEUKVK_TESTS=OFF -DCMAKE_C_COMPILER=gcc -DCMAKE_C_FLAGS=-fanalyzer
    ! grep -E '\[-Wanalyzer' "$build/log" | sed "s/[‘’]/'/g" |
        grep -vE "$(awk 'NF {print $1}' <<<"$analyzer_reasons" | paste -sd '|')"
}

"check_$1"
echo "sanitize: $1 found nothing"
