"""From rows to a table of answers and one of what could not be answered."""

from __future__ import annotations

import collections
import concurrent.futures
import csv
import pathlib
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from components.ingest import row
from pipeline.display import answers
from pipeline.scoring import asking, journal, rows, tables

_ASKED = 2
"""Batches that the model answers at a time, so that it never waits for us."""
Entry = rows.Question | row.Rejected
Batch = list[Entry]
Answers = list[answers.Answer | asking.Refused]


def ask(model: asking.Model, batches: Iterator[Batch]) -> Iterator[tuple[Batch, Answers]]:
    """The batches with the answers to their questions; others are asked while one is kept.

    Args:
        model: The one to ask.
        batches: Rows to ask about, and what is none.
    """

    def asked(batch: Batch) -> Answers:
        questions = [one.values for one in batch if isinstance(one, rows.Question)]
        return model.answer(questions) if questions else []

    with concurrent.futures.ThreadPoolExecutor(_ASKED) as askers:
        ahead: collections.deque[tuple[Batch, concurrent.futures.Future[Answers]]]
        ahead = collections.deque()
        for batch in batches:
            answered = askers.submit(asked, batch)
            if not ahead:
                # The first call prepares the model; two at once would each do it, for a second.
                concurrent.futures.wait([answered])
            ahead.append((batch, answered))
            if len(ahead) > _ASKED:
                first, answered = ahead.popleft()
                yield first, answered.result()
        for first, answered in ahead:
            yield first, answered.result()


def entries(batch: Batch, answered: Answers) -> Iterator[dict[str, Any]]:
    """What a journal keeps of rows, in their order: the answer, or why there is none.

    Args:
        batch: Rows that were asked about, and what is none.
        answered: To the former.
    """
    found = iter(answered)
    form = None
    for one in batch:
        if isinstance(one, row.Rejected):
            yield _left_out(one.where, one.reason, one.excerpt)
            continue
        answer = next(found)
        if isinstance(answer, asking.Refused):
            yield _left_out(one.where, f"the model refuses it: {answer}", "")
        else:
            form = form or answers.form_of(answer)
            fields = form.fields(answer)
            yield {tables.WHERE: one.where, "columns": one.columns, "answer": fields}


def _left_out(where: str, reason: str, excerpt: str) -> dict[str, Any]:
    return {tables.WHERE: where, tables.REASON: reason, "excerpt": excerpt}


def write(kept: journal.Journal, output: pathlib.Path) -> tuple[int, int]:
    """Make a table of answers, and one beside it of what is left out, from a journal.

    Args:
        kept: The journal.
        output: File to write, at once or not at all.

    Returns:
        How many rows were answered, and how many left out.
    """
    left_out: list[dict[str, Any]] = []

    def flat() -> Iterator[dict[str, Any]]:
        left_out.clear()
        for entry in kept.read():
            if tables.REASON in entry:
                left_out.append(entry)
            else:
                yield tables.flat(entry)

    incoming = output.with_name(f".{output.name}.incoming")
    tables.WRITERS[output.suffix](incoming, flat)
    _write_left_out(left_out_file(output), left_out)
    incoming.replace(output)
    return kept.rows - len(left_out), len(left_out)


def left_out_file(output: pathlib.Path) -> pathlib.Path:
    """Where rows are listed that are left out of a table."""
    return output.with_name(f"{output.name}.left_out.csv")


def _write_left_out(path: pathlib.Path, entries: Sequence[Mapping[str, Any]]) -> None:
    if not entries:
        path.unlink(missing_ok=True)
        return
    with open(path, "w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, [tables.WHERE, tables.REASON, "excerpt"])
        writer.writeheader()
        writer.writerows(entries)
