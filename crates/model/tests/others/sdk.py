"""Holds our requests against the types of the official SDKs.

sdk.sh installs those and calls this.
Last run: 2026-11-22 with anthropic 2.12, openai 3.54 and google-genai 3.4, all as expected.
"""

import json
import os
import sys

import anthropic
import google.genai
import openai
from anthropic.types.message_create_params import MessageCreateParamsStreaming
from google.genai import types as gemini
from openai.types.chat.completion_create_params import CompletionCreateParamsStreaming
from openai.types.responses.response_create_params import ResponseCreateParamsStreaming
from pydantic import TypeAdapter

HERE = os.path.dirname(os.path.abspath(__file__))
REQUESTS = [
    ("anthropic", MessageCreateParamsStreaming),
    ("anthropic-adaptive", MessageCreateParamsStreaming),
    ("anthropic-elsewhere", MessageCreateParamsStreaming),
    ("responses", ResponseCreateParamsStreaming),
    ("chat", CompletionCreateParamsStreaming),
    ("chat-local", CompletionCreateParamsStreaming),
]
wrong = []


def holds(name, check, value):
    try:
        check(value)
    except Exception as error:  # whatever an SDK says
        wrong.append(f"{name}: {str(error)[:600]}")


def request(name):
    with open(f"{HERE}/../snapshots/requests__{name}.snap") as file:
        return json.loads(file.read().split("---\n", 2)[2])


for name, kind in REQUESTS:
    body = request(name)
    holds(name, TypeAdapter(kind).validate_python, body)
    known = {key for base in (kind, *kind.__orig_bases__) for key in getattr(base, "__annotations__", {})}
    if set(body) - known:
        wrong.append(f"{name}: the SDK knows no {set(body) - known}")
for name in ("gemini-3", "gemini-2.5"):
    body = request(name)
    for content in body["contents"]:
        holds(name, gemini.Content.model_validate, content)
    for tool in body["tools"]:
        holds(name, gemini.Tool.model_validate, tool)
    config = {**body["generationConfig"], "system_instruction": body["systemInstruction"]}
    holds(name, gemini.GenerateContentConfig.model_validate, config)
print(f"anthropic {anthropic.__version__}, openai {openai.__version__}, google-genai {google.genai.__version__}:",
      f"{len(REQUESTS) + 2} requests")
print("\n".join(wrong) or "all as the SDKs have them")
sys.exit(bool(wrong))
