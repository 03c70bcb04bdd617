"""Tests of pipeline/prompting/endpoint.py against a server of words in this process."""

import http.server
import json
import threading

import pytest

from pipeline.prompting.config import EndpointModel
from pipeline.prompting.endpoint import EndpointLanguageModel


class Words(http.server.BaseHTTPRequestHandler):
    """Words are tokens, the first without a logarithm; continues the last four words."""

    def do_POST(self):
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        self.server.asked.append((self.path, body))
        status, told = 200, {"choices": [], "usage": {"prompt_tokens": 0}}
        if body["model"] != "words":
            status, told = 404, {"error": {"message": "no such model"}}
        for index, prompt in enumerate(body["prompt"]):
            parts = prompt.replace(" ", "| ").split("|")
            offsets = [sum(map(len, parts[:place])) for place in range(len(parts))]
            logs = [None, *(-float(place) for place in range(1, len(parts)))]
            scored = {"tokens": parts, "text_offset": offsets, "token_logprobs": logs}
            text = prompt if body.get("echo") else f" after {parts[-1].strip()}"
            choice = {
                "index": index,
                "text": text,
                "logprobs": scored if body.get("echo") else None,
            }
            told.setdefault("choices", []).insert(0, choice)  # In another order.
            told.setdefault("usage", {"prompt_tokens": 0})["prompt_tokens"] += min(4, len(parts))
        content = json.dumps(told).encode()
        self.send_response(status)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, *_):
        pass


@pytest.fixture
def server():
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Words) as served:
        served.asked = []
        thread = threading.Thread(target=served.serve_forever)
        thread.start()
        yield served
        served.shutdown()
        thread.join()


@pytest.fixture
def model(server):
    def call(length=9, name="words"):
        url = f"http://127.0.0.1:{server.server_address[1]}/v1/"
        return EndpointLanguageModel(EndpointModel(url, name, length))

    return call


def test_tokens_that_reach_beyond_the_prompt_are_added_up(model, server):
    found = model().score([("a b", " c d"), ("one", " two"), ("a b c", "d e")])
    assert found == [-5.0, -1.0, -5.0]
    path, body = server.asked[0]
    assert (path, body["echo"], body["max_tokens"]) == ("/v1/completions", True, 0)


def test_what_is_longer_than_is_read_has_no_score(model):
    assert model(length=3).score([("a b", " c d"), ("a b", " c")]) == [None, -2.0]


def test_prompts_are_continued_in_order_but_for_those_that_are_cut(model):
    assert model(99).write(["a b", "a b c d e", "c"], 2) == [" after b", None, " after c"]


def test_prompts_that_leave_no_room_are_not_continued(model):
    assert model(length=4).write(["a b c", "a b"], 2) == [None, " after b"]


def test_a_first_token_without_a_probability_is_told(model):
    with pytest.raises(ValueError, match=r"no probability of the first token.*Received the prompt"):
        model().score([("o", "ne two")])


def test_a_refusal_is_told_with_its_words(model):
    with pytest.raises(ValueError, match=r"other at http.*refuses a request: 404 .*no such model"):
        model(name="other").score([("a", " b")])


def test_a_server_that_is_not_there_is_told():
    model = EndpointLanguageModel(EndpointModel("http://127.0.0.1:9/v1", "words", 9))
    with pytest.raises(ValueError, match=r"does not answer: .*Is the server running"):
        model.score([("a", " b")])
