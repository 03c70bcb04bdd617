"""Tests of where the checks of the data begin to warn and to fail, on both sides of each limit."""

import numpy as np
import pytest
from sklearn.linear_model import RidgeClassifier

from components.doctor import near_duplicates
from components.doctor.checks import balance, constant, duplicates, leakage, shift
from components.doctor.rows import Rows
from components.doctor.setting import Setting
from components.doctor.text import boilerplate, damage
from components.doctor.text.lengths import Reader


def rows(keys):
    return Rows(["a"] * len(keys), np.array(keys, np.uint64))


def repeating(share, count=1000):
    """Rows of which a share has the key of the first."""
    same = round(share * count)
    return rows([0] * same + list(range(1, count - same + 1)))


def counted(**labels):
    return [label for label, count in labels.items() for _ in range(count)]


@pytest.mark.parametrize(
    ("labels", "verdict"),
    [
        (counted(a=49, b=5), "pass"),
        (counted(a=50, b=5), "warn"),  # Ten to one.
        (counted(a=40, b=4), "warn"),  # Fewer than five rows.
        (counted(a=20, b=20, c=4), "warn"),
        (counted(a=979, b=21), "warn"),
        (counted(a=980, b=20), "fail"),
    ],
)
def test_rare_classes_warn_and_a_dominant_one_fails(labels, verdict):
    found = balance.class_balance({"train": labels})
    assert found.verdict == verdict
    weighted = balance.class_balance({"train": labels}, Setting(is_weighted=True))
    assert weighted.verdict == ("pass" if min(map(labels.count, set(labels))) >= 5 else "warn")


def test_only_what_is_left_to_do_about_rare_classes_is_advised():
    labels = {"train": counted(a=40, b=4)}

    def fix(**setting):
        return balance.class_balance(labels, Setting(**setting)).fix

    assert fix() == (
        "Set `training.class_weights: balanced` or `copies: {balance: true}`, put `macro_f1` into "
        "`evaluation.must_reach`, and collect more rows of the rare classes."
    )
    assert fix(is_weighted=True) == (
        "Put `macro_f1` into `evaluation.must_reach`, and collect more rows of the rare classes."
    )
    assert fix(is_weighted=True, must_reach=("macro_f1",)) == (
        "Collect more rows of the rare classes."
    )


@pytest.mark.parametrize(
    ("blank", "repeated", "verdict"),
    [
        (0.009, 0.199, "pass"),
        (0.01, 0.0, "warn"),
        (0.199, 0.0, "warn"),
        (0.2, 0.0, "fail"),
        (0.0, 0.2, "warn"),
        (0.0, 0.499, "warn"),
        (0.0, 0.5, "fail"),
    ],
)
def test_blank_rows_and_one_input_again_and_again(blank, repeated, verdict):
    empty = np.arange(1000) < round(blank * 1000)
    found = constant.constant_input(
        {"train": repeating(repeated)}, {"train": np.zeros(1000, bool), "eval": empty}
    )
    assert found.verdict == verdict
    assert found.figures["blank"] == {"train": 0.0, "eval": pytest.approx(blank)}
    assert found.figures["repeated"] == pytest.approx(repeated)


def test_an_input_that_occurs_twice_is_repeated_and_one_that_occurs_once_is_not():
    nothing = {"train": np.zeros(9, bool)}
    for keys, repeated in (([1, 2, 3, 1, 4], 0.4), ([1, 2, 3, 4, 5], 0.0), ([1], 0.0)):
        found = constant.constant_input({"train": rows(keys)}, nothing)
        assert found.figures["repeated"] == repeated


@pytest.mark.parametrize(
    ("share", "verdict"), [(0.049, "pass"), (0.05, "warn"), (0.499, "warn"), (0.5, "fail")]
)
def test_rows_that_repeat_others(share, verdict):
    train = rows([0] * round(share * 1000) + list(range(1000 - round(share * 1000))))
    found = duplicates.exact_duplicates({"train": train, "eval": rows([1, 1, 1, 2])})
    assert found.verdict == verdict
    assert found.figures["repeated"] == pytest.approx({"train": share, "eval": 0.5})


@pytest.mark.parametrize(("share", "verdict"), [(0.09, "pass"), (0.1, "warn"), (0.9, "warn")])
def test_different_rows_that_are_nearly_the_same(share, verdict):
    alike = round(share * 100)
    groups = np.array([0] * alike + list(range(100 - alike)))
    found = duplicates.near_duplicates({"train": rows(range(100))}, {"train": groups})
    assert found.verdict == verdict
    assert found.figures["repeated"]["train"] == pytest.approx(share)
    # Repeated rows are not nearly the same, they are the same.
    same = duplicates.near_duplicates({"train": rows([1] * 9)}, {"train": np.zeros(9, int)})
    assert same.figures["repeated"]["train"] == 0.0


@pytest.mark.parametrize(
    ("exact", "near", "verdict"),
    [
        (10, 50, "pass"),
        (11, 11, "warn"),
        (0, 51, "warn"),
        (50, 200, "warn"),
        (51, 51, "fail"),
        (0, 201, "fail"),
    ],
)
def test_rows_that_are_among_the_training_rows(exact, near, verdict):
    train, other = rows(range(1000)), rows([*range(exact), *range(5000, 6000 - exact)])
    groups = {"train": np.arange(1000), "eval": np.arange(1000) + 1000 - near}
    splits = {"train": train, "eval": other, "test": rows([])}
    found = leakage.leakage(splits, splits, {**groups, "test": np.zeros(0, int)})
    assert found.verdict == verdict
    assert found.figures == {"exact": {"eval": exact / 1000}, "near": {"eval": near / 1000}}
    assert f"({exact} rows)" in found.evidence


@pytest.mark.parametrize("copied", ["eval", "test"])
@pytest.mark.parametrize(("exact", "near"), [(60, 60), (0, 210)])
def test_the_split_with_most_rows_of_train_decides(copied, exact, near):
    keys = {"train": range(1000), "eval": range(2000, 3000), "test": range(3000, 4000)}
    groups = {name: np.array(found) for name, found in keys.items()}
    keys[copied] = [*range(exact), *keys[copied][exact:]]
    groups[copied] = np.array([*range(near), *groups[copied][near:]])
    splits = {name: rows(found) for name, found in keys.items()}
    assert leakage.leakage(splits, splits, groups).verdict == "fail"


def test_without_rows_to_measure_on_none_are_among_the_training_rows():
    splits = {"train": rows(range(9)), "eval": rows([])}
    groups = {"train": np.arange(9), "eval": np.zeros(0, int)}
    found = leakage.leakage(splits, splits, groups)
    assert (found.verdict, found.figures) == ("pass", {"exact": {}, "near": {}})
    assert found.evidence.endswith("training rows: none.")


def shifted(distance, train=400, other=400, split="eval"):
    rng = np.random.default_rng(0)
    points = {"train": rng.normal(size=(train, 2)), split: rng.normal(size=(other, 2))}
    points[split][:, 0] += distance
    return shift.covariate_shift(points, 0)


@pytest.mark.parametrize(
    ("distance", "verdict"),
    [(0.0, "pass"), (0.4, "pass"), (0.8, "warn"), (1.7, "warn"), (2.1, "fail")],
)
def test_splits_that_a_classifier_tells_apart(distance, verdict):
    found = shifted(distance)
    assert found.verdict == verdict
    area = found.figures["auc"]["eval"]
    assert (area > 0.65) == (verdict != "pass")
    assert (area > 0.9) == (verdict == "fail")


@pytest.mark.parametrize(
    ("area", "verdict"), [(0.65, "pass"), (0.651, "warn"), (0.9, "warn"), (0.901, "fail")]
)
def test_the_area_of_many_rows_is_told_from_a_bound_on(area, verdict, monkeypatch):
    monkeypatch.setattr(shift, "_area", lambda *_: area)
    assert shifted(0.0).verdict == verdict


@pytest.mark.parametrize(
    ("area", "train", "other", "verdict"),
    [
        (0.869, 20, 20, "pass"),  # Four standard errors of 0.0924.
        (0.870, 20, 20, "warn"),
        (0.818, 40, 20, "pass"),  # Of 0.0797.
        (0.819, 20, 40, "warn"),
    ],
)
def test_of_few_rows_the_area_must_be_four_errors_above_chance(
    area, train, other, verdict, monkeypatch
):
    monkeypatch.setattr(shift, "_area", lambda *_: area)
    assert shifted(0.0, train=train, other=other).verdict == verdict


def test_a_shift_of_the_test_split_only_warns_and_few_rows_say_nothing():
    assert shifted(5.0, split="test").verdict == "warn"
    assert "best epoch" not in shifted(5.0, split="test").meaning
    assert shifted(5.0, train=20, other=20).verdict == "fail"
    few = shifted(5.0, other=19)
    assert (few.verdict, few.figures) == ("pass", {"auc": {}})
    assert shifted(5.0, train=19).figures == {"auc": {}}
    # An area of 0.7 or so among a few rows is chance: four standard errors are 0.37.
    uncertain = shifted(0.9, train=20, other=20)
    assert (uncertain.verdict, uncertain.figures["auc"]["eval"] > 0.65) == ("pass", True)


def test_the_classifier_of_splits_learns_from_four_fifths_at_a_time(monkeypatch):
    learned = []

    class Scores(RidgeClassifier):
        def fit(self, X, y):
            learned.append(len(y))
            return super().fit(X, y)

    monkeypatch.setattr(shift, "_dense_model", Scores)
    assert shifted(9.0, train=30, other=20).figures["auc"] == {"eval": 1.0}
    assert learned == [40] * 5


def sentences(number, seed=0):
    """Texts of different words and lengths without a fault."""
    rng = np.random.default_rng(seed)
    words = [first + second for first in "bdfgklmn" for second in ("ado", "ire", "onu", "ult")]
    sizes = rng.integers(20, 30, number)
    return [" ".join(rng.choice(words, size)).capitalize() + "." for size in sizes]


@pytest.mark.parametrize(
    ("shared", "share", "verdict"),
    [
        ("kindly reply before next monday", 0.82, "warn"),
        ("kindly reply before next monday", 0.78, "pass"),
        ("kindly reply before next", 1.0, "pass"),  # Four words.
        ("kindly reply before next monday or call us", 0.52, "warn"),
        ("kindly reply before next monday or call us", 0.48, "pass"),
        ("a b c d e", 1.0, "pass"),  # Of fewer than twelve letters.
        ("aa bb cc dd eeee", 1.0, "warn"),
    ],
)
def test_words_in_a_row_that_most_texts_share(shared, share, verdict):
    texts = sentences(100)
    texts = [f"{text} {shared}" if i < 100 * share else text for i, text in enumerate(texts)]
    found = boilerplate.boilerplate(texts)
    assert found.verdict == verdict
    if verdict == "warn":
        assert found.figures["texts"] == pytest.approx(share)
        assert found.figures["shared"] == shared
        assert found.figures["tokens"] == pytest.approx(share * len(shared.split()) / 31, rel=0.15)


def test_twenty_texts_are_needed_to_call_words_common():
    texts = [f"{text} kindly reply before next monday" for text in sentences(20)]
    assert boilerplate.boilerplate(texts).verdict == "warn"
    assert boilerplate.boilerplate(texts[:19]).verdict == "pass"


@pytest.mark.parametrize(("limit", "verdict"), [(10, "fail"), (11, "fail"), (12, "warn")])
def test_a_model_that_reads_nine_tenths_of_common_words_fails(limit, verdict):
    header = "kindly reply before next monday or call us at once"
    reader = Reader(lambda part: [text.split() for text in part], limit)
    found = boilerplate.boilerplate([f"{header} {text}" for text in sentences(40)], reader)
    assert found.figures["read"] == pytest.approx(10 / limit)
    assert found.verdict == verdict


def damaged(count, of, change):
    texts = sentences(of)
    return damage.text_damage({"train": [*map(change, texts[:count]), *texts[count:]]})


@pytest.mark.parametrize(
    ("count", "of", "verdict"),
    [(1, 20, "pass"), (2, 20, "pass"), (3, 20, "warn"), (19, 1000, "pass"), (20, 1000, "warn")],
)
def test_three_damaged_rows_and_a_share_of_all_are_worth_a_word(count, of, verdict):
    found = damaged(count, of, "<p>{}</p>".format)
    assert found.verdict == verdict
    assert found.figures["shares"]["HTML"]["train"] == pytest.approx(count / of)
    assert found.figures["examples"]["HTML"] == "<p>"


@pytest.mark.parametrize(("count", "verdict"), [(49, "warn"), (50, "fail")])
def test_half_of_the_texts_with_lost_characters_are_no_texts(count, verdict):
    assert damaged(count, 100, lambda text: text.replace("a", "\ufffd", 1) + "\ufffd").verdict == (
        verdict
    )
    assert damaged(count, 100, "<p>{}</p>".format).verdict == "warn"  # Words are still there.


def test_the_first_example_of_a_damage_is_shown():
    texts = ["<b>bold</b> it is", "<i>so</i> it is", "<u>and</u> on"] * 5
    assert damage.text_damage({"train": texts}).figures["examples"]["HTML"] == "<b>"


@pytest.mark.parametrize(
    ("shared", "is_near"),
    [(90, True), (89, True), (86, False)],  # Jaccard similarities of 0.81, 0.8, 0.75.
)
def test_texts_that_share_four_fifths_of_their_runs_are_nearly_the_same(shared, is_near):
    # No run of five characters occurs twice.
    rng = np.random.default_rng(3)
    letters = "".join(chr(0x4E00 + n) for n in rng.permutation(3000)[:300])
    first, second = letters[:104], letters[: shared + 4] + letters[104 : 204 - shared]
    overlap = shared / (200 - shared)
    assert (overlap >= near_duplicates.SAME_TEXT) == is_near
    groups = near_duplicates.group_texts([first, second])
    assert (groups[0] == groups[1]) == is_near


@pytest.mark.parametrize(("darker", "is_near"), [(15, True), (17, False)])
def test_images_that_differ_in_brightness_alone_are_the_same_up_to_a_limit(darker, is_near):
    rng = np.random.default_rng(1)
    one = np.kron(rng.integers(60, 200, (4, 4)), np.ones((8, 8), int)).astype(np.uint8)
    groups = near_duplicates.group_images(np.stack([one, one - np.uint8(darker)]))
    assert (groups[0] == groups[1]) == is_near


@pytest.mark.parametrize(("noise", "is_near"), [(0.13, True), (0.16, False)])
def test_images_that_differ_by_a_fiftieth_of_their_variance_are_the_same(noise, is_near):
    rng = np.random.default_rng(1)
    one, other = (np.kron(rng.normal(size=(8, 8)), np.ones((4, 4))) for _ in range(2))
    one, other = ((x - x.mean()) / x.std() for x in (one, other))
    pictures = np.stack([128 + 30 * one, 128 + 30 * (one + noise * other)])
    groups = near_duplicates.group_images(pictures.astype(np.float32))
    assert (groups[0] == groups[1]) == is_near
