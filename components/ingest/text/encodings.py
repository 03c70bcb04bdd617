"""Which text encoding some bytes are in, judged by how they read.

Detection by statistics of whole pages (charset-normalizer) was tried first: of 42 short
lines in 13 encodings it named 25 rightly, most Chinese ones wrongly. Tables give short
lines, but many of them, of everyday words, so what counts here is how many characters are
everyday ones of the language an encoding is for.
"""

import codecs
import dataclasses
import unicodedata
from collections.abc import Iterator, Sequence
from typing import NamedTuple

_HIRAGANA = "".join(map(chr, range(0x3041, 0x3094)))
_KATAKANA = "".join(map(chr, range(0x30A1, 0x30FD)))
_PUNCTUATION = "‘’“”–—…•€£©®™°«»¿¡×§"
_WIDE_PUNCTUATION = "、。「」『』（），！？：；・ー～…“”《》【】"
_KOREAN = (
    "이다는에가고을의하지한도로은기를어나서해사리시있인아그라자대보들안거음게일제정만수과요면생니부스여습"
    "전장주구없좋네것오상신소세우원미무너비마했당금유동물성개선화같때더잘저될경문예말영진공실중히려점내든국"
    "할까드계연입치분회되와모르노래배품송질방운명못출간조단격불심추많교환매체평등술차또감식관람별터용년월약"
    "트크카테고름링좀막늦빠른빨맛싼싸편파포토색크작큰번씩님군직접준얼굴팔친절청결청완전받았겠였됐줄바로꼭참왜"
)
_SIMPLIFIED = (
    "的一是了我不在人有这个上们来到时大地为子中你说生国年着就那和要她出也得里后自以会家可下而过天去能对小多然"
    "于心学么之都好看起发当没成只如事把还用第样道想作种开美总从无情己面最女但现前些所同日手又行意动方期它头经"
    "长儿回位分爱老因很给名法间斯知世什两次使身者被高已亲其进此话常与活正感见明问力理尔点文几定本公特做外孩相"
    "西果走将月十实向声车全信重三机工物气每并别真打太新比才便夫再书部水像眼等体却加电主界门利海受听表德少克代"
    "员许先口由死安写性马光白或住难望教命花结乐色更拉东神记处让母父应直字场平报友关放至张认接告入笑内英军候民"
    "岁往何度山觉路带万男边风解叫任金快原吃妈变通师立象数四失满战远格士音轻条呢产品质量服务态房脏流价宜值推荐"
    "买店差评影视剧导演无聊送货速包装客非错"
)
_TRADITIONAL = (
    "的一是了我不在人有這個上們來到時大地為子中你說生國年著就那和要她出也得裡裏後自以會家可下而過天去能對小多然"
    "於心學麼之都好看起發當沒成只如事把還用第樣道想作種開美總從無情己面最女但現前些所同日手又行意動方期它頭經"
    "長兒回位分愛老因很給名法間斯知世什兩次使身者被高已親其進此話常與活正感見明問力理爾點文幾定本公特做外孩相"
    "西果走將月十實向聲車全信重三機工物氣每並別真打太新比才便夫再書部水像眼等體卻加電主界門利海受聽表德少克代"
    "員許先口由死安寫性馬光白或住難望教命花結樂色更拉東神記處讓母父應直字場平報友關放至張認接告入笑內英軍候民"
    "歲往何度山覺路帶萬男邊風解叫任金快原吃媽變通師立象數四失滿戰遠格士音輕條呢產品質量服務態房髒流價宜值推薦"
    "買店差評影視劇導演聊送貨速包裝客非錯"
)
_JAPANESE = (
    _HIRAGANA
    + _KATAKANA
    + "日一人年大十本中出三時行見分後前生五間上東国自会子学社長者事手女水気小何言入物場部"
    "今話新高家全山外員思合立的目方同地通実現当用意力体分理作動名開下電車金来好店良買商品届悪屋食味早配送最映画質"
    "像美々感楽面白普満足残念対応客様無料安値段使心親切汚清潔遅速便利音声京都田川木村"
)
_WESTERN = ("éàèêçäöüßñáíóãâôîåøæ", "œúõûëïìòùÿ")
_CYRILLIC = ("оеаинтсрвлкмдпуяыь", "гзбчйхжшюцщэфёъіїєґў")
_LEAST = 0.3
# Windows writes these under the name of the standard they extend.
_SUPERSETS = {
    "euc_kr": "cp949",
    "shift_jis": "cp932",
    "gb2312": "gb18030",
    "gbk": "gb18030",
    "big5": "big5hkscs",
    "cp950": "big5hkscs",
    "iso8859-1": "cp1252",
}


@dataclasses.dataclass(frozen=True)
class Candidate:
    """An encoding and what its language's texts are made of."""

    encoding: str
    """Python codec name; of several with the same characters, the one with the most."""
    common: frozenset[str]
    """Characters that everyday texts are full of, lower case."""
    rarer: frozenset[str]
    """Others that they hold."""
    script: str
    """`wide` for two bytes a character, `latin` for letters among ASCII ones, `own` for those of
    another alphabet, `any` for any text."""


def _wide_ones(encoding: str, common: str) -> Candidate:
    return Candidate(encoding, frozenset(common + _WIDE_PUNCTUATION), frozenset(), "wide")


def _latin(encoding: str, common: str, rarer: str) -> Candidate:
    return Candidate(encoding, frozenset(common + _PUNCTUATION), frozenset(rarer), "latin")


def _own(encoding: str, common: str, rarer: str) -> Candidate:
    return Candidate(encoding, frozenset(common + _PUNCTUATION), frozenset(rarer), "own")


CANDIDATES = (
    _wide_ones("cp949", _KOREAN),
    _wide_ones("cp932", _JAPANESE),
    _wide_ones("gb18030", _SIMPLIFIED),
    _wide_ones("big5hkscs", _TRADITIONAL),
    _wide_ones("euc_jp", _JAPANESE),
    _latin("cp1252", *_WESTERN),
    _latin("cp1250", "ąćęłńóśżáčéěířšůžőűţăşäöüß", "ýźúďňťîâôĺľŕđ"),
    _latin("cp1254", "ğıöşüç", "âîû"),
    _latin("mac_roman", *_WESTERN),
    _own("cp1251", *_CYRILLIC),
    _own("koi8-r", *_CYRILLIC),
    _own("cp1253", "αοιετσνηυρπκμλςάίόέ", "ωδγχθβφζξψήύώ"),
    _own("cp1255", "יוהלאמרתבשנ", "דכעחקפטגצסזםןךףץ"),
    _own("cp1256", "اليمنرتوبهة", "سدفكعحقجشطصخذضثزغظءأإئؤىآ"),
    _own("cp874", "นารกอเงมยทวลสดตบปหไีั่้", "คขพิแะจใชึืุูำถผซณธโภญศฐษฝฟ็์"),
)


class Likely(NamedTuple):
    """What a table's lines seem to be in."""

    encoding: str
    """Python codec name."""
    share: float
    """Share of the lines that it can read at all, in (0, 1]."""


def likely(found: Sequence[bytes]) -> Likely | None:
    """The encoding that makes everyday text of most lines; None if none does.

    Args:
        found: Lines that are not ASCII, at least one.
    """
    shares, scores = {}, {}
    for candidate in (_UTF_8, *CANDIDATES):
        encoding = candidate.encoding
        readable = [line for line in found if reads(encoding, line)]
        shares[encoding] = len(readable) / len(found)
        text = b"\n".join(readable).decode(encoding)
        # Squared, as a few lines that it cannot read say more than many that it can.
        scores[encoding] = shares[encoding] ** 2 * plausibility(text, candidate)
    best = max(scores, key=lambda encoding: scores[encoding])
    return Likely(best, shares[best]) if scores[best] >= _LEAST else None


def superset(encoding: str, found: Sequence[bytes]) -> str | None:
    """The larger encoding that is often called by the name of `encoding`, if it reads all lines."""
    larger = _SUPERSETS.get(codecs.lookup(encoding).name)
    if larger is None or found and all(reads("utf-8", line) for line in found):
        return None
    return larger if all(reads(larger, line) for line in found) else None


def reads(encoding: str, data: bytes) -> bool:
    """Whether all bytes are text in an encoding."""
    try:
        data.decode(encoding)
    except UnicodeDecodeError:
        return False
    return True


def plausibility(text: str, candidate: Candidate) -> float:
    """Mean of how everyday the characters are that are not ASCII, in [-1, 1]."""
    found = list(_judged(text, candidate))
    return sum(found) / len(found) if found else 0


def _judged(text: str, candidate: Candidate) -> Iterator[float]:
    """How plausible each character is that is not ASCII."""
    judge = _JUDGES[candidate.script]
    for place, c in enumerate(text):
        if c.isprintable() and c.isascii() or c in "\t\r\n":
            continue
        if unicodedata.category(c) in ("Cc", "Cn", "Co"):
            yield -1
        else:
            known = 1 if c.lower() in candidate.common else c.lower() in candidate.rarer and 0.6
            yield judge(c, text[max(0, place - 2) : place], text[place + 1 : place + 3], known)


def _wide(c: str, before: str, after: str, known: float) -> float:
    # Half-width katakana is what Korean and Chinese bytes look like in cp932.
    return -1 if "\uff61" <= c <= "\uff9f" else known or 0.15 * c.isalnum()


def _among_ascii(c: str, before: str, after: str, known: float) -> float:
    """Of an accented letter, few of which follow one another, or a sign between words."""
    if not known or _is_odd_case(c, before):
        return -0.5
    around = [other for other in (before[-1:], after[:1]) if _is_letter(other)]
    if not c.isalpha():
        # Among such letters a sign other than an apostrophe is half of another character.
        return -0.5 if around and c not in "’‘“”«»" else 1
    return -0.5 if len(around) == 2 else known


def _among_its_like(c: str, before: str, after: str, known: float) -> float:
    """Of a letter of another alphabet: words do not mix them."""
    if not known or _is_odd_case(c, before):
        return -0.5
    is_mixed = c.isalpha() and any(o.isascii() and o.isalpha() for o in (before[-1:], after[:1]))
    # A word in capitals is rarer, and what small letters look like in another encoding.
    return -0.5 if is_mixed else known * (0.8 if c.isupper() else 1)


def _is_odd_case(c: str, before: str) -> bool:
    return c.isupper() and before[-1:].islower()


def _is_letter(c: str) -> bool:
    return bool(c) and c >= "\x80" and c.isalpha()


def _any(c: str, before: str, after: str, known: float) -> float:
    return 1


_JUDGES = {"wide": _wide, "latin": _among_ascii, "own": _among_its_like, "any": _any}
# What is not UTF-8 hardly ever reads as it by chance.
_UTF_8 = Candidate("utf-8", frozenset(), frozenset(), "any")
