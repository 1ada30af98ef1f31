#!/usr/bin/env bash
# From nothing to a trained model and predictions.
#   tools/quickstart.sh           on drawn sample cells
#   tools/quickstart.sh DIR       on a data set: a C-NMC tree, or a folder with a folder per class
# Installs what is missing, builds, trains, predicts images of subjects that were held out. See README.md.
set -euo pipefail
cd "$(dirname "$0")/.."

data=${1:-}
tools/setup.sh
cmake -S . -B build -G Ninja -DCMAKE_BUILD_TYPE=Release -DLEUKVK_TESTS=OFF >/dev/null
cmake --build build
leukvk=build/leukvk

if [ -z "$data" ]; then
    data=samples
    echo "No data set was named: drawing sample cells into $data/ (they are not real cells)."
    [ -d "$data" ] || $leukvk synth "$data" --images 600
fi

run=runs/quickstart
n=1
while [ -e "$run" ]; do n=$((n + 1)); run=runs/quickstart-$n; done

$leukvk devices
$leukvk data "$data"
$leukvk train --data "$data" --epochs "${EPOCHS:-6}" --out "$run"
$leukvk eval --model "$run" --part test
$leukvk predict --model "$run" --part test --out "$run/predictions.csv" --format csv
head -n 6 "$run/predictions.csv"
echo "The trained model is $run/model.safetensors; the predictions are in $run/predictions.csv."
