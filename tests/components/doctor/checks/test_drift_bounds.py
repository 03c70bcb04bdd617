"""Tests of the bounds of components/doctor/checks/drift.py, its numbers against slow ones."""

import numpy as np
import pytest
from scipy import stats

from components.doctor import setting
from components.doctor.checks import drift
from components.doctor.image import pictures

LABELS = {"train": ["a"], "eval": ["a"]}


def compare(train, other, features=1):
    """Drift of some features, all but the first equal in both splits."""
    same = {f"same {number}": np.arange(len(train)) for number in range(1, features)}
    others = {name: np.resize(values, len(other)) for name, values in same.items()}
    splits = {
        "train": {"size": np.array(train), **same},
        "eval": {"size": np.array(other), **others},
    }
    return drift.drift(splits, LABELS, None, 0)


def test_a_distance_is_told_from_a_fifth_on():
    rows = np.arange(2_000)
    assert compare(rows, rows + 399).verdict == "pass"
    finding = compare(rows, rows + 401)
    assert finding.verdict == "warn"
    assert finding.figures["features"]["eval"]["size"]["ks"] == pytest.approx(0.2005)


def test_the_largest_distance_is_told_where_none_is_large():
    rows = np.arange(2_000)
    evidence = compare(rows, rows + 300, features=3).evidence
    assert evidence.endswith("(largest Kolmogorov-Smirnov distance 0.15).")


def test_a_probability_is_shared_by_all_features():
    train, other = np.arange(60.0), np.arange(60.0) + 22
    p = stats.ks_2samp(train, other, method="exact").pvalue
    assert 1e-3 / 3 < p < 1e-3
    assert compare(train, other).verdict == "warn"
    assert compare(train, other, features=3).verdict == "pass"


def test_a_probability_of_a_thousandth_is_not_sure():
    train, other = np.arange(60.0), np.arange(60.0) + 21
    assert 1e-3 < stats.ks_2samp(train, other, method="exact").pvalue < 2e-3
    assert compare(train, other).verdict == "pass"


@pytest.mark.parametrize(
    ("rows", "others", "method", "not_by"),
    [(99, 101, "exact", "asymp"), (100, 100, "asymp", "exact")],
)
def test_few_rows_are_compared_exactly(rows, others, method, not_by):
    train, other = np.arange(rows) * 1.0, np.arange(others) + 9.5
    found = compare(train, other).figures["features"]["eval"]["size"]["p"]
    assert found == stats.ks_2samp(train, other, method=method).pvalue
    assert found != stats.ks_2samp(train, other, method=not_by).pvalue


def labelled(train, other):
    features = {"train": {"size": np.ones(3)}, "eval": {"size": np.ones(3)}}
    return drift.drift(features, {"train": train, "eval": other}, None, 0)


def test_labels_are_told_from_fifteen_hundredths_on():
    train = ["a"] * 1_000 + ["b"] * 1_000
    assert labelled(train, ["a"] * 1_298 + ["b"] * 702).verdict == "pass"
    finding = labelled(train, ["a"] * 1_302 + ["b"] * 698)
    assert finding.verdict == "warn"
    assert finding.figures["labels"]["eval"]["distance"] == pytest.approx(0.151)


def test_labels_must_differ_surely():
    train = ["a"] * 100 + ["b"] * 100
    found = {rows: labelled(train, ["a"] * rows * 3 + ["b"] * rows) for rows in (14, 17)}
    p = {rows: finding.figures["labels"]["eval"]["p"] for rows, finding in found.items()}
    assert 5e-4 < p[17] < 1e-3 < p[14] < 2e-3
    assert (found[17].verdict, found[14].verdict) == ("warn", "pass")


def test_a_label_that_train_lacks_is_counted():
    finding = labelled(["a"] * 50, ["b"] * 50)
    assert finding.figures["labels"]["eval"]["distance"] == 1
    assert "labels of eval (100% of them)" in finding.evidence


def test_one_label_alone_does_not_differ():
    assert labelled(["a"] * 5, ["a"] * 9).figures["labels"]["eval"] == {"distance": 0, "p": 1}


def test_two_labels_are_compared_by_a_chi_squared_test():
    found = labelled(["a"] * 30 + ["b"] * 20, ["a"] * 5 + ["b"] * 12).figures["labels"]["eval"]
    assert found["p"] == stats.chi2_contingency([[30, 20], [5, 12]]).pvalue < 0.1


def test_the_fix_is_that_of_the_split_that_is_named_first():
    features = {"train": {"size": np.arange(300)}}
    features |= {"eval": {"size": np.arange(300) + 200}, "test": {"size": np.arange(300) + 200}}
    labels = dict.fromkeys(features, ["a"])
    given = setting.Setting(named_splits=("test",))
    fix = drift.drift(features, labels, None, 0, given).fix
    assert fix.startswith("Set `data.split.stratify: true`")
    assert drift.drift(
        {name: features[name] for name in ("train", "test", "eval")}, labels, None, 0, given
    ).fix.startswith("Put all rows into files or folders that name no split")


def found_apart(monkeypatch, **by_kind):
    """The verdict on splits whose features, labels or embeddings are so far apart."""
    nothing = {"features": {"size": {"ks": 0.0, "p": 1.0}}, "labels": {"distance": 0.0, "p": 1.0}}
    for kind, found in {**nothing, "embeddings": {"mmd2": 0.0, "p": 1.0}, **by_kind}.items():
        monkeypatch.setattr(drift, f"_compare_{kind}", lambda *_, found=found: found)
    splits = {"train": {"size": np.ones(3)}, "eval": {"size": np.ones(3)}}
    return drift.drift(splits, LABELS, {"train": NEAR, "eval": FAR}, 0).verdict


@pytest.mark.parametrize(
    ("distance", "p", "verdict"),
    [(0.2, 0.0, "pass"), (0.201, 0.0, "warn"), (0.5, 0.0005, "pass"), (0.5, 0.00049, "warn")],
)
def test_one_of_two_features_must_be_far_apart_and_surely(distance, p, verdict, monkeypatch):
    features = {"size": {"ks": 0.0, "p": 1.0}, "words": {"ks": distance, "p": p}}
    assert found_apart(monkeypatch, features=features) == verdict


@pytest.mark.parametrize(
    ("distance", "p", "verdict"),
    [(0.15, 0.0, "pass"), (0.151, 0.0, "warn"), (0.5, 0.001, "pass"), (0.5, 0.00099, "warn")],
)
def test_labels_must_be_far_apart_and_surely(distance, p, verdict, monkeypatch):
    assert found_apart(monkeypatch, labels={"distance": distance, "p": p}) == verdict


@pytest.mark.parametrize(("p", "verdict"), [(0.005, "pass"), (0.0049, "warn")])
def test_embeddings_must_be_surely_apart(p, verdict, monkeypatch):
    assert found_apart(monkeypatch, embeddings={"mmd2": 0.1, "p": p}) == verdict


def embedded(train, other, seed=0):
    features = {"train": {"size": np.ones(3)}, "eval": {"size": np.ones(3)}}
    return drift.drift(features, LABELS, {"train": train, "eval": other}, seed)


DRAW = np.random.default_rng(5)
NEAR, FAR = DRAW.normal(size=(30, 3)), DRAW.normal(3, 1, size=(20, 3))


@pytest.mark.parametrize(("orders", "verdict"), [(249, "warn"), (199, "pass")])
def test_embeddings_are_told_where_fewer_than_one_order_in_two_hundred_is_as_far(
    orders, verdict, monkeypatch
):
    monkeypatch.setattr(drift, "_PERMUTATIONS", orders)
    finding = embedded(NEAR, FAR)
    assert finding.figures["embeddings"]["eval"]["p"] == 1 / (orders + 1)
    assert finding.verdict == verdict


def test_the_discrepancy_is_that_of_the_kernel():
    points = np.concatenate([NEAR, FAR])
    squares = ((points[:, None] - points) ** 2).sum(2)
    kernel = np.exp(-squares / np.median(squares[squares > 0]))
    expected = kernel[:30, :30].mean() + kernel[30:, 30:].mean() - 2 * kernel[:30, 30:].mean()
    found = embedded(NEAR, FAR).figures["embeddings"]["eval"]
    # The median takes in some distances from points to themselves that are not quite zero.
    assert found["mmd2"] == pytest.approx(expected, rel=0.005)
    assert found["p"] == 1 / 500  # Of that many orders it is the farthest.


def test_equal_embeddings_do_not_differ():
    for points in (NEAR, np.ones((4, 2))):
        found = embedded(points, points).figures["embeddings"]["eval"]
        assert found["mmd2"] == pytest.approx(0, abs=1e-9)
        assert found["p"] == 1


def test_distances_of_nothing_are_no_part_of_the_width():
    # Whole numbers, so that a point is exactly zero from itself and from its copies.
    points = np.repeat(np.array([[0.0, 0.0], [3.0, 0.0], [0.0, 4.0]]), [6, 2, 3], axis=0)
    train, other = points[::2], points[1::2]
    squares = ((points[:, None] - points) ** 2).sum(2)
    width = np.median(squares[squares > 0])
    assert width != np.median(squares) and width != 1
    kernels = [
        np.exp(-((one[:, None] - two) ** 2).sum(2) / width).mean()
        for one, two in ((train, train), (other, other), (train, other))
    ]
    found = embedded(train, other).figures["embeddings"]["eval"]["mmd2"]
    assert found == pytest.approx(kernels[0] + kernels[1] - 2 * kernels[2], rel=1e-12)


def test_the_discrepancy_has_no_unit():
    # The width that is measured makes up for it, however small all distances are.
    found = [
        embedded(NEAR * unit, FAR * unit).figures["embeddings"]["eval"] for unit in (1, 2**-10)
    ]
    assert found[0]["mmd2"] == pytest.approx(found[1]["mmd2"], rel=1e-12)


def test_rows_beyond_the_first_five_hundred_are_not_compared():
    rows = DRAW.normal(size=(500, 2))
    longer = np.concatenate([rows, rows[:50] + 90])
    few, many = embedded(rows, rows[:40]), embedded(longer, rows[:40])
    assert few.figures["embeddings"] == many.figures["embeddings"]


def test_embeddings_that_are_no_numbers_are_compared_as_zeros():
    gone = np.where(np.arange(30)[:, None] < 3, np.nan, NEAR)
    finding = embedded(gone, np.where(np.isnan(gone), np.inf, gone))
    assert finding.figures["embeddings"]["eval"]["mmd2"] == pytest.approx(0, abs=1e-9)


def test_features_of_images_are_means_over_their_pixels():
    rng = np.random.default_rng(2)
    grey = rng.integers(0, 255, (2, 32, 32)).astype(np.uint8)
    color = rng.integers(0, 255, (2, 8, 8, 3)).astype(np.uint8)
    sizes = np.array([[7, 5], [3, 9]])
    seen = drift.image_features(pictures.Pictures(sizes, ["colour"] * 2, grey, color, np.ones(2)))
    slow, tints = grey.astype(float), color.astype(float)
    across = [np.mean([abs(a - b) for a, b in zip(p.T, p.T[1:], strict=False)]) for p in slow]
    down = [np.mean([abs(a - b) for a, b in zip(p, p[1:], strict=False)]) for p in slow]
    expected = {
        "width": [7, 3],
        "height": [5, 9],
        "brightness": [p.mean() for p in slow],
        "contrast": [p.std() for p in slow],
        "edges": np.add(across, down),
        "saturation": [np.mean([max(q) - min(q) for q in t.reshape(-1, 3)]) for t in tints],
        "red": [t[..., 0].mean() for t in tints],
        "green": [t[..., 1].mean() for t in tints],
        "blue": [t[..., 2].mean() for t in tints],
    }
    assert list(seen) == list(expected)
    for name, values in expected.items():
        np.testing.assert_allclose(seen[name], values, rtol=1e-5)


def test_features_of_texts_are_shares_of_what_is_visible():
    names = ("characters", "words", "word_length", "upper_case", "digits", "signs", "non_ascii")
    seen = drift.text_features(["ABc d1 é~\x7f\x80", "!", " \n"])
    assert list(seen) == list(names)
    first = [seen[name][0] for name in names]
    assert first == [11, 3, 2, 2 / 9, 1 / 9, pytest.approx(3 / 9), 2 / 9]
    assert [seen[name][1] for name in names] == [1, 0, 0, 0, 0, 1, 0]
    one_word = drift.text_features(["Seven77", "É"])
    assert [one_word[name][0] for name in ("words", "word_length")] == [1, 7]
    assert [one_word[name][1] for name in names] == [1, 1, 1, 1, 0, 0, 1]
    # Of nothing, nothing is a letter, either.
    assert [seen[name][2] for name in names] == [2, 0, 0, 0, 0, 1, 0]
