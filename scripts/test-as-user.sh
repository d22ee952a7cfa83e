#!/bin/bash
# As root: the tests of the machine once more as an ordinary user, who has fewer rights and for whom
# a jail is made in another way. As anybody else there is nothing to do: the tests run so anyway.
set -euo pipefail

[ "$(id -u)" -eq 0 ] || exit 0
if ! command -v setpriv >/dev/null; then
    echo 'test-as-user: there is no setpriv (package util-linux)' >&2
    exit 1
fi
user=65534
place=$(mktemp -d /tmp/legwork-as-user.XXXXXX)
trap 'rm -rf "$place"' EXIT
mkdir "$place/home" "$place/tmp"
install -m 755 "$LEGWORK_GUEST" "$place/legwork-guest"

# The checkout may be where that user can't look: all that the tests need goes with them.
# (For the whole workspace, as it was built before: for one crate alone cargo would build it anew.)
programs=$(cargo test --locked --workspace --no-run --message-format=json 2>/dev/null |
    grep '/crates/machine#' | sed -n 's/.*"executable":"\([^"]*\)".*/\1/p')
[ -n "$programs" ]
for program in $programs; do
    install -m 755 "$program" "$place/"
done
chown -R "$user:$user" "$place"
for program in $programs; do
    echo "test-as-user: $(basename "$program")"
    (cd "$place/home" && setpriv --reuid=$user --regid=$user --clear-groups \
        env -i PATH="$PATH" HOME="$place/home" TMPDIR="$place/tmp" RUST_BACKTRACE=1 \
        LEGWORK_GUEST="$place/legwork-guest" "$place/$(basename "$program")" --test-threads=2)
done
