#!/bin/sh
# Holds our requests against the types of the official SDKs. By hand, as it needs pip and its registry.
set -eu
home=$(mktemp -d)
trap 'rm -rf "$home"' EXIT
python3 -m venv "$home"
"$home/bin/pip" install -q anthropic openai google-genai
"$home/bin/python" "$(dirname "$0")/sdk.py"
