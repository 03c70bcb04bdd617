"""Tests of serving/export/originals.py with a fake model, and of what the probe makes of it."""

import base64
import json
import types

import click.testing
import numpy as np
import pytest

from serving import errors, probe
from serving.execution import saved_model
from serving.export import originals, reference


class Reader:
    """Answers with the length of the bytes, if they begin with a letter that it knows."""

    signatures = {"serving_default": types.SimpleNamespace(inputs={"image_bytes": None})}

    def __init__(self, known=b"JP", code="INVALID_ARGUMENT"):
        self.known, self.code = known, code

    def predict(self, signature, inputs):
        assert signature == "serving_default"
        (content,) = inputs["image_bytes"]
        if content[0] not in self.known:
            raise errors.ServingError(self.code, "expected a JPEG or PNG")
        return {"length": np.array([len(content)])}


def compare(want, got):
    return [] if want["length"] == got["length"] else [f"{want['length']} is not {got['length']}"]


def listing(path, *entries):
    lines = [
        {
            "format": kind,
            "is_converted": original != prepared,
            "original": base64.b64encode(original).decode(),
            "prepared": base64.b64encode(prepared).decode(),
        }
        for kind, original, prepared in entries
    ]
    path.write_text("".join(json.dumps(line) + "\n" for line in lines))
    return path


def test_what_is_read_as_it_is_and_what_is_refused_is_told(tmp_path):
    path = listing(tmp_path / "o", ("JPEG", b"J", b"J"), ("GIF", b"G", b"P"), ("BMP", b"B", b"P"))
    outcomes, problems = originals.ask(Reader(), path, compare)
    assert outcomes == {
        "JPEG": "answered",
        "GIF, converted": "refused",
        "BMP, converted": "refused",
    }
    assert problems == []
    (remark,) = originals.remark(outcomes)
    assert remark.startswith("A server refuses files of the data as they are: BMP, GIF. `maru pre")
    assert originals.remark({"JPEG": "answered"}) == []


def test_a_converted_file_that_is_read_as_something_else_is_a_problem(tmp_path):
    path = listing(tmp_path / "o", ("GIF", b"Gif", b"P"))
    outcomes, problems = originals.ask(Reader(b"GP"), path, compare)
    assert outcomes == {"GIF, converted": "answered"}
    assert problems == ["A GIF file is not what training saw: [1] is not [3]"]
    path = listing(tmp_path / "o", ("GIF", b"G", b"P"))
    assert originals.ask(Reader(b"GP"), path, compare)[1] == []


@pytest.mark.parametrize(
    ("entry", "code"),
    [(("PNG", b"X", b"X"), "INVALID_ARGUMENT"), (("GIF", b"G", b"P"), "INTERNAL")],
)
def test_a_kept_file_that_is_refused_or_any_other_error_is_a_problem(tmp_path, entry, code):
    path = listing(tmp_path / "o", entry)
    (problem,) = originals.ask(Reader(code=code), path, compare)[1]
    assert problem == f"A {entry[0]} file of the data is not answered: expected a JPEG or PNG"


@pytest.mark.parametrize(("original", "code"), [(b"a text", 0), (b"other", 1)])
def test_the_probe_asks_a_real_export_about_files(tmp_path, exported, monkeypatch, original, code):
    monkeypatch.setattr(probe, "_CALLS", 1)
    predictor = saved_model.SavedModelPredictor(exported)
    expected = {}
    for name in ("serving_default", "embed", "add"):
        inputs = {alias: np.ones((2, 2), "float32") for alias in predictor.signatures[name].inputs}
        if "text" in inputs:
            inputs = {"text": np.array([b"a text", b"more"], object)}
        outputs = predictor.predict(name, inputs)
        expected[name] = {"inputs": inputs, "outputs": outputs}
    predictor.close()
    reference.save(tmp_path / "r.npz", expected)
    files = listing(tmp_path / "o", ("TXT", original, b"a text"))
    arguments = [str(exported), str(tmp_path / "r.npz"), str(tmp_path / "report"), "--originals"]
    result = click.testing.CliRunner().invoke(probe.main, [*arguments, str(files)])
    report = json.loads((tmp_path / "report").read_text())
    assert (result.exit_code, report["problems"] != []) == (code, bool(code))
    assert list(report["formats"].values()) == ["answered"]
