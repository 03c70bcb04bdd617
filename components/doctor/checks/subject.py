"""What the checks of the data look at; what several of them need is computed once."""

from __future__ import annotations

import dataclasses
import functools
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from components.doctor import rows as doctor_rows
from components.doctor.checks import drift, noise, views
from components.doctor.columns import Column
from components.doctor.rows import Rows, Sample
from components.doctor.setting import Setting
from components.doctor.text import lengths

Embed = Callable[[Sequence[Any]], np.ndarray]
"""Inputs to vectors `(rows, dim)`."""


@dataclasses.dataclass(frozen=True)
class Subject:
    """What is examined."""

    inputs: Sequence[Column]
    """Columns that are read: a text, an image, or two texts."""
    target: Column
    """Column that is learned."""
    kind: views.Kind
    """How such inputs are looked at."""
    all_rows: Mapping[str, Rows]
    """All rows by split, without splits that have none."""
    drawn: Mapping[str, Sample]
    """Of these, the sample that costly checks see."""
    limit: int
    """Rows of the sample at most."""
    seed: int
    """Of samples, folds and permutations."""
    setting: Setting
    """What of config and data bears on what is advised."""
    reader: lengths.Reader | None
    """How the model reads texts."""
    image_size: int | None
    """Side of the model's input in pixels."""
    embed: Embed | None
    """Inputs to embeddings of a pretrained model."""

    @property
    def names(self) -> list[str]:
        """Of the input columns."""
        return [column.name for column in self.inputs]

    @functools.cached_property
    def _views(self) -> dict[str, Any]:
        return {name: self.kind.view(found.inputs) for name, found in self.drawn.items()}

    @functools.cached_property
    def empty(self) -> dict[str, np.ndarray]:
        """Which rows of the sample say nothing, by split."""
        return {name: self.kind.are_empty(view) for name, view in self._views.items()}

    @functools.cached_property
    def rows(self) -> dict[str, Rows]:
        """All rows but those known to say nothing, so that these are reported once."""
        unsaid = np.concatenate([self.drawn[n].keys[flags] for n, flags in self.empty.items()])
        kept = {
            name: found.take(np.flatnonzero(~np.isin(found.keys, unsaid)))
            for name, found in self.all_rows.items()
        }
        # A split whose whole sample says nothing has nothing to compare, either.
        return {name: found for name, found in kept.items() if not self.empty[name].all()}

    @functools.cached_property
    def sample(self) -> dict[str, Sample]:
        """The rows of the sample that say something, by split."""
        return {n: self.drawn[n].take(np.flatnonzero(~self.empty[n])) for n in self.rows}

    @functools.cached_property
    def views(self) -> dict[str, Any]:
        """Views of `sample`, by split."""
        return {
            name: self.kind.take(self._views[name], np.flatnonzero(~self.empty[name]))
            for name in self.rows
        }

    @functools.cached_property
    def groups(self) -> dict[str, np.ndarray]:
        """Numbers of the groups of nearly equal rows of `sample`, by split."""
        keys = np.concatenate([found.keys for found in self.sample.values()])
        ends = np.cumsum([len(found) for found in self.sample.values()])
        _, firsts, which = np.unique(keys, return_index=True, return_inverse=True)
        starts = ends - [len(found) for found in self.sample.values()]
        owners = np.searchsorted(ends, firsts, side="right")
        parts = [
            self.kind.take(view, firsts[owners == owner] - starts[owner])
            for owner, view in enumerate(self.views.values())
        ]
        # `parts` go by split, `which` counts distinct rows in the order of their keys.
        numbers = np.empty(len(firsts), int)
        numbers[np.argsort(owners, kind="stable")] = self.kind.group(parts)
        return dict(zip(self.sample, np.split(numbers[which.ravel()], ends[:-1]), strict=True))

    @functools.cached_property
    def distinct(self) -> dict[str, np.ndarray]:
        """Places in `sample` of at most some thousand rows without repetitions, by split."""
        found = {}
        for name, part in self.sample.items():
            places = np.sort(np.unique(part.keys, return_index=True)[1])
            drawn = np.random.default_rng(self.seed).permutation(places)[: views.ROWS]
            found[name] = np.sort(drawn)
        return found

    @functools.cached_property
    def read(self) -> dict[str, Any]:
        """Views of `distinct`, by split."""
        return {n: self.kind.take(self.views[n], places) for n, places in self.distinct.items()}

    @functools.cached_property
    def numbers(self) -> Mapping[str, Any]:
        """What simple models read, of `distinct`, by split."""
        return self.kind.measure(self.read)

    def texts(self, view: Any, place: int) -> list[str]:
        """Of a view of texts, those of one column."""
        return list(view) if len(self.inputs) == 1 else [row[place] for row in view]

    @functools.cached_property
    def words(self) -> list[Mapping[str, Any]]:
        """What simple models read of each column of texts by itself, of `distinct`, by split."""
        if len(self.inputs) == 1:
            return [self.numbers]
        return [
            views.measure_texts({n: self.texts(view, place) for n, view in self.read.items()})
            for place in range(len(self.inputs))
        ]

    def column(self, place: int) -> tuple[Mapping[str, Rows], Mapping[str, np.ndarray]]:
        """All rows by one input column alone, and which of its cells say nothing, by split.

        Of two texts the sample stands for all rows.
        """
        if len(self.inputs) == 1:
            return self.all_rows, self.empty
        text = views.KINDS["text"]
        cells = {name: self.texts(view, place) for name, view in self._views.items()}
        found = {
            name: text.read(zip(part, self.drawn[name].targets, strict=True), len(part), self.seed)[
                0
            ]
            for name, part in cells.items()
        }
        return found, {name: text.are_empty(part) for name, part in cells.items()}

    def targets(self, split: str) -> list[Any]:
        """Targets of `distinct`."""
        return [self.sample[split].targets[place] for place in self.distinct[split]]

    def learned(self) -> dict[str, tuple[Any, list[Any]]]:
        """What simple models read, and targets, by split, `train` first."""
        order = ["train", *(name for name in self.rows if name != "train")]
        return {name: (self.numbers[name], self.targets(name)) for name in order}

    def model(self) -> Any:
        """A simple model of the target, as `strength.MEASURES` and `label_signal` take it."""
        is_label = self.target.holds == "category"
        return (self.kind.model if is_label else self.kind.regression)(self.seed)

    def labelled(self, split: str) -> noise.Labelled:
        """`distinct` for the check of labels, with names for its rows."""
        sample, places = self.sample[split], self.distinct[split]

        def describe(row: int) -> dict[str, Any]:
            number = int(sample.places[places[row]])
            name = doctor_rows.excerpt(sample.inputs[places[row]], split, number)
            return {"row": number, "input": name}

        return noise.Labelled(self.numbers[split], self.targets(split), describe)

    def embeddings(self) -> dict[str, np.ndarray] | None:
        """Vectors of some rows by split; None if the model has none that say anything."""
        if self.embed is None:
            return None
        parts = {
            name: found.at_most(drift.EMBEDDED, self.seed) for name, found in self.sample.items()
        }
        return {name: np.asarray(self.embed(part.inputs)) for name, part in parts.items()}
