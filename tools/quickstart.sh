#!/usr/bin/env bash
# From nothing to a trained model and predictions.
#   tools/quickstart.sh           on drawn sample cells
#   tools/quickstart.sh DIR       on a data set: a C-NMC tree, or a folder with a folder per class
# Installs what is missing, builds, trains, predicts images of subjects that were held out. EPOCHS=N in the environment trains
# for N epochs in place of 6. --help prints this text. See docs/tour.md.
set -euo pipefail

fail() { echo "quickstart: $*" >&2; exit 2; }

case ${1:-} in
    -h | --help) sed -n '2,/^[^#]/s/^# \{0,1\}//p' "$0"; exit 0 ;;
    -*) fail "no option '$1'; tools/quickstart.sh --help tells more" ;;
esac
[ $# -le 1 ] || fail "one data set, not $#: $*"
data=${1:-}
if [ -n "$data" ]; then
    [ -d "$data" ] || fail "$data is not a folder"
    data=$(realpath "$data") # the folder as it is seen from where this was started
fi

cd "$(dirname "$0")/.."
tools/setup.sh
cmake -S . -B build -G Ninja -DCMAKE_BUILD_TYPE=Release -DLEUKVK_TESTS=OFF >/dev/null
cmake --build build
leukvk=build/leukvk

if [ -z "$data" ]; then
    data=samples
    echo "No data set was named: drawing sample cells into $data/ (they are not real cells)."
    [ -d "$data" ] || "$leukvk" synth "$data" --images 600
fi

run=runs/quickstart
n=1
while [ -e "$run" ]; do n=$((n + 1)); run=runs/quickstart-$n; done

"$leukvk" devices
"$leukvk" data "$data"
"$leukvk" train --data "$data" --epochs "${EPOCHS:-6}" --out "$run"
"$leukvk" eval --model "$run" --part test
"$leukvk" predict --model "$run" --part test --out "$run/predictions.csv" --format csv
head -n 6 "$run/predictions.csv"
echo "The trained model is $run/refit/model.safetensors; the predictions are in $run/predictions.csv."
command -v leukvk >/dev/null || echo "To type leukvk in this shell from now on: export PATH=\"$PWD/build:\$PATH\""
