#!/bin/sh
# Asks a model server that others wrote (npm: @copilotkit/aimock) in all four formats, with faults.
# By hand, as it needs npm and its registry: sh crates/model/tests/others/aimock.sh
# Last run: 2026-11-22 with aimock 1.43, all as expected.
set -eu
cd "$(dirname "$0")/../../../.."
cargo build -q -p model --example ask
ask="${CARGO_TARGET_DIR:-target}/debug/examples/ask"
home=$(mktemp -d)
server=
trap 'test -z "$server" || kill "$server"; rm -rf "$home"' EXIT
npm --prefix "$home" install --silent @copilotkit/aimock > /dev/null
cat > "$home/answers.json" <<'END'
{"fixtures": [
  {"match": {"userMessage": "tool", "hasToolResult": true}, "response": {"content": "All done."}},
  {"match": {"userMessage": "tool"}, "response": {"content": "I look.", "toolCalls": [
    {"name": "bash", "arguments": "{\"command\":\"echo hi\"}"},
    {"name": "bash", "arguments": "{\"command\":\"echo ho\"}"}]}},
  {"match": {"userMessage": "think"}, "response": {"content": "Thought, é.", "reasoning": "Let me."}},
  {"match": {"userMessage": "overload"},
   "response": {"error": {"message": "x", "type": "overloaded_error"}, "status": 529}},
  {"match": {"userMessage": "hello"}, "response": {"content": "Hello there, how are you?"}}
]}
END

# start PORT OPTIONS…
start() {
    test -z "$server" || kill "$server"
    port=$1
    shift
    node "$home/node_modules/@copilotkit/aimock/dist/cli.js" -p "$port" -f "$home/answers.json" \
        --log-level silent "$@" &
    server=$!
    until (exec 3<> "/dev/tcp/127.0.0.1/$port") 2> /dev/null || curl -s "127.0.0.1:$port" > /dev/null; do
        kill -0 "$server"
    done
}

# expect WORDS-ASKED WORDS-SAID
expect() {
    for format in anthropic responses chat gemini; do
        said=$("$ask" "$format" "http://127.0.0.1:$port" gpt-4o "$1" 2>&1 || true)
        case $said in
            *"$2"*) echo "ok    $format: $1" ;;
            *) echo "WRONG $format: $1: $said" && exit 1 ;;
        esac
    done
}

start 4031
expect hello 'Done: Hello there, how are you?'
expect 'tool please' 'Done: All done.'
expect 'think now' 'Done: Thought, é.'
expect overload 'Overloaded:'
start 4032 --chaos-malformed 1
expect hello 'Malformed:'
start 4033 --chaos-disconnect 1
expect hello 'Network:'
start 4034 --chaos-drop 1
expect hello 'Broken:'
start 4035 --chaos-ratelimit 1
expect hello 'RateLimited:'
