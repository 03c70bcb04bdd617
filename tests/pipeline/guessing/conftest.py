"""Data as it is found, and the guess about it."""

import dataclasses

import pytest

from pipeline.guessing import document, guess
from pipeline.guessing.wording import Line, Remark

SENTENCES = ("I liked it", "what a bad film it was", "the acting is great", "too long for me")


@dataclasses.dataclass(frozen=True)
class Guessed:
    """A guess, ready to be asked."""

    guess: guess.Guess

    def __getitem__(self, key):
        return {one.key: one.value for one in self.guess.lines if isinstance(one, Line)}[key]

    def __contains__(self, key):
        return any(isinstance(one, Line) and one.key == key for one in self.guess.lines)

    @property
    def why(self):
        """Reasons by key."""
        return {one.key: one.why for one in self.guess.lines if isinstance(one, Line)}

    @property
    def remarks(self):
        """Everything that is said beside the fields."""
        return "\n".join(one.text for one in self.guess.lines if isinstance(one, Remark))

    def yaml(self, path):
        """The document."""
        return document.text(self.guess, "reviews", path, is_relative=False)


@pytest.fixture
def write(tmp_path):
    """Write a file below the test's folder."""

    def call(name, content):
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return path

    return call


@pytest.fixture
def guessed(write):
    """The guess about a file with this content, or about a path."""

    def call(path, content=None):
        return Guessed(guess.guess(path if content is None else write(path, content)))

    return call


@pytest.fixture
def table():
    """A table of a header and rows that a function of their numbers makes."""

    def call(header, row, rows=24):
        lines = (row.format(i=i, text=f"{SENTENCES[i % 4]} {i}", label=i % 2) for i in range(rows))
        return "\n".join([header, *lines]) + "\n"

    return call
