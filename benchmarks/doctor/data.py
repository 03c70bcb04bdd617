"""Columns for the doctor's benchmark: samples, and made-up texts and images."""

from __future__ import annotations

import csv
import functools
import pathlib
import random
from collections.abc import Callable, Mapping

from benchmarks.doctor import pictures, sentences
from components.ingest.samples import table

Columns = tuple[list[bytes], list[bytes]]
Splits = Mapping[str, Columns]
IMAGES = frozenset({"digits", "coloured_digits", "scenes", "photos"})
"""Data sets of images; the others are texts."""
_SHARE_OF_TRAIN = 0.8


@functools.cache
def rows(name: str, folder: str) -> tuple[tuple[bytes, bytes], ...]:
    """Inputs and labels of a data set, in a fixed order without pattern.

    Args:
        name: A sample (`library_docs`, `imdb_small`, `digits`) or one of `_MADE`.
        folder: Where samples are written.
    """
    if name == "coloured_digits":
        found = pictures.coloured(_sample("digits", folder))
    else:
        found = _MADE[name]() if name in _MADE else _sample(name, folder)
    random.Random(0).shuffle(found)
    return tuple(found)


def split(name: str, folder: str, limit: int) -> dict[str, Columns]:
    """Train and eval splits of at most `limit` rows together."""
    chosen = rows(name, folder)[:limit]
    end = round(len(chosen) * _SHARE_OF_TRAIN)
    return {"train": columns(chosen[:end]), "eval": columns(chosen[end:])}


def columns(pairs) -> Columns:
    """Rows as two columns."""
    return [pair[0] for pair in pairs], [pair[1] for pair in pairs]


def _sample(name: str, folder: str) -> list[tuple[bytes, bytes]]:
    path = pathlib.Path(table.materialise(name, folder).path)
    return _images(path) if path.is_dir() else _table(path)


def _table(path: pathlib.Path) -> list[tuple[bytes, bytes]]:
    with path.open(encoding="utf-8", newline="") as file:
        found = [tuple(row[name] for name in row) for row in csv.DictReader(file)]
    # The sample of film reviews has the label first.
    ordered = [(text, label) if len(text) > len(label) else (label, text) for text, label in found]
    return [(text.encode(), label.encode()) for text, label in ordered]


def _images(path: pathlib.Path) -> list[tuple[bytes, bytes]]:
    return [(file.read_bytes(), file.parent.name.encode()) for file in sorted(path.rglob("*.png"))]


def _korean() -> list[tuple[bytes, bytes]]:
    """Judgements in Korean; a few hundred, all different."""
    good, bad = ("훌륭했고", "즐거웠고", "완벽했고"), ("지루했고", "나빴고", "실망했고")
    things = ("영화", "연기", "음악", "이야기", "장면", "결말", "대사", "배우", "감독", "촬영")
    others = ("자막", "화면", "소리", "분위기", "전개", "의상", "조명", "편집", "제목", "주제")
    ends = ("다시 보고 싶다", "오래 기억난다", "친구와 함께 봤다", "어제 저녁에 봤다")
    return [
        (f"이 작품의 {thing}는 {word} {other}도 그랬으며 {end}.".encode(), label)
        for label, words in ((b"good", good), (b"bad", bad))
        for word in words
        for thing in things
        for other in others
        for end in ends
    ]


_MADE: Mapping[str, Callable[[], list[tuple[bytes, bytes]]]] = {
    "korean": _korean,
    "korean_topics": sentences.korean_topics,
    "korean_reviews": sentences.korean_reviews,
    "german_topics": sentences.german_topics,
    "german_reviews": sentences.german_reviews,
    "two_languages": sentences.two_languages,
    "scenes": pictures.scenes,
    "photos": pictures.photos,
}
