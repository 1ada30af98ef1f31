#!/usr/bin/env bash
# Makes calls of leukvk fail one by one, and kills it, in everything that writes files. Prints what was injected and how it ended.
#   tools/torture.sh full            every case (hours)
#   tools/torture.sh MINUTES [...]   as many cases, in an order drawn from --seed; more options: tests/torture/torture.py --help
#   tools/torture.sh soak MINUTES    a training that is killed, stopped and resumed, then one that is not: memory, equal bits
#   tools/torture.sh interrupt [...] Ctrl-C of every verb, at two moments or --moments N: the time until it ends, what it leaves
# The folder that LEUKVK_BUILD names (build) must be built. --help prints this text.
set -euo pipefail

case ${1:-} in
    '' | -h | --help) sed -n '2,/^[^#]/s/^# \{0,1\}//p' "$0"; exit 0 ;;
    full | soak | interrupt) amount=() ;;
    *) amount=(--minutes "$1") ;;
esac
kind=$1
shift
cd "$(dirname "$0")/.."
build=${LEUKVK_BUILD:-build}
[ "$kind" != soak ] || exec python3 tests/torture/soak.py "$build/leukvk" "$@"
[ "$kind" != interrupt ] || exec python3 tests/torture/interrupt.py "$build/leukvk" "$@"
exec python3 tests/torture/torture.py "$build/leukvk" "$build/tests/libleukvk_inject.so" "${amount[@]}" "$@"
