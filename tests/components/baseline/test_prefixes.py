"""Simple models of several tasks in one table."""

from components.baseline import prefixes


def alike(rows, targets, queries):
    """Every target, with each text that is asked."""
    return [(sorted(targets), query[0]) for query in queries]


def test_each_prefix_is_answered_by_the_rows_that_have_it():
    rows = [(b"a", b"one"), (b"b", b"two"), (b"c", b"one")]
    queries = [(b"x", b"two"), (b"y", b"one"), (b"z", b"two"), (b"w", b"never seen")]
    assert prefixes.apart(alike)(rows, ["A", "B", "C"], queries) == [
        (["B"], b"x"),
        (["A", "C"], b"y"),
        (["B"], b"z"),
        (["A", "B", "C"], b"w"),
    ]


def test_without_prefixes_all_rows_teach_all():
    found = prefixes.apart(alike)([(b"a",), (b"b",)], ["A", "B"], [(b"x",), (b"y",)])
    assert found == [(["A", "B"], b"x"), (["A", "B"], b"y")]
