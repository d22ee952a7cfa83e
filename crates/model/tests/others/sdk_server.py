"""Answers on loopback in all four formats, with what the types of the official SDKs hold: every
event is made, checked and written by them.

sdk.sh installs those and calls this: `sdk_server.py PORT`, until it is ended. A request without a
result is answered with thoughts, words and two calls of `bash`; one with results by their texts.
"""

import http.server
import json
import sys

from anthropic.types import RawMessageStreamEvent
from google.genai.types import GenerateContentResponse
from openai.types.chat import ChatCompletionChunk
from openai.types.responses import ResponseStreamEvent
from pydantic import TypeAdapter

COMMANDS = ["echo hi", "echo ho"]


def anthropic(done):
    usage = {"input_tokens": 12, "output_tokens": 1, "cache_read_input_tokens": 3,
             "cache_creation_input_tokens": 4}
    yield {"type": "message_start", "message": {
        "id": "msg_1", "type": "message", "role": "assistant", "model": "m", "content": [],
        "stop_reason": None, "stop_sequence": None, "usage": usage}}
    blocks = [({"type": "text", "text": "", "citations": None}, [{"type": "text_delta", "text": done}])]
    if not done:
        blocks = [
            ({"type": "thinking", "thinking": "", "signature": ""},
             [{"type": "thinking_delta", "thinking": "Let me."},
              {"type": "signature_delta", "signature": "c2ln"}]),
            ({"type": "text", "text": "", "citations": None},
             [{"type": "text_delta", "text": "I "}, {"type": "text_delta", "text": "look."}])]
        blocks += [({"type": "tool_use", "id": f"toolu_{i}", "name": "bash", "input": {}},
                    [{"type": "input_json_delta", "partial_json": part}
                     for part in ("", '{"comm', f'and": "{it}"}}')])
                   for i, it in enumerate(COMMANDS)]
    for index, (block, deltas) in enumerate(blocks):
        yield {"type": "content_block_start", "index": index, "content_block": block}
        for delta in deltas:
            yield {"type": "content_block_delta", "index": index, "delta": delta}
        yield {"type": "content_block_stop", "index": index}
    stop = "end_turn" if done else "tool_use"
    yield {"type": "message_delta", "delta": {"stop_reason": stop, "stop_sequence": None},
           "usage": {"output_tokens": 40}}
    yield {"type": "message_stop"}


def responses(done):
    def response(status, output):
        usage = {"input_tokens": 12, "input_tokens_details": {"cached_tokens": 3, "cache_write_tokens": 4},
                 "output_tokens": 40, "output_tokens_details": {"reasoning_tokens": 5},
                 "total_tokens": 52}
        return {"id": "resp_1", "object": "response", "created_at": 1, "status": status, "model": "m",
                "output": output, "parallel_tool_calls": True, "tool_choice": "auto", "tools": [],
                "usage": usage if status == "completed" else None}

    items = [{"id": "msg_1", "type": "message", "role": "assistant", "status": "completed",
              "content": [{"type": "output_text", "text": done or "I look.", "annotations": []}]}]
    if not done:
        items.insert(0, {"id": "rs_1", "type": "reasoning", "encrypted_content": "c2ln",
                         "summary": [{"type": "summary_text", "text": "Let me."}]})
        items += [{"id": f"fc_{i}", "type": "function_call", "call_id": f"call_{i}", "name": "bash",
                   "arguments": json.dumps({"command": it}), "status": "completed"}
                  for i, it in enumerate(COMMANDS)]
    events = [{"type": "response.created", "response": response("in_progress", [])}]
    for index, item in enumerate(items):
        begun = {**item, **({"content": []} if "content" in item else {}),
                 **({"arguments": ""} if "arguments" in item else {})}
        events.append({"type": "response.output_item.added", "output_index": index, "item": begun})
        place = {"output_index": index, "item_id": item["id"]}
        if item["type"] == "message":
            text = item["content"][0]["text"]
            for part in (text[:2], text[2:]):
                events.append({"type": "response.output_text.delta", **place, "content_index": 0,
                               "delta": part, "logprobs": []})
        if item["type"] == "function_call":
            text = item["arguments"]
            for part in (text[:4], text[4:]):
                events.append({"type": "response.function_call_arguments.delta", **place,
                               "delta": part})
            events.append({"type": "response.function_call_arguments.done", **place,
                           "name": "bash", "arguments": text})
        events.append({"type": "response.output_item.done", "output_index": index, "item": item})
    events.append({"type": "response.completed", "response": response("completed", items)})
    for number, event in enumerate(events):
        yield {**event, "sequence_number": number}


def chat(done):
    def chunk(choices, usage=None):
        return {"id": "c", "object": "chat.completion.chunk", "created": 1, "model": "m",
                "choices": choices, "usage": usage}

    def delta(delta, reason=None):
        return chunk([{"index": 0, "delta": delta, "finish_reason": reason, "logprobs": None}])

    yield delta({"role": "assistant", "content": ""})
    for part in ((done[:2], done[2:]) if done else ("I ", "look.")):
        yield delta({"content": part})
    for index, it in enumerate([] if done else COMMANDS):
        yield delta({"tool_calls": [{"index": index, "id": f"call_{index}", "type": "function",
                                     "function": {"name": "bash", "arguments": ""}}]})
        text = json.dumps({"command": it})
        for part in (text[:4], text[4:]):
            yield delta({"tool_calls": [{"index": index, "function": {"arguments": part}}]})
    yield delta({}, "stop" if done else "tool_calls")
    yield chunk([], {"prompt_tokens": 12, "completion_tokens": 40, "total_tokens": 52,
                     "prompt_tokens_details": {"cached_tokens": 3}})


def gemini(done):
    def part(parts, reason=None):
        candidate = {"content": {"role": "model", "parts": parts}, "finishReason": reason, "index": 0}
        usage = {"promptTokenCount": 12, "candidatesTokenCount": 40, "totalTokenCount": 52,
                 "cachedContentTokenCount": 3, "thoughtsTokenCount": 5}
        return {"candidates": [candidate], "usageMetadata": usage, "modelVersion": "m",
                "responseId": "r"}

    if done:
        yield part([{"text": done[:2]}])
        yield part([{"text": done[2:]}], "STOP")
        return
    yield part([{"text": "Let me.", "thought": True}])
    yield part([{"text": "I look."}])
    yield part([{"functionCall": {"name": "bash", "args": {"command": it}},
                 **({"thoughtSignature": "c2ln"} if i == 0 else {})}
                for i, it in enumerate(COMMANDS)], "STOP")


def checked(kind):
    adapter = TypeAdapter(kind)
    return lambda event: adapter.dump_json(adapter.validate_python(event), by_alias=True,
                                           exclude_none=True).decode()


FORMATS = {
    "messages": (anthropic, checked(RawMessageStreamEvent), True, ""),
    "responses": (responses, checked(ResponseStreamEvent), True, ""),
    "chat/completions": (chat, checked(ChatCompletionChunk), False, "data: [DONE]\n\n"),
    "streamGenerateContent": (gemini, checked(GenerateContentResponse), False, ""),
}


class Answers(http.server.BaseHTTPRequestHandler):
    def log_message(self, *args):
        pass

    def do_POST(self):
        body = self.rfile.read(int(self.headers["content-length"])).decode()
        make, write, is_named, end = next(it for name, it in FORMATS.items() if name in self.path)
        # A call of `echo` is answered with what it would print.
        is_second = any(mark in body for mark in (
            '"tool_result"', '"function_call_output"', '"role":"tool"', '"functionResponse"'))
        events = make("All done." if is_second else "")
        self.send_response(200)
        self.send_header("content-type", "text/event-stream")
        self.end_headers()
        for event in events:
            name = f"event: {event['type']}\n" if is_named else ""
            self.wfile.write(f"{name}data: {write(event)}\n\n".encode())
        self.wfile.write(end.encode())


http.server.HTTPServer(("127.0.0.1", int(sys.argv[1])), Answers).serve_forever()
