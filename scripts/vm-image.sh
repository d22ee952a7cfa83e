#!/bin/bash
# vm-image.sh: makes the image that the tests of virtual machines start from, if it is not there yet.
# Fails, and says plainly why, where this computer can't make one.
set -euo pipefail

store=${LEGWORK_TEST_VM_STORE:-${CARGO_TARGET_DIR:-target}/tmp/vm}
scripts/need.sh qemu mmdebstrap mkfs.erofs mke2fs
[ ! -f "$store/images/test/manifest.json" ] || exit 0
echo 'Making the image for the tests of virtual machines; it takes minutes, once …' >&2
mkdir -p "$store/images"
store=$(realpath "$store")
cargo run --locked --quiet -p machine --example image_build -- "$store/images" test >&2
