"""Tests of pipeline/scoring/answering.py: batches and their answers."""

import threading

from components.ingest import row
from pipeline.scoring import answering, rows

SECONDS = 5


class Model:
    """Answers with the lengths of texts; the first call looks whether another one comes."""

    def __init__(self):
        self.others_while_first = None
        self._another = threading.Event()
        self._two = threading.Barrier(2, timeout=SECONDS)
        self._calls = 0

    def answer(self, questions):
        self._calls += 1
        if self._calls == 1:
            self.others_while_first = self._another.wait(0.1)
        else:
            self._another.set()
            self._two.wait()  # Breaks if the others come one by one.
        return [{"value": len(one["text"])} for one in questions]


def test_the_first_batch_is_asked_alone_and_then_two_at_a_time_in_their_order():
    model = Model()
    texts = [["a"], ["bb", "ccc"], ["dddd"], ["eeeee"], ["ffffff"]]
    batches = [[rows.Question(text, {"text": text}, {}) for text in each] for each in texts]
    batches.insert(2, [row.Rejected("7", "is empty")])
    found = list(answering.ask(model, iter(batches)))
    assert not model.others_while_first
    assert [batch for batch, _ in found] == batches
    values = [[one["value"] for one in answers] for _, answers in found]
    assert values == [[1], [2, 3], [], [4], [5], [6]]
