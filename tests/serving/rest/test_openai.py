"""Tests of serving/rest/openai.py: OpenAI's requests, with a model that needs no TensorFlow."""

import base64
import contextlib
import json

import numpy as np
import pytest

from serving import errors
from serving.model import Signature, TensorSpec
from serving.rest import openai

TEXT = TensorSpec("string", (-1,))
NUMBER = TensorSpec("float", (-1,))
SETTINGS = ["text", "temperature", "top_k", "top_p", "seed", "longest"]
WORDS = ["▁one", "▁two", "<0xEA>", "<0xB0>", "<0x80>", "▁end", "▁five", "▁six"]
"""What the model writes, piece by piece: ` one two가 end five six`."""
WRITTEN = " one two가 end five six"


def pieces_of(text):
    """Words with the space before them; a character that is no word in bytes."""
    found = []
    for word in text.replace(" ", " ▁").split(" "):
        if word and word.isascii() or "▁" in word and word[1:].isascii():
            found.append(word)
        else:
            plain = "".join(sign for sign in word if sign.isascii() or sign == "▁")
            found += [plain] if plain else []
            others = [sign for sign in word if not sign.isascii() and sign != "▁"]
            found += [f"<0x{byte:02X}>" for sign in others for byte in sign.encode()]
    return found


class Predictor:
    version = 1

    def __init__(self):
        self.asked = []
        self.signatures = {
            "serving_default": Signature({"text": TEXT}, {"text": TEXT}),
            "sample": Signature(dict.fromkeys(SETTINGS, NUMBER), {"text": TEXT}),
            "score": Signature({"text": TEXT}, {"piece": TEXT}),
            "embed": Signature({"text": TEXT}, {"embedding": NUMBER}),
        }

    def predict(self, signature_name, inputs, output_filter=(), timeout=None):
        self.asked.append((signature_name, inputs))
        texts = [text.decode() for text in inputs["text"]]
        if any("bug" in text for text in texts):
            raise ZeroDivisionError("a bug")
        if signature_name == "embed":
            return {"embedding": np.array([[len(text), 0.5] for text in texts], np.float32)}
        if signature_name == "sample":
            return self._sampled(texts, inputs)
        rows = [pieces_of(text) for text in texts]
        widest = max(map(len, rows))
        filled = np.array(
            [[one.encode() for one in row] + [b""] * (widest - len(row)) for row in rows], object
        ).reshape(len(rows), widest)
        scores = np.tile(-np.arange(1.0, widest + 1), (len(rows), 1))
        sizes = np.array([len(row) for row in rows], np.int64)
        told = {"piece": filled, "piece_log_probability": scores}
        told |= {"likeliest_piece": np.full_like(filled, "▁best".encode())}
        told |= {"likeliest_log_probability": scores / 2}
        return {**told, **{f"{name}_length": sizes for name in told}}

    def _sampled(self, texts, inputs):
        most = inputs["longest"]
        parts = [WORDS[: int(number)] for number in most]
        written = [
            b"".join(
                bytes([int(one[3:5], 16)])
                if one.startswith("<0x")
                else one.replace("▁", " ").encode()
                for one in part
            )
            for part in parts
        ]
        return {
            "text": np.array(written, object),
            "read": np.array([len(pieces_of(text)) for text in texts], np.int32),
            "score": np.array([-20.0 - len(part) for part in parts], np.float32),
            "written": np.array([len(part) for part in parts], np.int32),
            "has_ended": most > len(WORDS),
        }


class Repository:
    def __init__(self, *without):
        self.predictor = Predictor()
        for name in without:
            del self.predictor.signatures[name]
        self.names = ["lm"]

    def model_names(self):
        return self.names

    def lease(self, spec):
        if spec.name != "lm":
            raise errors.not_found(f"Servable not found for request: Latest({spec.name})")
        return contextlib.nullcontext(self.predictor)


def ask(path="/v1/completions", repository=None, **body):
    content = json.dumps({"model": "lm", **body}).encode()
    answer = openai.answer(repository or Repository(), path, content, 5.0)
    return answer.status, json.loads(answer.body)


def test_a_prompt_is_continued():
    status, told = ask(prompt="and", max_tokens=2)
    assert status == 200
    assert (told["object"], told["model"]) == ("text_completion", "lm")
    assert told["choices"] == [
        {"index": 0, "text": " one two", "finish_reason": "length", "logprobs": None}
    ]
    assert told["usage"] == {"prompt_tokens": 1, "completion_tokens": 2, "total_tokens": 3}


def test_each_of_several_prompts_has_n_choices_in_order_and_seeds_of_their_own():
    repository = Repository()
    _, told = ask(repository=repository, prompt=["a", "b c"], n=2, max_tokens=1, seed=7, echo=True)
    texts = [choice["text"] for choice in told["choices"]]
    assert texts == ["a one", "a one", "b c one", "b c one"]
    assert [choice["index"] for choice in told["choices"]] == [0, 1, 2, 3]
    _, inputs = repository.predictor.asked[0]
    assert inputs["seed"].tolist() == [7, 8, 9, 10]
    assert told["usage"] == {"prompt_tokens": 3, "completion_tokens": 4, "total_tokens": 7}
    assert len(repository.predictor.asked) == 1
    assert {str(inputs[name].dtype) for name in ("temperature", "top_p")} == {"float32"}


@pytest.mark.parametrize(
    ("stop", "expected"),
    [(" two", " one"), (["x", "가"], " one two"), ([" five", " one"], ""), ("absent", WRITTEN)],
)
def test_a_text_ends_before_the_first_of_its_stops(stop, expected):
    _, told = ask(prompt="and", max_tokens=8, stop=stop)
    (choice,) = told["choices"]
    assert choice["text"] == expected
    assert choice["finish_reason"] == ("length" if expected == WRITTEN else "stop")


def test_a_text_that_ended_by_itself_has_stopped():
    _, told = ask(prompt="and", max_tokens=99)
    assert told["choices"][0]["finish_reason"] == "stop"


@pytest.mark.parametrize("echo", [False, True])
def test_log_probabilities_stand_beside_the_tokens_they_are_of(echo):
    _, told = ask(prompt="and", max_tokens=5, logprobs=1, echo=echo)
    found = told["choices"][0]["logprobs"]
    tokens = [" one", " two", r"bytes:\xea", r"bytes:\xb0", r"bytes:\x80"]
    offsets, scores = [0, 4, 8, 8, 8], [-2.0, -3.0, -4.0, -5.0, -6.0]
    if echo:
        tokens, scores = ["and", *tokens], [-1.0, *scores]
        offsets = [0, *(offset + 3 for offset in offsets)]
    assert found["tokens"] == tokens
    assert found["token_logprobs"] == scores
    assert found["text_offset"] == offsets
    assert found["top_logprobs"][-1] == {tokens[-1]: scores[-1], " best": scores[-1] / 2}


def test_a_text_is_only_scored_if_nothing_is_to_be_written():
    repository = Repository()
    _, told = ask(repository=repository, prompt=["one two"], max_tokens=0, echo=True, logprobs=0)
    assert told["choices"][0]["text"] == "one two"
    assert told["choices"][0]["logprobs"]["token_logprobs"] == [-1.0, -2.0]
    assert told["choices"][0]["logprobs"]["top_logprobs"] is None
    assert told["usage"] == {"prompt_tokens": 2, "completion_tokens": 0, "total_tokens": 2}
    assert "sample" not in [name for name, _ in repository.predictor.asked]


def test_embeddings_are_numbers_or_packed():
    _, told = ask("/v1/embeddings", input=["abc", "가나"])
    assert [one["embedding"] for one in told["data"]] == [[3.0, 0.5], [2.0, 0.5]]
    _, told = ask("/v1/embeddings", input="abc", encoding_format="base64")
    packed = base64.b64decode(told["data"][0]["embedding"])
    assert np.frombuffer(packed, "<f4").tolist() == [3.0, 0.5]


@pytest.mark.parametrize(
    ("body", "message"),
    [
        ({}, "`prompt`: Field required"),
        ({"prompt": [[1, 2]]}, "`prompt"),
        ({"prompt": "a", "stream": True}, "`stream`"),
        ({"prompt": "a", "max_tokens": -1}, "`max_tokens`"),
        ({"prompt": "a", "logprobs": 21}, "`logprobs`"),
        ({"prompt": "a", "best_of": 2}, "`best_of`"),
        ({"prompt": "a", "suffix": "b"}, "`suffix`"),
        ({"prompt": "a", "presence_penalty": 1.0}, "`presence_penalty`"),
        ({"prompt": []}, "`prompt`: expected at least one text"),
    ],
)
def test_what_is_not_answered_is_refused_by_its_name(body, message):
    status, told = ask(**body)
    assert status == 400
    assert message in told["error"]["message"]
    assert told["error"]["type"] == "invalid_request_error"


def test_fields_that_change_nothing_are_let_through():
    status, _ = ask(prompt="a", user="me", stream=False, best_of=1, logit_bias={}, suffix=None)
    assert status == 200


def test_a_model_that_is_not_there_or_cannot_do_it_is_named():
    status, told = ask(model="other", prompt="a")
    assert (status, told["error"]["code"]) == (404, "not_found")
    status, told = ask(repository=Repository("sample"), prompt="a")
    assert status == 400
    assert "expected the signatures sample and score" in told["error"]["message"]
    status, told = ask("/v1/embeddings", Repository("embed"), input="a")
    assert status == 400 and "embeds no texts" in told["error"]["message"]


def test_a_bug_is_an_error_of_the_server():
    status, told = ask(prompt="bug")
    assert (status, told["error"]["type"]) == (500, "server_error")
    assert "ZeroDivisionError" in told["error"]["message"]


@pytest.mark.parametrize("body", [b"", b"{", b"[]", b'"lm"', b"\xff"])
def test_a_body_that_is_no_object_is_refused(body):
    answer = openai.answer(Repository(), "/v1/completions", body, 5.0)
    assert answer.status == 400
    assert "`body`" in json.loads(answer.body)["error"]["message"]


def told_tokens(**body):
    _, told = ask(**body)
    found = told["choices"][0]["logprobs"]
    assert len({len(found[name]) for name in ("tokens", "token_logprobs", "text_offset")}) == 1
    return [*zip(found["tokens"], found["token_logprobs"], found["text_offset"], strict=True)]


def test_a_text_that_ended_by_itself_has_a_token_for_its_end_with_its_share_of_the_score():
    found = told_tokens(prompt="and", max_tokens=99, logprobs=0)
    assert [token for token, *_ in found][-3:] == [" five", " six", "</s>"]
    # The whole with its end, -28, less the pieces, -2 to -9, but never a probability above 1.
    assert found[-1] == ("</s>", 0.0, len(WRITTEN))


def test_a_text_that_was_stopped_has_none():
    found = told_tokens(prompt="and", max_tokens=99, logprobs=0, stop=" two")
    assert found == [(" one", -2.0, 0)]


def test_tokens_of_a_prompt_are_its_own_where_pieces_merge_over_its_end(monkeypatch):
    # `an` and `d one` are pieces alone; together, `and` and ` one` are.
    monkeypatch.setitem(globals(), "WORDS", ["d", "▁one"])
    found = told_tokens(prompt="to an", max_tokens=2, logprobs=1, echo=True)
    assert found == [("to", -1.0, 0), (" an", -2.0, 2), ("d one", -5.0, 5)]


def test_more_alternatives_than_there_are_may_be_asked_for():
    _, told = ask(prompt="and", max_tokens=1, logprobs=10)
    assert told["choices"][0]["logprobs"]["top_logprobs"] == [{" best": -1.0, " one": -2.0}]


def test_the_only_model_needs_no_name():
    body = json.dumps({"prompt": "and", "max_tokens": 1}).encode()
    told = json.loads(openai.answer(Repository(), "/v1/completions", body, 5.0).body)
    assert (told["model"], told["choices"][0]["text"]) == ("lm", " one")
    repository = Repository()
    repository.names = ["lm", "other"]
    answer = openai.answer(repository, "/v1/completions", body, 5.0)
    assert answer.status == 400
    assert "`model`: Field required" in json.loads(answer.body)["error"]["message"]
