#!/usr/bin/env bash
# Installs what leukvk needs from Debian's packages; does nothing where all of it is there.
#   tools/setup.sh          to build and run
#   tools/setup.sh test     to run tools/check.sh as well
#   tools/setup.sh fuzz     to run tools/fuzz.sh
#   tools/setup.sh sanitize to run tools/sanitize.sh, beside "test"
#   tools/setup.sh mpi      to build with -DLEUKVK_MPI=ON and run mpirun
# Several words install all that they name. --help prints this text.
set -euo pipefail

build=(gcc g++ cmake ninja-build pkg-config glslc spirv-tools libvulkan1 libvulkan-dev libvulkan-volk-dev
    mesa-vulkan-drivers spirv-headers libstb-dev libjansson-dev libxxhash-dev librandom123-dev
    libprotobuf-c-dev protobuf-c-compiler libhdf5-dev libzip-dev libdnnl-dev libpng-dev libjpeg62-turbo-dev
    libtiff-dev libwebp-dev zlib1g-dev libmicrohttpd-dev node-d3-selection
    node-d3-array)
test=(git lintian file clang-format-19 clang-tidy-19 python3 libcriterion-dev vulkan-validationlayers chromium chromium-common
    python3-opencv python3-onnx python3-pil curl librsvg2-bin)
fuzz=(clang-19 libclang-rt-19-dev libomp-19-dev llvm-19)
test+=("${fuzz[@]}") # for ThreadSanitizer
sanitize=(valgrind)
mpi=(libopenmpi-dev openmpi-bin)
# Node.js of elsewhere has npm with it, which Debian's packages would replace.
command -v node >/dev/null && command -v npm >/dev/null || test+=(nodejs npm)

packages=("${build[@]}")
for word in "$@"; do
    case $word in
        -h | --help) sed -n '2,/^[^#]/s/^# \{0,1\}//p' "$0"; exit 0 ;;
        test) packages+=("${test[@]}") ;;
        fuzz) packages+=("${fuzz[@]}") ;;
        sanitize) packages+=("${sanitize[@]}") ;;
        mpi) packages+=("${mpi[@]}") ;;
        *) echo "setup: no word '$word'; there is: test, fuzz, sanitize, mpi (tools/setup.sh --help tells more)" >&2; exit 2 ;;
    esac
done

missing=()
for package in "${packages[@]}"; do
    dpkg-query -W -f='${db:Status-Status}' "$package" 2>/dev/null | grep -qx installed || missing+=("$package")
done
[ ${#missing[@]} -eq 0 ] && exit 0

as_root=()
if [ "$(id -u)" -ne 0 ]; then
    command -v sudo >/dev/null || { echo "setup: run as root, or install: ${missing[*]}" >&2; exit 1; }
    as_root=(sudo)
fi
echo "setup: installing ${missing[*]}"
export DEBIAN_FRONTEND=noninteractive
"${as_root[@]}" apt-get update -qq
"${as_root[@]}" apt-get install -y -qq --no-install-recommends "${missing[@]}" >/dev/null
