"""Tests of pipeline/prompting/config.py and templates.py: what the YAML may say."""

import pytest

from pipeline.config import problems
from pipeline.prompting import config, templates


def test_a_template_by_name_has_its_defaults(measured):
    assert measured().prompt.template == templates.Direct()
    assert measured("prompt.template=direct").prompt.template == templates.Direct()
    assert measured("prompt.answered_by=generation").prompt.answered_by == config.Generation()


def test_what_is_written_is_read_back(measured, tmp_path):
    found = measured("prompt.shots=[0, 3]", "prompt.template={kind: chain_of_thought, reason: why}")
    again = tmp_path / "again.yaml"
    again.write_text(config.to_yaml(found), encoding="utf-8")
    assert config.load(again) == found


@pytest.mark.parametrize(
    ("setting", "told"),
    [
        ("prompt.shotz=[1]", r"prompt\.shotz: unknown key\. Did you mean 'shots'\?"),
        ("prompt.shots=[1, 1]", r"`shots` are each given once\. Received: \[1, 1\]"),
        ("prompt.shots=[-1]", r"prompt\.shots\[0\]: must be at least 0\. Received: -1"),
        ("prompt.select=nearest", r"prompt\.select: expected .*'similar'.*received 'nearest'"),
        ("prompt.template=direkt", r"Unknown template 'direkt'.*Did you mean 'direct'"),
        ("prompt.template={kind: chain_of_thought}", r"template\.reason: missing"),
        ("prompt.template=zero_shot_chain_of_thought", r"`shots` must be \[0\]\. Received: \[0, 1"),
        (
            "prompt.template={kind: direct, format: '{question} {anser}'}",
            r"unknown field \{anser\}\. Did you mean 'answer'.*Received: '\{question\} \{anser\}'",
        ),
        (
            "prompt.template={kind: direct, format: '{answer} {question}'}",
            r"\{question\}, \{answer\}, each once and in this order",
        ),
        ("prompt.template={kind: direct, format: '{question'}", r"braces that do not fit"),
        (
            "prompt.template={kind: chain_of_thought, reason: a, "
            "format: '{question} {reason} {answer}'}",
            r"words between \{reason\} and \{answer\}",
        ),
        (
            "prompt.answered_by={kind: generation, extract: '('}",
            r"must be a regular expression.*Received: '\('",
        ),
        ("prompt.answered_by={kind: likelihood, answers: [a]}", r"at least two.*Received: 'a'"),
        ("model={kind: endpoint, url: here, name: x, length: 9}", r"is where the API is"),
        ("model={kind: endpoint, url: 'http://here/v1', name: x}", r"model\.length: missing"),
        ("data.source.path=nowhere", r"data\.source\.path: .*nowhere"),
    ],
)
def test_what_is_wrong_is_told_by_its_path(measured, setting, told):
    with pytest.raises(problems.ConfigError, match=f"(?s){told}"):
        measured(setting)


def test_all_problems_are_told_at_once(measured):
    with pytest.raises(problems.ConfigError, match="3 problems") as error:
        measured("prompt.draws=0", "model.nam=x", "data.source.path=nowhere")
    assert [told.split(":")[0] for told in error.value.problems] == [
        "data.source.path",
        "model.nam",
        "prompt.draws",
    ]


def test_a_brace_of_its_own_is_written_twice():
    pattern = templates.take_apart("{{{question}}} = {answer}.", ("question", "answer"))
    assert pattern.filled({"question": "q", "answer": "a"}) == "{q} = a."
    assert (pattern.filled({"question": "q"}, end="answer"), pattern.gap("answer")) == (
        "{q} =",
        " ",
    )


def test_the_schema_describes_every_field():
    schema = config.json_schema()
    lacking = [
        f"{part['title']}.{name}"
        for part in [*schema["$defs"].values(), schema]
        for name, field in part["properties"].items()
        if not field.get("description") and "$ref" not in field
    ]
    assert lacking == []
    assert {"PromptConfig", "Direct", "Likelihood", "EndpointModel"} <= set(schema["$defs"])
