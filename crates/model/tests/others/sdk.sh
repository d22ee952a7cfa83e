#!/bin/sh
# Holds our requests against the types of the official SDKs, and reads answers that those wrote. By
# hand, as it needs pip and its registry.
set -eu
cd "$(dirname "$0")/../../../.."
cargo build -q -p model --example ask
ask="${CARGO_TARGET_DIR:-target}/debug/examples/ask"
here=crates/model/tests/others
home=$(mktemp -d)
server=
trap 'test -z "$server" || kill "$server"; rm -rf "$home"' EXIT
python3 -m venv "$home"
"$home/bin/pip" install -q anthropic openai google-genai
"$home/bin/python" "$here/sdk.py"
"$home/bin/python" "$here/sdk_server.py" 4051 2> "$home/log" &
server=$!
until curl -s 127.0.0.1:4051 > /dev/null; do
    kill -0 "$server" || { tail "$home/log"; exit 1; }
    sleep 0.2
done
for format in anthropic responses chat gemini; do
    said=$("$ask" "$format" http://127.0.0.1:4051 some-model hello 2>&1 || true)
    case $said in
        *'Done: All done.'*'2 requests'*'is_reported: true'*) echo "ok    $format: written by its SDK" ;;
        *) echo "WRONG $format: $said" && tail "$home/log" && exit 1 ;;
    esac
done
