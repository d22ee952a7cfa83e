#!/bin/bash
# need.sh NAME…: sees to it that the named programs are there. Installs what is missing when that
# needs no password; otherwise names the one command to run, and fails.
set -euo pipefail

say() { printf '%s\n' "$*" >&2; }

packages=()
for name in "$@"; do
    case $name in
    cargo)
        if ! command -v cargo >/dev/null || ! cargo --version >/dev/null; then
            say 'Legwork is built with Rust, and no toolchain was found.'
            say 'Install one as https://rustup.rs describes, then do this again.'
            exit 1
        fi
        ;;
    cc) command -v cc >/dev/null || packages+=(gcc libc6-dev) ;;
    bwrap) [ -x /usr/bin/bwrap ] || command -v bwrap >/dev/null || packages+=(bubblewrap) ;;
    qemu) command -v qemu-system-x86_64 >/dev/null || packages+=(qemu-system-x86) ;;
    mmdebstrap) command -v mmdebstrap >/dev/null || packages+=(mmdebstrap) ;;
    mkfs.erofs) command -v mkfs.erofs >/dev/null || packages+=(erofs-utils) ;;
    mke2fs) [ -x /usr/sbin/mke2fs ] || command -v mke2fs >/dev/null || packages+=(e2fsprogs) ;;
    # Any will do to start with: scripts/node.sh gets a newer one where it is needed.
    node) command -v node >/dev/null || packages+=(nodejs) ;;
    npm) command -v npm >/dev/null || packages+=(npm) ;;
    curl) command -v curl >/dev/null || packages+=(curl) ;;
    git) command -v git >/dev/null || packages+=(git) ;;
    chromium)
        command -v chromium >/dev/null || command -v chromium-browser >/dev/null ||
            command -v google-chrome >/dev/null || packages+=(chromium fonts-dejavu-core)
        ;;
    *) say "need.sh does not know $name" && exit 2 ;;
    esac
done
[ ${#packages[@]} -gt 0 ] || exit 0

if ! command -v apt-get >/dev/null; then
    say "Legwork needs ${packages[*]}: install that with your package manager, then do this again."
    exit 1
fi
as_root=()
if [ "$(id -u)" -ne 0 ]; then
    if ! command -v sudo >/dev/null || ! sudo -n true 2>/dev/null; then
        say "Legwork needs ${packages[*]}. Run this once, then do this again:"
        say "    sudo apt-get install ${packages[*]}"
        exit 1
    fi
    as_root=(sudo -n)
fi
say "Installing ${packages[*]} …"
install=("${as_root[@]}" env DEBIAN_FRONTEND=noninteractive
    apt-get -qq -y -o DPkg::Lock::Timeout=120 --no-install-recommends install "${packages[@]}")
# A fresh image has no list of packages, and a mirror may hiccup.
for attempt in 1 2 3; do
    "${install[@]}" </dev/null >&2 && exit 0
    [ "$attempt" -eq 3 ] || "${as_root[@]}" apt-get -qq update </dev/null >&2 || true
done
say "Installing ${packages[*]} failed; the lines above say why."
exit 1
