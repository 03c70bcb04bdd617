"""Ask a model with every number of examples, draw and question, and add up what is right."""

from __future__ import annotations

import dataclasses
import hashlib
import itertools
import json
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np

from pipeline.prompting import accuracy, answering, config, selection
from pipeline.prompting.answering import Answer
from pipeline.prompting.config import Likelihood, PromptingConfig
from pipeline.prompting.language_model import LanguageModel
from pipeline.prompting.prompts import Prompt
from pipeline.prompting.result import Result, ShotsResult
from pipeline.prompting.rows import Row, Rows
from pipeline.scoring.journal import Journal

_BATCH = 64
"""Prompts whose answers are kept together."""
_MOST_ANSWERS = 100


class _Asked(NamedTuple):
    """A question with some examples."""

    shots: int
    draw: int
    question: int


def measure(
    settings: PromptingConfig, rows: Rows, model: LanguageModel, kept: Journal
) -> Iterator[int]:
    """Ask everything that is not in the journal yet; gives how many were asked, as it goes on.

    Args:
        settings: What is asked, and how.
        rows: Examples and questions.
        model: That is asked.
        kept: What was answered before is not asked again.

    Raises:
        ValueError: If there are too few examples, or too few or too many answers.
    """
    prompt = settings.prompt
    choose = selection.SELECTIONS[prompt.select](rows.examples, rows.questions)
    answers = known_answers(settings, rows)
    plan = itertools.islice(_plan(settings, rows), kept.rows, None)
    while batch := list(itertools.islice(plan, _BATCH)):
        questions = [rows.questions[one.question] for one in batch]
        prompts = [
            Prompt(
                prompt.template,
                prompt.instruction,
                tuple(choose(question, one.shots, one.draw)),
                question,
            )
            for one, question in zip(batch, questions, strict=True)
        ]
        found = answering.answer(model, prompts, prompt, answers)
        kept.add(map(_entry, batch, found))
        yield len(batch)


def count(settings: PromptingConfig, rows: Rows) -> int:
    """How many prompts are asked in all."""
    return sum(_draws(settings, shots) for shots in settings.prompt.shots) * len(rows.questions)


def known_answers(settings: PromptingConfig, rows: Rows) -> tuple[str, ...]:
    """What is answered by likelihood; nothing where answers are written.

    Raises:
        ValueError: If these are not from 2 to 100, or a right answer is none of them.
    """
    way = settings.prompt.answered_by
    if not isinstance(way, Likelihood):
        return ()
    known = way.answers or rows.answers
    if not 2 <= len(known) <= _MOST_ANSWERS:
        shown = ", ".join(map(repr, known[:5])) + (", ..." if len(known) > 5 else "")
        raise ValueError(
            f"`prompt.answered_by: likelihood` compares from 2 to {_MOST_ANSWERS} answers. "
            f"Received {len(known):,}: {shown}. Choose `answered_by: generation`, or give "
            "`answers`."
        )
    unknown = next((one for one in rows.questions if one.answer not in known), None)
    if unknown is not None:
        raise ValueError(
            f"`prompt.answered_by.answers` lacks the right answer {unknown.answer!r} of "
            f"{unknown.where}. Received: {', '.join(map(repr, known))}"
        )
    return tuple(known)


def identity(settings: PromptingConfig, rows: Rows, model: LanguageModel) -> dict[str, Any]:
    """What a journal is of: all that decides its answers."""
    content = json.dumps(
        [list(map(dataclasses.astuple, part)) for part in (rows.examples, rows.questions)]
    )
    return {
        "prompt": config.to_mapping(settings)["prompt"],
        "rows": hashlib.sha256(content.encode()).hexdigest(),
        "model": model.which,
    }


def result(settings: PromptingConfig, rows: Rows, model: LanguageModel, kept: Journal) -> Result:
    """What all answers add up to.

    Args:
        settings: What was asked, and how.
        rows: Examples and questions.
        model: That was asked.
        kept: All answers.
    """
    entries: dict[int, list[Mapping[str, Any]]] = {shots: [] for shots in settings.prompt.shots}
    for entry in kept.read():
        entries[entry["shots"]].append(entry)
    return Result(
        name=settings.name,
        model=model.which,
        split=rows.split,
        questions=len(rows.questions),
        examples=len(rows.examples),
        rejected=len(rows.rejected),
        simple=_most_frequent(rows),
        by_shots=[_of_shots(shots, found, len(rows.questions)) for shots, found in entries.items()],
    )


def _plan(settings: PromptingConfig, rows: Rows) -> Iterator[_Asked]:
    for shots in settings.prompt.shots:
        for draw in range(_draws(settings, shots)):
            for question in range(len(rows.questions)):
                yield _Asked(shots, draw, question)


def _draws(settings: PromptingConfig, shots: int) -> int:
    """Draws that differ."""
    is_drawn = shots > 0 and settings.prompt.select in selection.DRAWN
    return settings.prompt.draws if is_drawn else 1


def _entry(asked: _Asked, found: Answer) -> dict[str, Any]:
    row: Row = found.prompt.question
    return {
        "shots": asked.shots,
        "draw": asked.draw,
        "where": row.where,
        "prompt": found.text,
        "answer": found.answer,
        "expected": row.answer,
        "is_right": found.answer == row.answer,
        "is_tie": found.is_tie,
        "is_too_long": found.is_too_long,
        "dropped_examples": found.prompt.dropped,
        "written": found.written,
        "scores": found.scores,
        "examples": [one.where for one in found.prompt.examples],
    }


def _of_shots(shots: int, entries: Sequence[Mapping[str, Any]], questions: int) -> ShotsResult:
    right = np.array([one["is_right"] for one in entries], float).reshape(-1, questions)
    by_draw = right.mean(1)
    return ShotsResult(
        shots=shots,
        accuracy=float(right.mean()),
        interval=accuracy.interval(right),
        by_draw=by_draw.tolist(),
        ties=sum(one["is_tie"] for one in entries),
        unanswered=sum(
            one["answer"] is None and not one["is_tie"] and not one["is_too_long"]
            for one in entries
        ),
        shortened=sum(one["dropped_examples"] > 0 for one in entries),
        too_long=sum(one["is_too_long"] for one in entries),
        prompts=len(entries),
    )


def _most_frequent(rows: Rows) -> float | None:
    """How often the answer is right that most examples have; None without examples."""
    if not rows.examples:
        return None
    ((usual, _),) = Counter(one.answer for one in rows.examples).most_common(1)
    return float(np.mean([one.answer == usual for one in rows.questions]))
