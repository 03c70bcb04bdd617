"""What the checks of every kind of task know of a target, by what its column holds.

Of tasks that learn from their inputs alone, by how their answers read.
"""

import dataclasses
import typing
from collections.abc import Callable

import numpy as np
import tensorflow as tf

from models.tasks.task import Facts
from tests.models.tasks.references import WORDS


@dataclasses.dataclass(frozen=True)
class Held:
    """What a check needs to know of a target, by what its column holds."""

    facts: Callable[[str], Facts]
    """Of the data, by the column's name."""
    transformed: Callable[[], typing.Any]
    """Target of five examples as Transform gives it; one is unknown or has no label."""
    given: tuple[typing.Any, ...]
    """The same as the Evaluator has it."""
    refused: Callable[[str], Facts] | None
    """Facts of data that nothing can be learned from; None where anything can be."""
    message: str
    """What is said of it."""
    is_mixable: bool = True
    """Whether targets can be mixed by shares."""
    is_of_units: bool = False
    """Whether an example has a target for each of its units."""
    padding: int = -1
    """What such a target is where there is no unit."""
    outputs: Callable[[typing.Any, int], tuple[int, ...]] = lambda target, width: (5, width)
    """Five targets and the width of the output to its shape."""

    def loss_of_zeros(self, expected, targets, zeros):
        """The objective's loss of outputs of 0, by the task's own account of it."""
        errors = expected.errors(targets, zeros)
        if self.is_of_units:
            # Each unit counts alike, whatever text it is of.
            return np.average(errors, weights=(targets > self.padding).sum(1))
        return errors.mean()


def _ragged_ids():
    ids = tf.sparse.from_dense(tf.constant([[1, 3], [2, 0], [0, 0], [1, 2], [3, 0]]))
    return tf.SparseTensor(ids.indices, tf.cast(ids.values, tf.int64) - 1, ids.dense_shape)


def _ragged_spans():
    rows = [[0, 2, 0], [], [0, 5, 1, 6, 11, -1], [], [4, 9, 1]]
    return tf.ragged.constant(rows, tf.int64).to_sparse()


HELD = {
    "category": Held(
        lambda name: Facts({name: WORDS}),
        lambda: tf.constant([0, 1, -1, 2, 1], tf.int64),
        ("하나", "two", "never seen", "three", "two"),
        lambda name: Facts({name: WORDS[:1]}),
        "The train split has one label only: '하나'. .* Look at `task.label` and `data.split`",
    ),
    "categories": Held(
        lambda name: Facts({name: WORDS}),
        _ragged_ids,
        (("하나", "three"), ("two",), (), ("하나", "never seen"), ("three",)),
        lambda name: Facts({name: ()}),
        "No row of the train split has a label in `labels`. Look at `task.labels`",
    ),
    "choice": Held(
        lambda name: Facts({name: WORDS}),
        lambda: tf.constant([0, 1, -1, 2, 1], tf.int64),
        ("하나", "two", "never seen", "three", "two"),
        lambda name: Facts({name: (*WORDS, "3", "")}),
        "`label` names the right choice: .* Received also: '3', ''. .*`task.choices`",
    ),
    "spans": Held(
        lambda name: Facts({name: WORDS[:2]}, sizes={"units": 6}),
        _ragged_spans,
        (((0, 2, "하나"),), (), ((0, 5, "two"), (6, 11, "never seen")), (), ((4, 9, "two"),)),
        lambda name: Facts({name: ()}),
        "No row of the train split has an entity in `tags`. Look at `task.tags`",
        is_mixable=False,
        is_of_units=True,
        outputs=lambda target, width: (*target.shape, width),
    ),
    "answers": Held(
        lambda name: Facts(sizes={"units": 6}),
        # Of the rows moved on by one: none, far behind what is read, a sign, a word, two.
        lambda: tf.constant([[-1, -1], [6000, 6005], [0, 1], [4, 9], [0, 6]], tf.int64),
        ((), ("three", "three three"), ("⚡",), ("three",), ("하나 two",)),
        lambda name: Facts(sizes={"units": 5}),
        "`model.sequence_length` must be at least 6, .* Received: 5",
        is_mixable=False,
        outputs=lambda target, width: (5, 6, width),
    ),
    "embedding": Held(
        lambda name: Facts(sizes={"batch": 5, "units": 6}),
        lambda: None,
        (None,) * 5,
        lambda name: Facts(sizes={"batch": 1, "units": 6}),
        "`training.batch_size` must be at least 2: .* Received: batch_size=1",
        is_mixable=False,
        outputs=lambda target, width: (5, 2, width),
    ),
    "written": Held(
        lambda name: Facts(sizes={"units": 6, "pieces": 42}),
        lambda: tf.constant(["three two", "하나", "", "⚡ three " * 9, "two"]),
        ("three two", "하나", "never seen", "⚡ three", "two"),
        None,
        "",
        is_mixable=False,
        is_of_units=True,
        padding=0,
        outputs=lambda target, width: (*target.shape, width),
    ),
    "filled_masks": Held(
        # As many pieces as the texts of `Case.model` teach; see there.
        lambda name: Facts(sizes={"pieces": 34, "units": 12}),
        lambda: None,
        (None,) * 5,
        None,
        "",
        is_mixable=False,
        is_of_units=True,
        outputs=lambda target, width: (*target.shape, width),
    ),
    "filled_spans": Held(
        # Three special pieces, the bytes, what the texts of `Case.model` teach, and the sentinels.
        lambda name: Facts(sizes={"pieces": 389, "units": 12}),
        lambda: None,
        (None,) * 5,
        lambda name: Facts(sizes={"pieces": 389, "units": 2048}),
        "There are 100 sentinels, .* a window has 102 spans",
        is_mixable=False,
        is_of_units=True,
        padding=0,
        outputs=lambda target, width: (*target.shape, width),
    ),
    "reconstruction": Held(
        lambda name: Facts(sizes={"image": 8, "patch": 4}),
        lambda: None,
        (None,) * 5,
        lambda name: Facts(sizes={"image": 8, "patch": 8}),
        "`model.patch_size` must be at most half .* Received: patch_size=8, image_size=8",
        is_mixable=False,
        outputs=lambda target, width: (5, 4, width),
    ),
    "scored_pieces": Held(
        lambda name: Facts(sizes={"pieces": 34, "units": 12}),
        lambda: None,
        (None,) * 5,
        None,
        "",
        is_mixable=False,
        is_of_units=True,
        outputs=lambda target, width: (*target.shape, 2, width),
    ),
    "texts": Held(
        # Four special pieces, the bytes, and what the texts of `Case.model` teach; see there.
        lambda name: Facts(sizes={"pieces": 290, "units": 12}),
        lambda: None,
        (None,) * 5,
        None,
        "",
        is_mixable=False,
        is_of_units=True,
        outputs=lambda target, width: (*target.shape, 1, width),
    ),
    "number": Held(
        lambda name: Facts(means={name: 100.0}, deviations={name: 20.0}),
        lambda: tf.constant([80.0, 100.0, 140.0, 60.0, 120.0]),
        (80.0, 100.0, 140.0, 60.0, 120.0),
        lambda name: Facts(means={name: 3.0}, deviations={name: 0.0}),
        "one value of `target` only: 3. Look at `task.target` and `data.split`",
    ),
}
