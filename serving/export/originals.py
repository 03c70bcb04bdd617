"""Does an export see in a file what training saw in it, or refuse the file?

What training gets of an image may be a PNG of it. The file itself must then be refused, or be
answered alike: never be read as something else in silence.
"""

import base64
import json
import pathlib
from collections.abc import Callable

import numpy as np

from serving import errors
from serving.export import reference
from serving.model import DEFAULT_SIGNATURE, Predictor

Compare = Callable[[reference.Arrays, reference.Arrays], list[str]]
"""Expected and received outputs to what is wrong, in words."""


def ask(
    predictor: Predictor, path: pathlib.Path, compare: Compare
) -> tuple[dict[str, str], list[str]]:
    """Ask about files, and about what training got in their place.

    Args:
        predictor: The export; its default signature has one input.
        path: Lines of JSON with `format`, `is_converted`, `original` and `prepared`, the last two
            in base64.
        compare: Compares answers.

    Returns:
        `answered` or `refused` by format, and problems in words.
    """
    outcomes: dict[str, str] = {}
    problems: list[str] = []
    (alias,) = predictor.signatures[DEFAULT_SIGNATURE].inputs

    def answer(content: str) -> reference.Arrays:
        value = np.array([base64.b64decode(content)], dtype=object)
        return predictor.predict(DEFAULT_SIGNATURE, {alias: value})

    for line in path.read_text("utf-8").splitlines():
        entry = json.loads(line)
        name = f"{entry['format']}, converted" if entry["is_converted"] else entry["format"]
        outcomes[name] = "answered"
        try:
            received = answer(entry["original"])
        except errors.ServingError as error:
            outcomes[name] = "refused"
            if not entry["is_converted"] or error.code != "INVALID_ARGUMENT":
                problems.append(
                    f"A {entry['format']} file of the data is not answered: {error.text}"
                )
            continue
        wrong = compare(answer(entry["prepared"]), received)
        problems += [f"A {entry['format']} file is not what training saw: {one}" for one in wrong]
    return outcomes, problems


def remark(outcomes: dict[str, str]) -> list[str]:
    """What callers of a server should know, if a format of the data is refused."""
    refused = sorted(
        name.split(",")[0] for name, outcome in outcomes.items() if outcome == "refused"
    )
    if not refused:
        return []
    return [
        f"A server refuses files of the data as they are: {', '.join(refused)}. `maru predict` "
        "converts them as training did; see Images in docs/serving.md."
    ]
