#!/bin/sh
# Asks through LiteLLM, a server that stands in front of others, in the three formats that it offers.
# Behind it is aimock. By hand, as it needs npm, pip and their registries:
#     sh crates/model/tests/others/litellm.sh
# Last run: 2026-11-22 with LiteLLM 1.106.2, all as expected.
set -eu
cd "$(dirname "$0")/../../../.."
cargo build -q -p model --example ask
ask="${CARGO_TARGET_DIR:-target}/debug/examples/ask"
home=$(mktemp -d)
servers=
trap 'test -z "$servers" || kill $servers; rm -rf "$home"' EXIT
npm --prefix "$home" install --silent @copilotkit/aimock > /dev/null
litellm=${LITELLM:-$home/venv/bin/litellm}
test -x "$litellm" || { python3 -m venv "$home/venv" && "$home/venv/bin/pip" install -q 'litellm[proxy]'; }
cat > "$home/answers.json" <<'END'
{"fixtures": [
  {"match": {"userMessage": "tool", "hasToolResult": true}, "response": {"content": "All done."}},
  {"match": {"userMessage": "tool"}, "response": {"content": "I look.", "toolCalls": [
    {"name": "bash", "arguments": "{\"command\":\"echo hi\"}"}]}},
  {"match": {"userMessage": "hello"}, "response": {"content": "Hello there, how are you?"}}
]}
END
cat > "$home/litellm.yaml" <<'END'
model_list:
  - model_name: gpt-4o
    litellm_params: {model: openai/gpt-4o, api_base: "http://127.0.0.1:4041/v1", api_key: test}
END
node "$home/node_modules/@copilotkit/aimock/dist/cli.js" -p 4041 -f "$home/answers.json" \
    --log-level silent &
servers=$!
LITELLM_TELEMETRY=False LITELLM_DANGEROUSLY_PERMIT_WEAK_OR_UNSET_MASTER_KEY=true \
    LITELLM_LOCAL_MODEL_COST_MAP=True \
    "$litellm" --config "$home/litellm.yaml" --host 127.0.0.1 --port 4042 > "$home/log" 2>&1 &
servers="$servers $!"
tries=0
until curl -sf 127.0.0.1:4042/health/liveliness > /dev/null; do
    tries=$((tries + 1))
    test $tries -lt 600 || { tail -20 "$home/log"; exit 1; }
    sleep 0.2
done

# expect WORDS-ASKED WORDS-SAID
expect() {
    for format in chat anthropic responses; do
        said=$("$ask" "$format" http://127.0.0.1:4042 gpt-4o "$1" 2>&1 || true)
        case $said in
            *"$2"*) echo "ok    $format: $1" ;;
            *) echo "WRONG $format: $1: $said" && tail -5 "$home/log" && exit 1 ;;
        esac
    done
}

expect hello 'Done: Hello there, how are you?'
expect 'tool please' 'Done: All done.'
