#!/bin/bash
# All tests, with nextest if it is there. LEGWORK_GUEST names the guest to be tested.
set -euo pipefail

if grep -rqE '^ *//[/!] *```(rust|no_run|should_panic)$' crates --include='*.rs'; then
    cargo test --locked --workspace --doc
fi

# Virtual machines, in software emulation, where this computer can make the image of one.
if scripts/vm-image.sh; then
    vm=(--ignore-default-filter)
else
    vm=()
    say_at_end='Left out: the tests of virtual machines. The lines of vm-image.sh above say why.'
    echo "$say_at_end" >&2
fi
if cargo nextest --version >/dev/null 2>&1; then
    cargo nextest run --locked --workspace --no-fail-fast "${vm[@]}"
else
    cargo test --locked --workspace --all-targets --no-fail-fast
fi

# The window, with the daemon that was just tested.
cargo build --locked -p cli
scripts/test-page.sh
if [ -n "${say_at_end:-}" ]; then echo "$say_at_end" >&2; fi
