#!/bin/bash
# demo.sh TARGET_DIR: the main job on a fresh copy of the example receipts. All that it leaves is in
# TARGET_DIR/demo; nothing of yours is read or written.
set -euo pipefail

bin=$(cd "$1" && pwd)/release
demo=$(dirname "$bin")/demo
# A demo before this one may have left its daemon.
[ ! -x "$demo/legwork" ] || "$demo/legwork" serve --stop >/dev/null 2>&1 || true
rm -rf "$demo"
mkdir -p "$demo"
cp -R "$(dirname "$0")/../examples/receipts" "$demo/Receipts"

# A socket's path must be short, and a checkout may be deep.
run=$demo/run
[ ${#run} -le 80 ] || run=$(mktemp -d "${TMPDIR:-/tmp}/legwork-demo.XXXXXX")
mkdir -p "$run"
chmod 700 "$run"
cat >"$demo/legwork" <<WRAPPER
#!/bin/bash
# legwork with the state of the demo instead of yours.
export XDG_CONFIG_HOME=$(printf %q "$demo/config") XDG_STATE_HOME=$(printf %q "$demo/state")
export XDG_DATA_HOME=$(printf %q "$demo/data") XDG_CACHE_HOME=$(printf %q "$demo/cache")
export XDG_RUNTIME_DIR=$(printf %q "$run")
mkdir -p "\$XDG_RUNTIME_DIR"
exec $(printf %q "$bin/legwork") "\$@"
WRAPPER
chmod +x "$demo/legwork"
trap '"$demo/legwork" serve --stop >/dev/null 2>&1 || true' EXIT

request='Make an expense report from these receipts'
answers=(--yes --apply)
if [ -t 0 ] && [ -t 1 ]; then
    answers=()
fi
printf '\n$ legwork run "%s" --folder Receipts %s\n\n' "$request" "${answers[*]}"
status=0
"$demo/legwork" run "$request" --folder "$demo/Receipts" "${answers[@]}" || status=$?

printf '\n'
if [ -e "$demo/Receipts/Expenses.xlsx" ]; then
    printf 'The spreadsheet:  %s\n' "$demo/Receipts/Expenses.xlsx"
    printf 'What was checked: %s show last\n' "$demo/legwork"
    printf 'What changed:     %s changes last\n' "$demo/legwork"
    printf 'To undo it all:   %s undo last\n' "$demo/legwork"
else
    printf 'Nothing was applied to the folder; it is as it was: %s\n' "$demo/Receipts"
    printf 'How it stands:    %s show last\n' "$demo/legwork"
fi
exit "$status"
