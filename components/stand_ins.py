"""Words that stand for a missing value, as programs write them where a cell is empty.

Nobody means some of them as a class; others may be one, and are only remarked on.
"""

import unicodedata
from collections.abc import Collection

from components import spelling

# What a program writes for "nothing here", in any case. NumPy and pandas; Java, C and SQL; database
# clients; MySQL's and Hive's dumps; Windows' C library; Excel's and LibreOffice's error values; and
# the terms of statistics in Korean, Japanese and Chinese.
_NEVER_A_CLASS = {
    *("nan", "-nan", "+nan", "np.nan", "numpy.nan", "<na>", "pd.na", "pd.nat"),
    *("null", "(null)", "[null]", "<null>", "{null}", "\\n", "\\\\n"),
    *("1.#ind", "-1.#ind", "1.#qnan", "-1.#qnan", "nan(ind)", "-nan(ind)"),
    *("#n/a", "#n/a n/a", "#na", "#nv", "#value!", "#ref!", "#div/0!", "#name?", "#num!"),
    *("#null!", "#spill!", "#calc!", "#field!", "#blocked!", "#connect!", "#busy!", "#unknown!"),
    *("#getting_data", "#error!", "#external!", "#python!", "#timeout!", "err:502", "err:508"),
    *("결측", "결측치", "결측값", "欠損", "欠損値", "缺失", "缺失值"),
}
_CASED_NEVER_A_CLASS = {"NaT"}  # `NAT` and `nat` name other things, networks' among them.
# Answers of a form, values of enumerations, "no relation" (`NA` in NYT10), "not applicable"; also
# Namibia, sodium. `other` and `rest` are not here: they say that there is a value.
_MAYBE_A_CLASS = {
    *("none", "<none>", "(none)", "nil", "na", "n/a", "n.a.", "n.a", "n/d", "nd", "undefined"),
    *("missing", "(missing)", "<missing>", "unknown", "<unk>", "unk", "blank", "(blank)", "empty"),
    *("(empty)", "<empty>", "<blank>", "void", "tbd", "not available", "not applicable"),
    *("not specified", "unspecified", "no value", "no data", "unlabeled", "unlabelled"),
    *("no label", "nolabel", "no_label", "not_available", "not_applicable", "no_value"),
    *("없음", "미상", "모름", "미정", "미분류", "알수없음", "알 수 없음", "해당없음", "해당 없음"),
    *("값없음", "값 없음", "라벨없음", "레이블없음", "불명", "미입력", "공란", "빈값", "빈칸"),
    *("なし", "不明", "未知", "无", "無", "空", "該当なし", "未定義", "未定义", "未分類"),
}
_LONGEST = 24  # characters of the longest word, with quotes and spaces around it
_MANY_SIGNS = 3


def is_never_a_class(label: str) -> bool:
    """Whether a label can only stand for a missing value (`NaN`, `NULL`, `#N/A`).

    Args:
        label: As it was read; width, case, quotes and invisible characters do not matter.
    """
    if len(label) > _LONGEST:
        return False
    word = _bare(label)
    return word in _CASED_NEVER_A_CLASS or word.casefold() in _NEVER_A_CLASS


def doubtful(labels: Collection[str]) -> list[str]:
    """Those of a set of labels that may stand for a missing value, and may be a class, sorted.

    Signs alone (`-`, `?`) are doubtful, unless the labels are a set of signs or characters.
    """
    found = {label for label in labels if _may_be(label)}
    signs = {label for label in labels if _is_sign(label)}
    are_signs = len(signs) >= _MANY_SIGNS or "+" in labels or all(len(x) == 1 for x in labels)
    return sorted(found if are_signs else found | signs)


def says_nothing(text: str) -> bool:
    """Whether a text is nothing but a word for a missing value, doubtful ones among them."""
    return len(text) <= _LONGEST and (is_never_a_class(text) or _may_be(text))


def _may_be(label: str) -> bool:
    return len(label) <= _LONGEST and _bare(label).casefold() in _MAYBE_A_CLASS


def _bare(label: str) -> str:
    """A label without width, quotes and what cannot be seen."""
    visible = spelling.INVISIBLE.sub("", unicodedata.normalize("NFKC", label))
    return visible.strip().strip(spelling.QUOTES).strip()


def _is_sign(label: str) -> bool:
    return all(unicodedata.category(c)[0] == "P" for c in label) and len(label) <= _LONGEST
