#!/usr/bin/env bash
# Makes Debian packages of leukvk: leukvk, libleukvk and libleukvk-dev. From a clean clone on Debian 12 or 13:
#   tools/package.sh            builds in build-package, and writes the .deb files there
#   tools/package.sh FOLDER     of a build that is configured with -DCMAKE_INSTALL_PREFIX=/usr
# Equal sources and compilers give equal bytes. --help prints this text.
set -euo pipefail
case ${1:-} in
    -h | --help) sed -n '2,/^[^#]/s/^# \{0,1\}//p' "$0"; exit 0 ;;
    -*) echo "package: takes no '$1'; tools/package.sh --help tells more" >&2; exit 2 ;;
esac
[ $# -le 1 ] || { echo "package: takes one folder" >&2; exit 2; }
root=$(cd "$(dirname "$0")/.." && pwd)
if [ $# -eq 1 ]; then
    [ -f "$1/CPackConfig.cmake" ] || { echo "package: $1 is no build folder of leukvk" >&2; exit 2; }
    build=$(cd "$1" && pwd)
else
    build=$root/build-package
    cmake -S "$root" -B "$build" -G Ninja -DCMAKE_BUILD_TYPE=RelWithDebInfo -DCMAKE_INSTALL_PREFIX=/usr -DLEUKVK_TESTS=OFF
    cmake --build "$build"
fi
# The time of all files: of the last commit, or of the changelog where there is no git.
time=$(git -C "$root" log -1 --format=%ct 2>/dev/null || date -d "$(sed -n 's/^ -- .*>  //p' "$root/packaging/changelog.in")" +%s)
cd "$build"
rm -f -- *.deb
SOURCE_DATE_EPOCH=${SOURCE_DATE_EPOCH:-$time} cpack -G DEB
ls -l -- *.deb
