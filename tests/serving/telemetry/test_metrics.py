"""Tests of serving/telemetry/metrics.py and serving/telemetry/metric_table.py."""

import threading

import pytest

from serving.telemetry import metrics
from serving.telemetry.metric_table import METRICS, Metric

COUNT = "/tensorflow/serving/request_count"
LATENCY = "/tensorflow/serving/request_latency"


def page_of(figures):
    return figures.to_prometheus().decode().splitlines()


def test_a_counter_is_shown_as_tensorflow_serving_shows_it():
    figures = metrics.Metrics()
    figures.increment(COUNT, model_name="m", status="OK")
    figures.increment(COUNT, 2, status="OK", model_name="m")
    figures.increment(COUNT, model_name="a", status="NOT_FOUND")
    page = page_of(figures)
    start = page.index("# TYPE :tensorflow:serving:request_count counter")
    assert page[start + 1 : start + 3] == [
        ':tensorflow:serving:request_count{model_name="a",status="NOT_FOUND"} 1',
        ':tensorflow:serving:request_count{model_name="m",status="OK"} 3',
    ]


def test_a_histogram_shows_how_many_values_are_below_each_bound():
    figures = metrics.Metrics([Metric("/test/h", "histogram", ("status",), "Help.", (1, 2, 4))])
    for value in (0.5, 2, 20, 200):
        figures.observe("/test/h", value, status="good")
    assert page_of(figures) == [
        "# HELP :test:h Help.",
        "# TYPE :test:h histogram",
        ':test:h_bucket{status="good",le="1"} 1',
        ':test:h_bucket{status="good",le="2"} 1',
        ':test:h_bucket{status="good",le="4"} 2',
        ':test:h_bucket{status="good",le="+Inf"} 4',
        ':test:h_sum{status="good"} 222.5',
        ':test:h_count{status="good"} 4',
    ]


def test_a_metric_without_labels_keeps_its_braces():
    name = "/tensorflow/serving/batching_session"
    figures = metrics.Metrics()
    figures.increment(f"{name}/wrapped_run_count")
    figures.observe(f"{name}/input_batch_size", 3)
    page = page_of(figures)
    assert ":tensorflow:serving:batching_session:wrapped_run_count{} 1" in page
    assert ':tensorflow:serving:batching_session:input_batch_size_bucket{le="4"} 1' in page
    assert ":tensorflow:serving:batching_session:input_batch_size_sum{} 3" in page


def test_latencies_have_33_bounds_from_10_microseconds_to_20_minutes():
    figures = metrics.Metrics()
    figures.observe(LATENCY, 100.0, model_name="m", API="predict", entrypoint="REST")
    limits = [
        line.partition('le="')[2].partition('"')[0]
        for line in page_of(figures)
        if line.startswith(":tensorflow:serving:request_latency_bucket{")
    ]
    assert limits[:5] == ["10", "18", "32.4", "58.32", "104.976"]
    assert limits[-2:] == ["1.47476e+09", "+Inf"]
    assert len(limits) == 34


def test_sums_keep_all_their_digits():
    figures = metrics.Metrics([Metric("/test/h", "histogram", (), "Help.", (1,))])
    figures.observe("/test/h", 123456789.25)
    assert ":test:h_sum{} 123456789.25" in page_of(figures)


def test_label_values_are_escaped_and_names_made_valid():
    figures = metrics.Metrics([Metric("0/path-a", "counter", ("my-name+1", "2"), "Help.")])
    figures.increment("0/path-a", **{"my-name+1": '"abc\\"\n', "2": "ü"})
    assert page_of(figures)[2] == '_0:path:a{my_name_1="\\"abc\\\\\\"\\n",_2="ü"} 1'


def test_the_page_is_in_the_order_of_the_names_and_ends_with_a_line_break():
    page = metrics.Metrics().to_prometheus().decode()
    types = [line.split()[2] for line in page.splitlines() if line.startswith("# TYPE")]
    assert types == sorted(types)
    assert len(types) == len(METRICS)
    assert page.endswith("\n")


def test_the_value_of_a_counter_is_the_sum_over_its_labels():
    figures = metrics.Metrics()
    assert figures.value(COUNT) == 0
    figures.increment(COUNT, 2, model_name="m", status="OK")
    figures.increment(COUNT, 3, model_name="n", status="OK")
    assert figures.value(COUNT) == 5
    assert figures.value(LATENCY) is None
    assert figures.value("/no/such") is None


def test_a_gauge_that_is_replaced_forgets_what_it_showed():
    figures = metrics.Metrics([Metric("/g", "gauge", ("x",), "Help.")])
    figures.replace("/g", {("a",): 1, ("b",): 2.5})
    figures.replace("/g", {("b",): 3})
    assert page_of(figures)[2:] == [':g{x="b"} 3']


@pytest.mark.parametrize(
    "labels", [{}, {"model_name": "m"}, {"model_name": "m", "status": "OK", "x": ""}, {"a": "b"}]
)
def test_wrong_labels_are_refused(labels):
    with pytest.raises(
        ValueError, match=r"request_count has the labels \['model_name', 'status'\]"
    ):
        metrics.Metrics().increment(COUNT, **labels)


def test_an_unknown_metric_is_refused_with_the_known_ones():
    with pytest.raises(ValueError, match=r"no metric '/no/such'. Known: .*request_count"):
        metrics.Metrics().observe("/no/such", 1)


def test_names_that_clients_invent_do_not_fill_the_memory(monkeypatch):
    monkeypatch.setattr(metrics, "_MOST_CELLS", 2)
    figures = metrics.Metrics()
    for name in ("a", "b", "c", "d", "a"):
        figures.increment(COUNT, model_name=name, status="NOT_FOUND")
    page = page_of(figures)
    assert ':tensorflow:serving:request_count{model_name="(other)",status="(other)"} 2' in page
    assert ':tensorflow:serving:request_count{model_name="a",status="NOT_FOUND"} 2' in page
    assert figures.value(COUNT) == 5


def test_threads_lose_no_count():
    figures = metrics.Metrics()

    def work():
        for _ in range(2000):
            figures.increment(COUNT, model_name="m", status="OK")
            figures.observe(LATENCY, 7, model_name="m", API="predict", entrypoint="REST")

    threads = [threading.Thread(target=work) for _ in range(5)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert figures.value(COUNT) == 10_000
    labels = 'model_name="m",API="predict",entrypoint="REST"'
    assert f":tensorflow:serving:request_latency_count{{{labels}}} 10000" in page_of(figures)
