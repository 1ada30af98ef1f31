#!/usr/bin/env bash
# Installs what package-lock.json names into node_modules; does nothing where it is there. npm downloads no browser.
set -euo pipefail
cd "$(dirname "$0")"
cmp -s package-lock.json node_modules/installed-lock.json && exit 0
npm ci || { sleep 5; npm ci; } # once more where the network failed
cp package-lock.json node_modules/installed-lock.json
