"""Tests of pipeline/prompting/pushed.py with a predictor that needs no TensorFlow."""

import numpy as np
import pytest

from pipeline.prompting.pushed import PushedLanguageModel
from serving.model import Signature, TensorSpec

TEXT = TensorSpec("string", (-1,))
SCORE = ("piece", "piece_length", "piece_log_probability", "piece_log_probability_length")


class Predictor:
    """Words are pieces; the logarithm of the n-th is -n; reads 5 at once, writes after 3."""

    def __init__(self, outputs=(*SCORE, "windows")):
        self.signatures = {
            "score": Signature({"text": TEXT}, dict.fromkeys(outputs, TEXT)),
            "sample": Signature({"text": TEXT}, {"text": TEXT}),
        }
        self.sampled = None

    def predict(self, signature, inputs, output_filter=(), timeout=None):
        texts = [text.decode() for text in inputs["text"]]
        pieces = [text.replace(" ", " ▁").split(" ") for text in texts]
        if signature == "sample":
            self.sampled = inputs
            return {
                "text": np.array([f" {text.split()[-1]}s".encode() for text in texts], object),
                "read": np.array([min(len(row), 3) for row in pieces], np.int32),
            }
        widest = max(map(len, pieces))
        filled = np.full((len(texts), widest), b"", object)
        for place, row in enumerate(pieces):
            filled[place, : len(row)] = [one.encode() for one in row]
        sizes = np.array([len(row) for row in pieces])
        logs = np.tile(-np.arange(1.0, widest + 1), (len(texts), 1)).astype(np.float32)
        return {
            "piece": filled,
            "piece_length": sizes,
            "piece_log_probability": logs,
            "piece_log_probability_length": sizes,
            "windows": -(-sizes // 5),
        }


def test_pieces_of_the_answer_are_added_up_in_the_order_asked():
    model = PushedLanguageModel(Predictor(), "small, version 1")
    found = model.score([("one two three", " four five"), ("one", " 둘"), ("o", "ne")])
    assert found == [-9.0, -2.0, -1.0]


def test_what_is_not_read_at_once_has_no_score():
    model = PushedLanguageModel(Predictor(), "small, version 1")
    assert model.score([("a b c d", " e f"), ("a b c d", " e")]) == [None, -5.0]


def test_the_likeliest_continuation_is_written_and_what_was_cut_is_not():
    predictor = Predictor()
    model = PushedLanguageModel(predictor, "small, version 1")
    assert model.write(["a b c d", "a b c", "a"], 7) == [None, " cs", " as"]
    assert predictor.sampled["temperature"].tolist() == [0.0] * 3
    assert predictor.sampled["longest"].tolist() == [7] * 3


@pytest.mark.parametrize(
    ("lacks", "told"),
    [
        ("sample", r"small, version 1 is no language model: expected the signatures score and"),
        ("windows", r"does not tell whether it read a text at once .*Train it again"),
    ],
)
def test_other_models_are_refused(lacks, told):
    predictor = Predictor(SCORE if lacks == "windows" else (*SCORE, "windows"))
    predictor.signatures = {k: v for k, v in predictor.signatures.items() if k != lacks}
    with pytest.raises(ValueError, match=told):
        PushedLanguageModel(predictor, "small, version 1")
