#!/usr/bin/env bash
# What each part of the recipe is worth: the default training and others that differ in one setting, and the Keras work's recipe, by
# cross-validation by subject on the same folds, over several seeds (each assigns the people anew).
#   tools/study/ablation.sh DATA OUT [ROW...]
# ROW: names of the table below; all of them when none is given. FOLDS=5 and SEEDS="1 2 3" in the environment change how much is
# run (2 folds, seeds 1 2 3). Goes on where it was stopped; OUT/ablation.txt has the table. README.md beside this file has figures.
set -euo pipefail

declare -A rows=(
    [default]=""
    [64-pixels]="--image-size 64"
    [224-pixels]="--image-size 224"
    [crop-bbox]="--crop bbox"
    [no-augmentation]="--no-augment"
    [shift-and-zoom]="--shift 0.1 --zoom 0.1"
    [color]="--color 0.15"
    [no-balance]="--balance none"
    [oversample]="--balance oversample"
    [dropout-0]="--dropout 0"
    [dropout-0.5]="--dropout 0.5"
    [constant-rate]="--schedule constant"
    [ema]="--ema 0.95"
    [cnn]="--model cnn"
    [cnn-no-augmentation]="--model cnn --no-augment"
    [keras]="--recipe keras"
)
order=(default 64-pixels 224-pixels crop-bbox no-augmentation shift-and-zoom color no-balance oversample dropout-0 dropout-0.5
    constant-rate ema cnn cnn-no-augmentation keras)

help() { sed -n '2,/^[^#]/s/^# \{0,1\}//p' "$0"; }

case ${1:-} in
    -h | --help) help; exit 0 ;;
    -*) echo "ablation: no option '$1' before DATA and OUT" >&2; exit 2 ;;
esac
if [ $# -lt 2 ]; then
    help >&2
    exit 2
fi
data=$1 out=$2
shift 2
[ $# -gt 0 ] || set -- "${order[@]}"
leukvk=${LEUKVK:-"$(dirname "$0")/../../build/leukvk"}
mkdir -p "$out"

for row in "$@"; do
    if [ ! "${rows[$row]+there}" ]; then
        echo "ablation: no row '$row'; there is: ${order[*]}" >&2
        exit 2
    fi
done
for seed in ${SEEDS:-1 2 3}; do
    for row in "$@"; do
        # shellcheck disable=SC2086 # several options in one text
        "$leukvk" cv --data "$data" --out "$out/$row-$seed" --folds "${FOLDS:-2}" --seed "$seed" ${rows[$row]} |
            tee "$out/$row-$seed.txt"
    done
done

print_row() { # ROW SEED FILE OF PREDICTIONS...
    local row=$1 seed=$2 file arguments=()
    for file in "${@:3}"; do
        arguments+=(--from "$file")
    done
    "$leukvk" eval "${arguments[@]}" --json |
        awk -v row="$row" -v seed="$seed" -F'[:,]' '
            /^  "auc":/ { auc = $2 } /^  "size_only_auc":/ { size = $2 } /^  "f1_weighted":/ { f1 = $2 }
            END { printf "%-22s %6s %8.3f %8.3f %12.3f\n", row, seed, auc, size, f1 }'
}

# The same folds' models, each cell seen in eight ways.
average_views() { # FOLDER OF A CROSS-VALIDATION
    local fold
    for fold in "$1"/fold-*; do
        "$leukvk" eval --model "$fold" --part test --tta 8 --out "$fold/predictions-tta.csv" > "$fold/tta.txt"
    done
}

printf '\n%-22s %6s %8s %8s %12s\n' row seed AUC size "weighted F1"
for row in "$@"; do
    for seed in ${SEEDS:-1 2 3}; do
        print_row "$row" "$seed" "$out/$row-$seed/predictions.csv"
        if [ "$row" = default ]; then
            average_views "$out/$row-$seed"
            print_row "$row, --tta 8" "$seed" "$out/$row-$seed"/fold-*/predictions-tta.csv
        fi
    done
done | tee "$out/ablation.txt"
