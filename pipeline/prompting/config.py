"""What the YAML of `maru prompt` may say: which questions, which model, which prompts."""

from __future__ import annotations

import dataclasses
import json
import pathlib
import re
from collections.abc import Sequence
from typing import Annotated, Any, Literal

import pydantic
import yaml
from annotated_types import Ge, MinLen

from components.bounds import Count, WholeNumber
from components.ingest.config import DataConfig, Feature
from models.bounds import NotEmpty
from models.choices import ByName
from pipeline.config import loading, named_files, problems, relative_paths, salvage, sections
from pipeline.prompting.templates import TEMPLATES, Template

_URL = r"^https?://\S+$"
_URL_WANTED = "is where the API is, as in http://localhost:8501/v1"
_Length = Annotated[int, Ge(2)]


@dataclasses.dataclass(frozen=True)
class PushedModel:
    """A language model that `maru run` pushed, of the task `language_modeling`."""

    name: NotEmpty
    """Of the model, in the workspace."""
    kind: Literal["pushed"] = "pushed"
    """Always `pushed`."""


@dataclasses.dataclass(frozen=True)
class PresetModel:
    """A causal language model that KerasHub reads."""

    preset: NotEmpty
    """A name that KerasHub publishes, a handle such as `hf://organisation/model`, or a folder,
    relative to the YAML, such as `assets.extra/preset` of a pushed `gpt`."""
    kind: Literal["preset"] = "preset"
    """Always `preset`."""
    length: _Length | None = None
    """Tokens that are read at once, those of the answer and a sign before them included; left out:
    as many as the preset says that it has places for."""


@dataclasses.dataclass(frozen=True)
class EndpointModel:
    """A model behind OpenAI's `/completions`, which tells logarithms of its prompts (`echo`)."""

    url: Annotated[str, pydantic.StringConstraints(pattern=_URL), _URL_WANTED]
    """Where the API is, as in `http://localhost:8501/v1`."""
    name: NotEmpty
    """Of the model, as the endpoint calls it."""
    length: _Length
    """Tokens of prompt and answer that the model reads at once, which no endpoint tells; of a
    model of `maru serve` one less than its `model.sequence_length`."""
    kind: Literal["endpoint"] = "endpoint"
    """Always `endpoint`."""


Model = Annotated[PushedModel | PresetModel | EndpointModel, pydantic.Field(discriminator="kind")]


@dataclasses.dataclass(frozen=True)
class Likelihood:
    """The answer that is likeliest after the prompt, of a few; ties count as wrong."""

    kind: Literal["likelihood"] = "likelihood"
    """Always `likelihood`."""
    per_byte: bool = False
    """Whether the logarithm of a probability is divided by the bytes of the answer, so that long
    ones are not at a disadvantage (`acc_norm` of lm-evaluation-harness divides by characters)."""
    answers: tuple[NotEmpty, ...] = ()
    """What may be answered, at least two; left out: every answer that the data has."""

    def __post_init__(self) -> None:
        if len(self.answers) == 1 or len(set(self.answers)) < len(self.answers):
            raise ValueError(
                "`answers` must be at least two, each once. "
                f"Received: {', '.join(map(repr, self.answers))}"
            )


def _check_pattern(pattern: str) -> str:
    """Refuse what is no pattern."""
    try:
        re.compile(pattern)
    except re.error as error:
        raise ValueError(
            f"must be a regular expression of Python, but {error}. Received: {pattern!r}"
        ) from error
    return pattern


@dataclasses.dataclass(frozen=True)
class Generation:
    """What the model writes, always the likeliest next piece, and the answer in it."""

    kind: Literal["generation"] = "generation"
    """Always `generation`."""
    longest: Count = 32
    """Pieces that are written at most."""
    stop: tuple[NotEmpty, ...] = ("\n",)
    """What ends the text; the first of them that is written is left out, with all behind it."""
    extract: Annotated[str, pydantic.AfterValidator(_check_pattern)] | None = None
    """Regular expression of the answer, or of what is around its first group; left out: all of the
    text or, of a chain of thought, what stands where the template has the answer."""
    match: Literal["first", "last"] = "first"
    """Which match of `extract` is the answer."""


AnsweredBy = Annotated[
    Likelihood | Generation,
    pydantic.Discriminator("kind"),
    ByName("way to answer", ("likelihood", "generation")),
]


@dataclasses.dataclass(frozen=True)
class PromptConfig:
    """How a question becomes a prompt, and a prompt an answer."""

    question: NotEmpty
    """Column with the questions."""
    answer: NotEmpty
    """Column with the right answers."""
    template: Annotated[
        Template, pydantic.Discriminator("kind"), ByName("template", tuple(TEMPLATES))
    ] = dataclasses.field(default_factory=TEMPLATES["direct"])
    """How question and answer stand in a text: a name, or a mapping of `kind` and its fields."""
    instruction: str = ""
    """What stands before all examples, its line breaks included."""
    select: Literal["random", "balanced", "similar"] = "random"
    """Which rows of the train split are the examples: drawn; drawn so that numbers of answers
    differ by at most one; or those most similar to the question, the most similar next to it."""
    answered_by: AnsweredBy = dataclasses.field(default_factory=Likelihood)
    """How the answer is found: a name, or a mapping of `kind` and its fields."""
    shots: Annotated[tuple[WholeNumber, ...], MinLen(1)] = (0, 1, 4, 16)
    """Numbers of examples, each measured by itself."""
    draws: Count = 10
    """How often examples are drawn, by the seeds from 0; 0 shots and `similar` need one."""
    most_questions: Count | None = None
    """Questions that are asked at most, drawn from the split by a fixed seed; left out: all."""

    def __post_init__(self) -> None:
        if len(set(self.shots)) < len(self.shots):
            raise ValueError(f"`shots` are each given once. Received: {list(self.shots)}")
        if not self.template.takes_examples and set(self.shots) != {0}:
            raise ValueError(
                f"`template: {self.template.kind}` has no examples, so `shots` must be [0]. "
                f"Received: {list(self.shots)}"
            )

    @property
    def features(self) -> tuple[Feature, ...]:
        """The columns that are read and what each holds."""
        given = (
            Feature(self.question, "text", field="question"),
            Feature(self.answer, "category", field="answer"),
        )
        reason = self.template.reason_column
        return given if reason is None else (*given, Feature(reason, "written", field="reason"))


@sections.strict
@dataclasses.dataclass(frozen=True)
class PromptingConfig:
    """One measurement of prompts."""

    name: sections.Name
    """Name of the measurement and its folder: lower case letters, digits, `_`."""
    data: DataConfig
    """Where the rows come from: examples are of the train split, questions of test or, without
    one, of eval."""
    model: Model
    """What answers."""
    prompt: PromptConfig
    """How it is asked."""


_ADAPTER = pydantic.TypeAdapter(PromptingConfig)


def load(path: pathlib.Path, overrides: Sequence[str] = ()) -> PromptingConfig:
    """Read and validate the YAML of a measurement whose data is there.

    Args:
        path: YAML file.
        overrides: `dotted.key=value` settings that replace what the file says.

    Raises:
        ConfigError: Everything in it that is wrong, each with its dotted path.
    """
    data, written = loading.read(path, overrides, PromptingConfig)
    found: list[problems.Problem] = []
    try:
        config: Any = _ADAPTER.validate_json(json.dumps(data), strict=True)
    except pydantic.ValidationError as error:
        found += problems.describe(error, data, PromptingConfig, written)
        config, more = salvage.salvage(PromptingConfig, data, found)
        found += more
    try:
        base = relative_paths.base(path)
        found += named_files.missing_of_source(config.data.source, "data", base)
    except salvage.Unknown:
        pass  # The source is wrong by itself, which is told.
    if found:
        raise problems.ConfigError(str(path), problems.in_order(found, data))
    return config


def to_mapping(config: PromptingConfig) -> dict[str, Any]:
    """The resolved config as plain data, defaults included."""
    return _ADAPTER.dump_python(config, mode="json")


def to_yaml(config: PromptingConfig) -> str:
    """The resolved config as YAML that `load` reads back."""
    return yaml.safe_dump(to_mapping(config), sort_keys=False, allow_unicode=True)


def json_schema() -> dict[str, Any]:
    """JSON schema of the YAML, for completion in editors."""
    return _ADAPTER.json_schema()
