"""Questions about parameters of installed libraries' functions, which their documentation answers.

The context is how a function documents its parameters; questions ask of which type one is and what
it is by default, which some documentation does not say. Sources are parsed, never imported.
"""

import ast
import csv
import inspect
import json
import pathlib
import re
from collections.abc import Iterator
from typing import NamedTuple

from components.ingest.samples import library_docs

DISTRIBUTIONS = library_docs.DISTRIBUTIONS
ROWS = 2400
_MIN_WORDS, _MAX_WORDS = 20, 140
_PER_FUNCTION = 3
_SECTION = re.compile(
    r"^Parameters\n-{4,}\n(.*?)(?=^\S[^\n]*\n-{3,}\n|\Z)", re.MULTILINE | re.DOTALL
)
_ENTRY = re.compile(r"^(?P<name>[a-z]\w*) ?: (?P<said>\S[^\n]*)$", re.MULTILINE)
_DEFAULT = re.compile(
    r",? *(?:default(?:s to)?[ =:]+|\(default:? )(?P<value>[^\s,()]+|'[^']*')\)?$"
)
_BROKEN = re.compile(r"\.\. |>>>|https?:|[|<>\\]|-{4}|={4}")
_UNSAID = "The documentation does not say."
_TYPE = (
    "What type is {name}?",
    "Of which type must {name} be?",
    "What may be passed as {name}?",
)
_VALUE = (
    "What is the default of {name}?",
    "Which value does {name} have if it is left out?",
    "What is used for {name} unless it is given?",
)


class Question(NamedTuple):
    """A question about a context."""

    text: str
    context: str
    answers: tuple[tuple[str, int], ...]
    """What stands in the context, and where; none if it does not say."""


def write(folder: pathlib.Path) -> None:
    """Write `parameter_questions.csv`.

    Its columns are `question`, `context`, `answers`, JSON as SQuAD has it, `function`, one name for
    all questions about the same documentation, and `reply`, what one would say in a dialogue.
    """
    contexts = {
        text: entries
        for package in library_docs.installed().values()
        for text, entries in documented(package)
    }
    ordered = sorted(contexts, key=library_docs.hash_of)
    rows = [question for text in ordered for question in asked(text, contexts[text])]
    with open(folder / "parameter_questions.csv", "w", encoding="utf-8", newline="") as file:
        table = csv.writer(file, lineterminator="\n")
        table.writerow(["question", "context", "answers", "function", "reply"])
        for one in rows[:ROWS]:
            answers = [{"text": text, "answer_start": start} for text, start in one.answers]
            name = library_docs.hash_of(one.context).hex()[:12]
            table.writerow([one.text, one.context, json.dumps(answers), name, reply(one)])


def reply(question: Question) -> str:
    """The answer alone; a sentence where the documentation has none."""
    return question.answers[0][0] if question.answers else _UNSAID


def documented(package: pathlib.Path) -> Iterator[tuple[str, list[tuple[str, str]]]]:
    """Documentation of parameters below a folder, with names and what is said of their types."""
    for file in library_docs.public_files(package):
        for node in library_docs.definitions(file):
            section = _SECTION.search(inspect.cleandoc(ast.get_docstring(node) or ""))
            if section is None:
                continue
            entries = [(found["name"], found["said"]) for found in _ENTRY.finditer(section[1])]
            text = " ".join(section[1].split())
            is_usable = text.isascii() and not _BROKEN.search(text)
            if is_usable and len(entries) >= 2 and _MIN_WORDS <= len(text.split()) <= _MAX_WORDS:
                yield text, entries


def asked(context: str, entries: list[tuple[str, str]]) -> list[Question]:
    """Some questions about the parameters of a function.

    Args:
        context: Its documentation.
        entries: Name of each parameter, and what is said of its type and its default.
    """
    found = []
    for place, (name, said) in enumerate(entries):
        said = " ".join(said.split())
        start = context.find(f"{name} : {said}")
        if start < 0:
            start = context.find(f"{name}: {said}")
        if start < 0:
            continue
        start = context.index(said, start)
        default = _DEFAULT.search(said)
        kind = (said[: default.start()] if default else said).removesuffix(", optional")
        form = place % len(_TYPE)
        if kind:
            found.append(Question(_TYPE[form].format(name=name), context, ((kind, start),)))
        answers = ((default["value"], start + default.start("value")),) if default else ()
        found.append(Question(_VALUE[form].format(name=name), context, answers))
    return sorted(found, key=lambda one: library_docs.hash_of(one.text + context))[:_PER_FUNCTION]
