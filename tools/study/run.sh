#!/usr/bin/env bash
# The whole study on a C-NMC folder: what is there, the cnn, the compact net and a head on frozen ResNet50 features by cross-validation,
# each split by subject and, for comparison, image by image.
#   tools/study/run.sh DATA OUT [OPTION OF LEUKVK CV...]
# Goes on where it was stopped. The head needs tools/fetch-weights.sh to have been run, and is left out otherwise. README.md beside
# this file has figures, and the options with which an earlier default gave them.
set -euo pipefail

help() { sed -n '2,/^[^#]/s/^# \{0,1\}//p' "$0"; }

case ${1:-} in
    -h | --help) help; exit 0 ;;
    -*) echo "run: no option '$1' before DATA and OUT" >&2; exit 2 ;;
esac
if [ $# -lt 2 ]; then
    help >&2
    exit 2
fi
data=$1 out=$2
shift 2
leukvk=${LEUKVK:-"$(dirname "$0")/../../build/leukvk"}
mkdir -p "$out"

cross_validate() { # NAME OPTION...
    local name=$1
    shift
    "$leukvk" cv --data "$data" --out "$out/$name" "$@" | tee "$out/$name.txt"
}

"$leukvk" data "$data" | tee "$out/data.txt"
models=(cnn cnn-gap)
declare -A epochs=([cnn]=20 [cnn-gap]=10 [resnet50]=10)
if [ -e "${XDG_CACHE_HOME:-$HOME/.cache}/leukvk/resnet50-imagenet.safetensors" ]; then
    models+=(resnet50)
else
    echo "no resnet50: tools/fetch-weights.sh has not been run" >&2
fi
for model in "${models[@]}"; do
    cross_validate "$model" --model "$model" --epochs "${epochs[$model]}" "$@"
    cross_validate "$model-by-image" --model "$model" --epochs "${epochs[$model]}" --group none "$@"
done

printf '\n%-24s %8s %8s %12s\n' "cross-validation" AUC "size" "weighted F1"
for model in "${models[@]}"; do
    for name in "$model" "$model-by-image"; do
        "$leukvk" eval --from "$out/$name/predictions.csv" --json |
            awk -v name="$name" -F'[:,]' '
                /^  "auc":/ { auc = $2 } /^  "size_only_auc":/ { size = $2 } /^  "f1_weighted":/ { f1 = $2 }
                END { printf "%-24s %8.3f %8.3f %12.3f\n", name, auc, size, f1 }'
    done
done | tee "$out/summary.txt"
