"""A text in, the entities that it names out: a tag for each unit."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Literal

from models.backbone import Backbone, Provided
from models.tasks import answers, endpoints, expected
from models.tasks.defaults import WithoutClasses
from models.tasks.endpoints import Endpoints, Network
from models.tasks.expected import Expected
from models.tasks.tagging import metrics, spans
from models.tasks.tagging import units as splitting
from models.tasks.tagging.units import Unit
from models.tasks.task import (
    TARGET,
    UNITS,
    Batch,
    Column,
    Facts,
    Metric,
    Objective,
    Shown,
    Sides,
    Training,
)

TAG_WORDS = "tag_words"
"""The endpoint for texts whose words stand between white space already."""
_JOINERS: Mapping[Unit, str] = {"given": " ", "words": " ", "characters": ""}


@dataclasses.dataclass(frozen=True)
class TokenClassification(WithoutClasses):
    """Mark parts of a text: names, dates, parts of speech."""

    kind: Literal["token_classification"]
    """Kind of task."""
    text: str = "text"
    """Column with the text, UTF-8, or the list of its words."""
    tags: str = "tags"
    """Column with a tag for each word (IOB1, IOB2, BIOES, or plain ones), or with spans: objects
    or lists of where each begins, where it ends and its type, in code points of the text."""
    units: Unit = "words"
    """What gets a tag: `given` are the words of the list, or what stands between white space;
    `words` are runs of letters and digits, other signs by themselves; `characters` suit languages
    that glue words together, such as Korean."""
    tagger: Literal["linear", "crf"] = "linear"
    """What tells tags from vectors: each for itself, or a conditional random field, which learns
    what tag follows what. Either way answers are valid IOB2."""

    @property
    def columns(self) -> tuple[Column, ...]:
        """What is read."""
        joiner = _JOINERS[self.units]
        return (
            Column(self.text, "text", "input", "text", served_as="text", joiner=joiner),
            Column(self.tags, "spans", "target", "tags", within=self.text),
        )

    @property
    def needs(self) -> Provided:
        """A vector for each token."""
        return "tokens"

    @property
    def sides(self) -> Sides:
        """None: all inputs are read together."""
        return ()

    @property
    def metrics(self) -> tuple[Metric, ...]:
        """F1, precision and recall of whole entities, mean F1 of the types."""
        makers = (metrics.f1, metrics.precision, metrics.recall, metrics.macro_f1)
        return tuple(make(self.tags) for make in makers)

    @property
    def shown_as(self) -> Shown:
        """How people read an answer."""
        return "entities"

    @property
    def monitored(self) -> Mapping[str, Literal["max", "min"]]:
        """Loss on the eval split, or the share of right tags."""
        return {"val_loss": "min", "val_accuracy": "max"}

    def check_training(self, training: Training) -> None:
        """Refuse what is about one label an example."""
        if training.class_weights is not None:
            raise ValueError(
                "`training.class_weights` weighs examples by their one label, but here they have "
                f"a tag for each unit. Received: class_weights={training.class_weights!r}. Leave "
                "it out."
            )
        if training.label_smoothing and self.tagger == "crf":
            raise ValueError(
                "`training.label_smoothing` spreads the target of each tag, but a conditional "
                "random field learns whole sequences. Received: "
                f"label_smoothing={training.label_smoothing} with task.tagger='crf'. Leave it out, "
                "or use `tagger: linear`."
            )

    def check(self, facts: Facts) -> None:
        """Refuse data without any entity."""
        if not facts.vocabularies[self.tags]:
            raise ValueError(
                f"No row of the train split has an entity in `{self.tags}`. Look at `task.tags` "
                "and `data.split`."
            )

    def for_encoder(self, features: Mapping[str, Any]) -> dict[str, Any]:
        """Units, ragged."""
        return {UNITS: splitting.split(features["text"], self.units).words}

    def batch(self, features: dict[str, Any], facts: Facts) -> Batch:
        """Units, ragged, and their tags `(batch, units)` int32, -1 where nothing is learned."""
        import tensorflow as tf

        found = splitting.split(features["text"], self.units)
        shape = (None, facts.sizes[UNITS])
        starts, ends = (each.to_tensor(-1, shape=shape) for each in (found.starts, found.ends))
        target = spans.tags(features[TARGET], starts, ends)
        return Batch({UNITS: found.words}, tf.ensure_shape(target, shape))

    def soften(self, target: Any, facts: Facts) -> Any:
        """Refused: texts cannot be mixed."""
        raise ValueError(
            f"Tags of texts cannot be mixed: expected targets of images. Received: {target}"
        )

    def head(self, backbone: Backbone, facts: Facts) -> Any:
        """Logits `(batch, units, tags)`; of a conditional random field with its scores below."""
        logits = backbone.head(self._tags(facts), "logits")(backbone.at_units)
        if self.tagger == "linear":
            return logits
        from models.tasks.tagging import crf

        return crf.Transitions(name="crf")(logits)

    def objective(self, facts: Facts, training: Training) -> Objective:
        """Cross-entropy of the tags, or of their sequence, and the share of right tags."""
        from models.tasks.tagging import losses

        if self.tagger == "crf":
            return Objective(losses.SequenceLoss(), [losses.TagAccuracy()])
        return Objective(losses.TagCrossEntropy(training.label_smoothing), [losses.TagAccuracy()])

    def expected(self, facts: Facts) -> Expected:
        """Cross-entropy of equal logits."""
        return expected.of_tags(self._tags(facts))

    def endpoints(self, network: Network, facts: Facts) -> Endpoints:
        """Entities of a text as it is, and of one whose words are given."""
        types = facts.vocabularies[self.tags]

        def of(kind: Unit) -> Callable[[Mapping[str, Any]], Mapping[str, Any]]:
            return lambda raw: self._answers(network, raw["text"], kind, types)

        # People ask about texts whose words nobody has parted.
        asked: Unit = "words" if self.units == "given" else self.units
        functions = {endpoints.DEFAULT: of(asked)}
        if self.units == "given":
            return Endpoints({**functions, TAG_WORDS: of("given")}, TAG_WORDS)
        return Endpoints(functions, endpoints.DEFAULT)

    def _tags(self, facts: Facts) -> int:
        """Tags that are told apart."""
        return len(spans.names(facts.vocabularies[self.tags]))

    def _answers(
        self, network: Network, texts: Any, kind: Unit, types: Sequence[str]
    ) -> dict[str, Any]:
        """Entities, and each unit with its tag."""
        import tensorflow as tf

        from models.tasks.tagging import crf

        found = splitting.split(texts, kind)
        logits, learned = network.of_units({UNITS: found.words})
        scores = tf.constant(crf.within_entities(len(types)))
        lengths = found.words.row_lengths()
        emissions = logits.to_tensor()
        if self.tagger == "crf":
            scores += tf.reduce_max(learned[:1], axis=0)  # The same for each text.
            shares = crf.marginals(emissions, lengths, scores)
        else:
            shares = tf.nn.softmax(emissions)
        tags = crf.best_path(emissions, lengths, scores)
        chosen = tf.gather(shares, tags, batch_dims=2)
        tags, chosen = (
            tf.RaggedTensor.from_tensor(each, lengths, row_splits_dtype=tf.int64)
            for each in (tags, chosen)
        )
        told = {
            **spans.entities(texts, found, tags, chosen, types),
            "tokens": found.words,
            "tags": tf.gather(tf.constant(spans.names(types)), tags),
        }
        padded: dict[str, Any] = {}
        for name, values in told.items():
            padded |= answers.padded(name, values, None)
        return padded
