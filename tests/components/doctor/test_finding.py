"""Tests of components/doctor/finding.py and stage.py."""

import math

import pytest

from components.doctor import finding, stage
from components.doctor.finding import Examination, Finding, NotApplicable

FINE = Finding("class_balance", "pass", "3 labels.", figures={"counts": {"train": {"a": 2}}})
DOUBT = Finding("truncation", "warn", "7 of 9 texts are cut.", "Ends are lost.", "Cut less.")
WRONG = Finding("leakage", "fail", "5 rows are in both.", "Figures are untrue.", "Remove them.")


def test_the_worst_of_some_findings_counts():
    assert finding.worst([FINE, WRONG, DOUBT]) == "fail"
    assert finding.worst([FINE, DOUBT]) == "warn"
    assert finding.worst([]) == "pass"


def test_findings_as_bad_as_asked_for_come_the_worst_first():
    assert finding.at_least([FINE, DOUBT, WRONG], "warn") == [WRONG, DOUBT]
    assert finding.at_least([FINE, DOUBT, WRONG], "fail") == [WRONG]


def test_what_is_written_is_read_back():
    examined = Examination([FINE, WRONG], [NotApplicable("image_sizes", "no column is an image")])
    text = finding.to_json(examined)
    assert finding.from_json(text) == examined
    assert '"verdict": "fail"' in text


def test_a_number_that_json_lacks_is_refused():
    odd = Finding("initial_loss", "pass", "It is nan.", figures={"loss": math.nan})
    with pytest.raises(ValueError, match="not JSON compliant"):
        finding.to_json(Examination([odd], []))


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        (("x", "bad", "seen"), r"Check 'x': unknown verdict 'bad'\. Known: \('pass', 'warn'"),
        (("x", "pass", ""), "Check 'x' gives no evidence for 'pass'"),
        (("x", "warn", "seen"), "Check 'x' says 'warn': it needs a meaning and a fix"),
        (("x", "fail", "seen", "so"), "Check 'x' says 'fail': it needs a meaning and a fix"),
    ],
)
def test_a_finding_that_nobody_could_act_on_is_refused(fields, message):
    with pytest.raises(ValueError, match=message):
        Finding(*fields)


def test_the_gate_stops_with_evidence_and_what_to_do(tmp_path):
    with pytest.raises(ValueError, match="2 checks at `warn` or worse") as caught:
        stage.refuse([FINE, DOUBT, WRONG], "warn", tmp_path)
    told = str(caught.value)
    assert told.index("leakage (fail): 5 rows") < told.index("truncation (warn): 7 of 9")
    assert "To do: Remove them." in told
    assert "doctor: {stop_on: never}" in told


def test_the_gate_lets_pass_what_is_less_bad_and_nothing_else(tmp_path):
    stopped = []
    for findings in ([FINE], [FINE, DOUBT], [FINE, WRONG]):
        for stop_on in ("warn", "fail"):
            try:
                stage.refuse(findings, stop_on, tmp_path)
            except ValueError:
                stopped.append((findings[-1].verdict, stop_on))
    assert stopped == [("warn", "warn"), ("fail", "warn"), ("fail", "fail")]


def test_a_remark_names_what_is_wrong():
    assert stage.remark([FINE, DOUBT, WRONG]) == "failed: leakage; warns: truncation"
    assert stage.remark([FINE, FINE]) == "2 checks passed"
    assert stage.remark([FINE]) == "1 check passed"


def test_a_report_is_read_back_and_drawn_where_there_is_something_to_draw(tmp_path):
    examined = Examination([FINE, WRONG], [])
    stage.write(tmp_path, examined)
    assert stage.read(tmp_path) == examined
