"""Names that columns have, in English and Korean, and what they tell."""

from __future__ import annotations

import re

from components.ingest.files import names

_LABELS = (
    *("label", "labels", "라벨", "레이블", "class", "classes", "클래스", "target", "targets"),
    *("category", "categories", "카테고리", "분류", "정답", "gold", "y"),
)
"""What is learned by all that is known, the names that tell it best first."""
_TARGETS = (
    *_LABELS,
    *("sentiment", "polarity", "감정", "감성", "극성", "긍부정", "emotion", "emotions"),
    *("topic", "topics", "주제", "intent", "의도", "stance", "verdict", "entailment"),
    *("score", "점수", "similarity", "유사도", "relatedness", "rating", "ratings", "평점", "stars"),
    *("별점", "star", "grade", "등급", "toxicity", "toxic", "spam", "hate", "offensive", "혐오"),
    *("price", "가격", "value", "tags", "tag", "태그", "genres", "genre", "장르", "종류", "유형"),
    *("type", "language", "lang", "언어", "source", "출처"),
)
"""The same, with names that other columns have, too."""
QUANTITIES = frozenset(
    {
        *("score", "점수", "similarity", "유사도", "relatedness", "rating", "ratings", "평점"),
        *("price", "가격", "value"),
    }
)
"""Of these, those that name a number rather than a class."""
_IDS = frozenset(
    {
        *(
            "id",
            "ids",
            "idx",
            "index",
            "uuid",
            "guid",
            "key",
            "pk",
            "no",
            "number",
            "row",
            "unnamed",
        ),
        *("번호", "아이디", "순번", "일련번호"),
    }
)
_PAIRS = (
    ("premise", "hypothesis"),
    ("question", "passage"),
    ("question", "context"),
    ("question", "answer"),
    ("question", "sentence"),
    ("query", "passage"),
    ("query", "document"),
    ("claim", "evidence"),
    ("전제", "가설"),
    ("질문", "답변"),
)
_NUMBERED = (("1", "2"), ("a", "b"), ("one", "two"), ("first", "second"), ("left", "right"))
"""Ends of the names of two columns that are otherwise called alike."""
_LANGUAGES = frozenset(
    {
        *("en", "de", "fr", "es", "it", "pt", "nl", "ru", "zh", "ja", "ko", "ar", "tr", "pl", "cs"),
        *("english", "german", "french", "spanish", "chinese", "japanese", "korean"),
        *("한국어", "영어", "일본어", "중국어", "원문", "번역문", "src", "tgt"),
    }
)
_SUMMARIES = frozenset({"summary", "highlights", "abstract", "tldr", "요약", "요약문"})
_WORD_LISTS = ("tokens", "words")
_TAG_LISTS = ("tags", "ner_tags", "pos_tags", "labels", "chunk_tags")
_HUMP = re.compile("(?<=[a-z0-9])(?=[A-Z])")
_LAST = 1_000
"""Rank of names that hold one of the words, behind those that are one."""


def words(name: str) -> list[str]:
    """The words of a name in lower case: those of `SentimentLabel`, `gold_label`, `text 1`."""
    spaced = _HUMP.sub(" ", names.composed(name))
    return re.findall(r"[^\W\d_]+|\d+", spaced.casefold())


def target_rank(name: str) -> int | None:
    """How little a name says that the column is what is learned, from 0 on; None for nothing."""
    found = words(name)
    if not found:
        return None
    whole = names.composed(name).strip().casefold()
    for rank, known in enumerate(_TARGETS):
        if found == [known] or whole == known:
            return rank
    inner = [rank for rank, known in enumerate(_TARGETS) if _holds(found, known)]
    return _LAST + min(inner) if inner else None


def is_exact(rank: int | None) -> bool:
    """Whether a rank is that of a name that says nothing else."""
    return rank is not None and rank < _LAST


def is_label(name: str) -> bool:
    """Whether a name says that a column holds what is learned, and nothing else."""
    rank = target_rank(name)
    return rank is not None and rank < len(_LABELS)


def is_quantity(name: str) -> bool:
    """Whether a name is that of a number."""
    return any(_holds(words(name), known) for known in QUANTITIES)


def is_id(name: str) -> bool:
    """Whether a name is that of numbers or names of rows."""
    found = words(name)
    return not found or found[-1] in _IDS or found[0] == "unnamed"


def is_summary(name: str) -> bool:
    """Whether a name is that of short versions of other texts."""
    return not _SUMMARIES.isdisjoint(words(name))


def are_languages(found: list[str]) -> list[str]:
    """Those of some columns that are called as languages are."""
    return [name for name in found if not _LANGUAGES.isdisjoint(words(name))]


def word_lists(found: list[str]) -> tuple[str, str] | None:
    """Columns of words and of their tags."""
    listed = next((name for name in found if name in _WORD_LISTS), None)
    tags = next((name for name in found if name in _TAG_LISTS), None)
    return (listed, tags) if listed and tags else None


def different_pair(found: list[str]) -> tuple[str, str] | None:
    """Two of some columns that are called as parts of a pair are: `premise` and `hypothesis`."""
    by_words = {tuple(words(name)): name for name in reversed(found)}
    for first, second in _PAIRS:
        if (first,) in by_words and (second,) in by_words:
            return by_words[(first,)], by_words[(second,)]
    return None


def numbered_pair(found: list[str]) -> tuple[str, str] | None:
    """Two of some columns that are called alike but for their ends: `word1` and `word2`."""
    by_words = {tuple(words(name)): name for name in reversed(found)}
    for split, name in reversed(by_words.items()):
        for first, second in _NUMBERED:
            for place, word in enumerate(split):
                other = (*split[:place], second, *split[place + 1 :])
                if word == first and len(split) > 1 and other in by_words:
                    return name, by_words[other]
    return None


def _holds(found: list[str], known: str) -> bool:
    """Whether words hold a known one; Korean ones are written together."""
    return known in found or not known.isascii() and any(known in word for word in found)
