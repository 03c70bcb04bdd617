"""What is put before the texts of several tasks."""

import pytest
import tensorflow as tf

from models.tasks import task as tasks
from models.tasks.sequence_to_sequence import SequenceToSequence

KIND = "sequence_to_sequence"
TEXTS = {"text": tf.constant(["great film", "Haus", ""]), "text_2": tf.constant(["sst2", "", "x"])}


def read(task, features):
    return [one.decode() for one in task.for_encoder(features)["text"].numpy()]


def test_a_column_tells_the_task_of_each_row():
    task = SequenceToSequence(KIND, prefix="task")
    assert read(task, TEXTS) == ["sst2: great film", "Haus", "x: "]
    assert [(one.name, one.served_as) for one in tasks.inputs(task)] == [
        ("source", "text"),
        ("task", "prefix"),
    ]


def test_one_text_is_put_before_all():
    task = SequenceToSequence(KIND, prefix_text="summarize")
    assert read(task, {"text": TEXTS["text"][:2]}) == ["summarize: great film", "summarize: Haus"]
    assert len(tasks.inputs(task)) == 1


def test_without_a_prefix_texts_are_read_as_they_are():
    assert read(SequenceToSequence(KIND), {"text": TEXTS["text"]}) == ["great film", "Haus", ""]


def test_two_ways_to_say_it_are_refused():
    with pytest.raises(ValueError, match="`prefix` names a column .* Leave out one of them"):
        SequenceToSequence(KIND, prefix="task", prefix_text="summarize")
