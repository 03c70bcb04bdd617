"""Which rows are the examples of a prompt.

A row with the text of the question is never an example of it. Else all questions of a draw have the
same examples, and those of 4 shots are among those of 16.
"""

from __future__ import annotations

import itertools
import random
from collections import Counter
from collections.abc import Callable, Iterable, Sequence

import numpy as np

from components.baseline import texts
from pipeline.prompting.rows import Row

Select = Callable[[Row, int, int], list[Row]]
"""A question, the number of examples and the seed of a draw, to the examples in their order."""
DRAWN = frozenset({"random", "balanced"})
"""Those of `SELECTIONS` that another seed changes."""
_DECIMALS = 9


def drawn(examples: Sequence[Row], questions: Sequence[Row]) -> Select:
    """Examples that are drawn.

    Args:
        examples: To draw from.
        questions: That will be asked.
    """
    del questions

    def select(question: Row, shots: int, seed: int) -> list[Row]:
        order = random.Random(seed).sample(range(len(examples)), len(examples))
        return _nearest_last(order, examples, question, shots)

    return select


def balanced(examples: Sequence[Row], questions: Sequence[Row]) -> Select:
    """Examples that are drawn so that numbers of their answers differ by at most one.

    Args:
        examples: To draw from.
        questions: That will be asked.
    """
    del questions
    answers = sorted({one.answer for one in examples})

    def select(question: Row, shots: int, seed: int) -> list[Row]:
        rng = random.Random(seed)
        order = rng.sample(range(len(examples)), len(examples))
        turns = {answer: turn for turn, answer in enumerate(rng.sample(answers, len(answers)))}
        seen: Counter[str] = Counter()
        ranked = []
        for one in (examples[place] for place in order):
            if _is_other(one, question):
                ranked.append((seen[one.answer], turns[one.answer], one))
                seen[one.answer] += 1
        ranked.sort(key=lambda entry: entry[:2])
        chosen = [one for *_, one in ranked[:shots]]
        _require_balance(chosen, answers, shots, question)
        # Taken in turn, their order would tell what comes next.
        return random.Random(f"{seed} {shots}").sample(chosen, shots)

    return select


def similar(examples: Sequence[Row], questions: Sequence[Row]) -> Select:
    """Examples whose questions are most similar, the most similar one next to the question.

    Source: Liu et al. (2022), "What Makes Good In-Context Examples for GPT-3?",
    https://arxiv.org/abs/2101.06804, which takes the nearest neighbours of a question as its
    examples. Differences: the cosine of TF-IDF in place of that of sentence vectors.

    Args:
        examples: To choose from; of equally similar ones the first are taken.
        questions: That will be asked.
    """
    learned = [one.question.encode() for one in examples]
    asked = {question.question: place for place, question in enumerate(questions)}
    known = texts.vectors(learned, learned)
    vectors = texts.vectors(learned, [one.question.encode() for one in questions])

    def select(question: Row, shots: int, seed: int) -> list[Row]:
        del seed
        cosines = (known @ vectors[asked[question.question]].T).toarray().ravel()
        # What rounding alone tells apart is equally similar.
        order = np.argsort(-cosines.round(_DECIMALS), kind="stable")
        return _nearest_last(order, examples, question, shots)

    return select


def _nearest_last(
    order: Iterable[int], examples: Sequence[Row], question: Row, shots: int
) -> list[Row]:
    """The first of an order with another text than the question, the very first last."""
    others = (examples[place] for place in order if _is_other(examples[place], question))
    found = list(itertools.islice(others, shots))
    if len(found) < shots:
        raise ValueError(
            f"`prompt.shots`: {shots} examples are asked for, and the train split has "
            f"{len(found)} rows with another text than the question ({question.where}). Lower it, "
            "or add rows."
        )
    return found[::-1]


def _require_balance(
    chosen: Sequence[Row], answers: Sequence[str], shots: int, question: Row
) -> None:
    counts = Counter({answer: 0 for answer in answers})
    counts.update(one.answer for one in chosen)
    rarest = min(answers, key=lambda answer: counts[answer])
    if len(chosen) == shots and max(counts.values()) - counts[rarest] <= 1:
        return
    raise ValueError(
        f"`prompt.select: balanced` cannot draw {shots} examples of {len(answers)} answers: the "
        f"train split has {counts[rarest]} rows whose answer is {rarest!r} and whose text is not "
        f"that of the question ({question.where}). Lower `prompt.shots`, add rows, or choose "
        "`select: random`."
    )


def _is_other(one: Row, question: Row) -> bool:
    return one.question.strip() != question.question.strip()


SELECTIONS: dict[str, Callable[[Sequence[Row], Sequence[Row]], Select]] = {
    "random": drawn,
    "balanced": balanced,
    "similar": similar,
}
"""By the name in `prompt.select`."""
