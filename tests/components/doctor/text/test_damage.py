"""Tests of components/doctor/text/damage.py, garbled.py and boilerplate.py."""

import base64
import json

import numpy as np
import pytest

from components.doctor.text import boilerplate, damage, garbled
from components.doctor.text.lengths import Reader

ENGLISH = "The storm broke over the harbour, and every boat was tied twice."
GERMAN = "Für die Größe der Straße müssen wir „äußere“ Möglichkeiten prüfen – schön."
KOREAN = "이 영화의 배우는 정말 훌륭했고 음악도 좋아서 다시 보고 싶다."
RUSSIAN = "Её зовут Ёлка, и она говорит: «привет»."
CHINESE = "这部电影非常好看,我很喜欢。"


def texts(number=60, seed=0):
    """Sentences of different lengths and words, without a fault."""
    rng = np.random.default_rng(seed)
    words = [
        "wave",
        "sand",
        "salt",
        "shell",
        "gull",
        "tide",
        "boat",
        "sail",
        "fish",
        "reef",
        "rain",
    ]
    sizes = rng.integers(4, 18, number)
    return [" ".join(rng.choice(words, size)).capitalize() + "." for size in sizes]


@pytest.mark.parametrize(
    "text",
    [
        *(ENGLISH, GERMAN, KOREAN, RUSSIAN, CHINESE, "Ні, ці люди її", "déjà vu à «Été» ¿Él?"),
        *(
            "Ελλάδα: Άνθρωπος",
            "naïve café 😀👍🏽 25°C",
            "ÜBERGRÖSSE",
            "この映画はとても面白かった。",
        ),
    ],
)
def test_what_people_write_is_not_garbled(text):
    assert garbled.mend(text) is None


@pytest.mark.parametrize("codec", ["latin-1", "cp1252", "cp1251", "mac_roman", "cp437", "cp850"])
@pytest.mark.parametrize("text", [GERMAN, RUSSIAN, "It’s a “great” film"])
def test_utf8_that_was_read_as_another_encoding_is_mended(text, codec):
    garbled_as, was = garbled.mend(text.encode().decode(codec, "ignore"))
    assert garbled_as.isascii() is False
    assert was in text or was.strip() in text


@pytest.mark.parametrize(
    ("text", "written", "read"),
    [
        *((KOREAN, "utf-8", "cp1252"), (KOREAN, "utf-8", "cp949"), (KOREAN, "cp949", "latin-1")),
        *((CHINESE, "utf-8", "gbk"), (CHINESE, "gbk", "latin-1"), (RUSSIAN, "cp1251", "cp1252")),
        (GERMAN, "utf-8", "cp949"),
    ],
)
def test_other_scripts_in_wrong_encodings_are_seen(text, written, read):
    assert garbled.mend(text.encode(written, "ignore").decode(read, "ignore")) is not None


def test_sound_texts_pass():
    finding = damage.text_damage({"train": texts(), "eval": [GERMAN, KOREAN, RUSSIAN, CHINESE]})
    assert finding.verdict == "pass"
    assert set(finding.figures["shares"]) == {kind.name for kind in damage.KINDS}


FAULTS = {
    "HTML": lambda text: f"<p class='x'>{text}</p>",
    "HTML line breaks": lambda text: f"{text}<br/><br/>",
    "Markdown or wiki markup": lambda text: text.replace(" ", " **the** ", 1),
    "escape sequences": lambda text: text.replace(" ", r"\n\n", 1),
    "whole JSON or Python objects": lambda text: json.dumps({"text": text}),
    "encoded blobs": lambda text: base64.b64encode(text.encode()).decode() + "9a",
    "web or mail addresses": lambda text: f"{text} https://a.example/{len(text)}",
    "letters set apart": " ".join,
    "words run together": lambda text: text.replace(" ", ""),
    "words said again and again": lambda text: f"{text} no no no no no",
    "texts that are there twice": lambda text: f"{text} {text}",
    "texts without a letter": lambda text: str(len(text)),
    "invisible control characters": lambda text: "\ufeff" + text,
    "characters lost to '\ufffd' or '?'": lambda text: text.replace("a", "?").replace(
        "e", "\ufffd"
    ),
    "wrongly decoded characters": lambda text: f"{text} für".encode().decode("cp1252"),
}


@pytest.mark.parametrize("kind", FAULTS)
def test_each_kind_of_damage_is_named_with_an_example(kind):
    found = damage.text_damage({"train": [FAULTS[kind](text) for text in texts()]})
    assert found.verdict in ("warn", "fail")
    assert kind in found.evidence
    assert found.figures["shares"][kind]["train"] > 0.5
    assert found.figures["examples"][kind]


def test_every_kind_has_a_fault_here():
    assert set(FAULTS) == {kind.name for kind in damage.KINDS}


def test_damage_of_eval_alone_is_told():
    found = damage.text_damage({"train": texts(), "eval": [f"<i>{t}</i>" for t in texts(20, 1)]})
    assert "HTML in 0.0% of train, 100.0% of eval" in found.evidence


@pytest.mark.parametrize(
    ("cut", "unit"),
    [
        (lambda text: text[:40], "40 characters"),
        (lambda text: " ".join(text.split()[:13]), "13 words"),
    ],
)
def test_texts_that_end_at_one_length_were_cut(cut, unit):
    where, share = damage.cut_at([cut(text) for text in texts(300)])
    assert where == unit
    assert share > 0.1


def test_the_longest_of_whole_texts_is_no_cut():
    assert damage.cut_at(texts(300)) == ("", 0.0)
    assert damage.cut_at([]) == ("", 0.0)


@pytest.mark.parametrize(
    "footer",
    [
        "Sent on day {0} from my phone, please excuse typos.",
        "본 메일은 발신 전용입니다. 회신하지 마세요 감사합니다.",
        "本邮件由系统自动发出请勿直接回复",
    ],
)
def test_what_nearly_all_texts_share_is_boilerplate(footer):
    found = boilerplate.boilerplate([f"{t} {footer.format(i)}" for i, t in enumerate(texts())])
    assert found.verdict == "warn"
    assert found.figures["texts"] == 1.0
    assert found.figures["shared"][:9] in footer


def test_boilerplate_that_fills_the_limit_fails():
    header = "This message is confidential and meant for the person named above alone. "
    reader = Reader(lambda part: [text.split() for text in part], 12)
    found = boilerplate.boilerplate([header + text for text in texts()], reader)
    assert found.verdict == "fail"
    assert "100% of the 12 tokens" in found.evidence
    wide = Reader(reader.tokenize, 100)
    assert boilerplate.boilerplate([header + text for text in texts()], wide).verdict == "warn"


def test_few_or_different_texts_have_no_boilerplate():
    assert boilerplate.boilerplate(texts()).verdict == "pass"
    assert boilerplate.boilerplate([ENGLISH] * 3).verdict == "pass"


SHARES = {
    "wrongly decoded characters": 0.01,
    "characters lost to '\ufffd' or '?'": 0.01,
    "invisible control characters": 0.1,
    "HTML": 0.02,
    "HTML line breaks": 0.25,
    "Markdown or wiki markup": 0.05,
    "escape sequences": 0.02,
    "whole JSON or Python objects": 0.02,
    "encoded blobs": 0.02,
    "web or mail addresses": 0.2,
    "letters set apart": 0.02,
    "words run together": 0.02,
    "words said again and again": 0.02,
    "texts that are there twice": 0.02,
    "texts without a letter": 0.05,
}
"""Share of rows from which each kind is told."""
FIND = {kind.name: kind.find for kind in damage.KINDS}


@pytest.mark.parametrize("kind", FAULTS)
def test_each_kind_is_told_from_its_share_of_rows_on(kind):
    sound = texts(400)
    bad = [text for text in map(FAULTS[kind], sound) if FIND[kind](text)]
    count = round(SHARES[kind] * 400)
    told, let_pass = (
        damage.text_damage({"train": bad[:number] + sound[: 400 - number]}).evidence
        for number in (count, count - 1)
    )
    assert f"{kind} in {SHARES[kind]:.1%} of train" in told
    assert f"{kind} in" not in let_pass


@pytest.mark.parametrize(
    ("kind", "found", "passed"),
    [
        ("texts that are there twice", "so it is so it is", "so it so it"),
        ("texts that are there twice", "so it is so it is now", "so it is now so it is"),
        ("HTML line breaks", "<br>" + "a" * 75, "<br>" + "a" * 76),  # A twentieth.
        ("characters lost to '\ufffd' or '?'", "???? ab", "??? ab"),
        ("characters lost to '\ufffd' or '?'", "?" * 7 + "b" * 13, "?" * 6 + "b" * 14),
        ("HTML", "<br><i>", "<br></br>"),
        ("Markdown or wiki markup", "see **it**", "see www.a.example/**it**"),
    ],
)
def test_what_is_damage_and_what_hardly_more_or_less_is_none(kind, found, passed):
    assert FIND[kind](found)
    assert not FIND[kind](passed)


@pytest.mark.parametrize(("count", "is_told"), [(10, True), (9, False)])
def test_line_breaks_that_are_no_burden_are_told_from_a_fifth_of_the_texts_on(count, is_told):
    long = [f"{text} {text.lower()} {text.upper()} " * 3 for text in texts(50)]
    found = damage.text_damage({"train": [f"{text}<br>{text}" for text in long[:count]] + long})
    assert found.verdict == "pass"
    share = f"{count / (50 + count):.0%} of the training texts have `<br>`"
    assert ("No wrong encodings" in found.evidence) != (share in found.evidence)
    found = damage.text_damage({"train": [f"{t}<br>" for t in long[:count]] + long[count:]})
    assert (f"{count * 2}% of the training texts have `<br>`" in found.evidence) == is_told


def test_every_so_many_rows_and_their_first_two_thousand_characters_are_read():
    late = damage.text_damage({"train": ["b" * 1_998 + "<i>"] * 3})
    assert late.figures["shares"]["HTML"]["train"] == 0
    early = damage.text_damage({"train": ["b" * 1_997 + "<i>"] * 3})
    assert early.figures["shares"]["HTML"]["train"] == 1
    for rows, share in ((1_000, 0.5), (1_001, 0.0)):
        train = ["a <i>" if row % 2 else "b" for row in range(rows)]
        found = damage.text_damage({"train": train})
        assert found.figures["shares"]["HTML"]["train"] == pytest.approx(share)


def test_three_texts_of_a_kind_are_worth_a_word():
    assert "HTML in 100.0% of train" in damage.text_damage({"train": ["<i>a"] * 3}).evidence
    few = damage.text_damage({"train": ["<i>a"] * 2, "eval": ["<i>a"], "test": []})
    assert few.verdict == "pass"
    assert few.figures["shares"]["HTML"] == {"train": 1.0, "eval": 1.0, "test": 0.0}


@pytest.mark.parametrize(("lost", "verdict"), [(10, "fail"), (9, "warn")])
def test_texts_of_which_half_cannot_be_read_fail(lost, verdict):
    garbled_too = [FAULTS["wrongly decoded characters"]("salt")] * 3
    train = ["sal\ufffd and more"] * lost + garbled_too + ["salt and more"] * (17 - lost)
    assert damage.text_damage({"train": train}).verdict == verdict
    assert damage.text_damage({"train": ["so it is"] * 40, "eval": train}).verdict == verdict


def test_damage_that_can_be_read_through_warns_even_in_all_texts():
    assert damage.text_damage({"train": ["<i>a"] * 9}).verdict == "warn"


def test_a_split_without_texts_has_no_damage():
    found = damage.text_damage({"train": []})
    assert (found.verdict, found.evidence[:19]) == ("pass", "No wrong encodings,")


def test_what_is_invisible_is_shown_by_its_number():
    found = damage.text_damage({"train": ["so\ufeffis"] * 3})
    assert found.figures["examples"]["invisible control characters"] == r"\ufeff"


def test_sixty_characters_of_an_example_are_shown():
    found = damage.text_damage({"train": [json.dumps({"text": "a" * 80})] * 3})
    assert len(found.figures["examples"]["whole JSON or Python objects"]) == 60


def lengths(*counts):
    """Texts without an end of so many characters; each count is `(length, texts)`."""
    return ["a" * length for length, number in counts for _ in range(number)]


SPREAD = [(length, 1) for length in range(1, 6)]


@pytest.mark.parametrize(
    ("counts", "is_cut"),
    [
        ([*SPREAD, (20, 5)], True),
        ([*SPREAD, (19, 5)], False),
        ([*SPREAD[1:], (20, 5)], False),  # Five lengths.
        ([*SPREAD, (20, 4)], False),
        ([(1, 190), *SPREAD[1:], (20, 6)], True),
        ([(1, 191), *SPREAD[1:], (20, 6)], False),  # Of 201.
        # As many as five times the mean of the ten lengths before.
        ([*SPREAD, (30, 9), (31, 5), (40, 5), (41, 5)], True),
        ([*SPREAD, (30, 9), (31, 5), (40, 6), (41, 5)], False),
        ([*SPREAD, (31, 6), (40, 6), (41, 6)], True),
        ([*SPREAD, (31, 7), (40, 6), (41, 6)], False),
    ],
)
def test_a_length_stands_out_from_a_number_of_texts_on(counts, is_cut):
    assert bool(damage.cut_at(lengths(*counts))[0]) == is_cut


@pytest.mark.parametrize(("longest", "is_cut"), [(20, True), (19, False)])
def test_texts_may_be_cut_at_a_number_of_bytes(longest, is_cut):
    # Of as many bytes, but of different numbers of characters.
    cut = ["\u00e4" * wide + "a" * (longest - 2 * wide) for wide in range(8)]
    where, _ = damage.cut_at([*lengths(*SPREAD), *cut])
    assert where == ("20 bytes" if is_cut else "")


@pytest.mark.parametrize(("longest", "is_cut"), [(12, True), (11, False)])
def test_texts_may_be_cut_at_a_number_of_words(longest, is_cut):
    cut = [" ".join(["a" * (size + 1)] * longest) for size in range(8)]
    spread = [" ".join("a" * size) for size in range(1, 6)]
    where, _ = damage.cut_at([*spread, *cut])
    assert where == ("12 words" if is_cut else "")


@pytest.mark.parametrize(("unended", "is_cut"), [(6, True), (5, False)])
def test_texts_that_end_with_their_sentence_were_not_cut(unended, is_cut):
    longest = lengths((20, unended)) + ["a" * 18 + ".)"] * (10 - unended)
    where = damage.cut_at([*lengths(*SPREAD), *longest])
    assert where == (("20 characters", pytest.approx(10 / 15)) if is_cut else ("", 0.0))
