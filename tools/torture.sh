#!/usr/bin/env bash
# Makes calls of leukvk fail one by one, and kills it, in everything that writes files. Prints what was injected and how it ended.
#   tools/torture.sh places [...]    a call at each place in the program, by each of its errors (an hour or two); more options:
#                                    tests/torture/torture.py --help
#   tools/torture.sh soak MINUTES    a training that is killed, stopped and resumed, then one that is not: memory, equal bits
#   tools/torture.sh interrupt [...] Ctrl-C of every verb, at two moments or --moments N: the time until it ends, what it leaves
# The folder that LEUKVK_BUILD names (build) must be built. --help prints this text.
set -euo pipefail

case ${1:-} in
    '' | -h | --help) sed -n '2,/^[^#]/s/^# \{0,1\}//p' "$0"; exit 0 ;;
    places | soak | interrupt) ;;
    *) echo "torture: takes no '$1'; tools/torture.sh --help tells more" >&2; exit 2 ;;
esac
kind=$1
shift
cd "$(dirname "$0")/.."
build=${LEUKVK_BUILD:-build}
case $kind in
    places) exec python3 tests/torture/torture.py "$build/leukvk" "$build/tests/libleukvk_inject.so" "$@" ;;
    *) exec python3 "tests/torture/$kind.py" "$build/leukvk" "$@" ;;
esac
