#!/bin/bash
# All tests, with nextest if it is there. LEGWORK_GUEST names the guest to be tested.
set -euo pipefail

if grep -rqE '^ *//[/!] *```(rust|no_run|should_panic)$' crates --include='*.rs'; then
    cargo test --locked --workspace --doc
fi
if cargo nextest --version >/dev/null 2>&1; then
    cargo nextest run --locked --workspace --no-fail-fast
else
    scripts/need.sh qemu mmdebstrap mkfs.erofs mke2fs
    cargo test --locked --workspace --all-targets --no-fail-fast
fi

# The window, in a real browser, with the daemon that was just tested.
cargo build --locked -p cli
cd web && ../scripts/node.sh npm run --silent test
