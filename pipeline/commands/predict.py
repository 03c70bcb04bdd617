"""What `maru predict` does: ask a running server, or the pushed model itself."""

import dataclasses
import json
import os
import pathlib
import sys
from collections.abc import Sequence

from components.ingest import images
from components.ingest.files import locate
from models.tasks.endpoints import ALIGN
from pipeline import paths, pushed_models
from pipeline.display import answers, terminal
from pipeline.runtime import logs, running_server
from pipeline.scoring import asking
from serving import client, process
from serving.model import DEFAULT_SIGNATURE


def predict(
    name: str,
    inputs: Sequence[str],
    server: str | None,
    workspace: pathlib.Path,
    *,
    as_json: bool,
    alignment: pathlib.Path | None = None,
) -> str:
    """Ask a model and word its answer.

    Args:
        name: Model.
        inputs: A text or the path of an image for each input of the model, in the order of the
            task's columns (of a model that is not in the workspace: of their names), or each as
            NAME=VALUE.
        server: Address of a running server; None asks the one that `maru serve` runs for this
            workspace, and loads the model if there is none.
        workspace: Where pushed models are.
        as_json: Answer with all that there is as JSON.
        alignment: PNG to draw which words each word of the answer was written by; None draws none.

    Raises:
        ValueError: If there is no such model or image, the image cannot be read, other inputs are
            needed, the server refuses, or there is nothing to draw.
    """
    if alignment and alignment.suffix.lower() != ".png":
        raise ValueError(f"--alignment: the picture is a .png file. Received: {alignment}")
    asked = (DEFAULT_SIGNATURE, *([ALIGN] if alignment else []))
    answer, *others = _answers(_Question(name, inputs, asked), server, workspace)
    if alignment:
        _draw(name, others[0], alignment)
    form = answers.form_of(answer)
    if not as_json:
        return form.words(answer)
    is_ascii = not terminal.takes_any_character(sys.stdout)
    return json.dumps(form.fields(answer), ensure_ascii=is_ascii)


def _draw(name: str, answer: answers.Answer, path: pathlib.Path) -> None:
    from pipeline.display import alignment_plot

    drawn = alignment_plot.of_words(answer)
    if drawn is None:
        raise ValueError(
            f"--alignment: {name} has no attention, so that nothing says which words each word was "
            "written by. Expected: seq2seq_transformer, or seq2seq_recurrent with "
            f"`model.attention`. Received: {name}"
        )
    paths.make(path.parent, "--alignment")
    alignment_plot.draw([drawn], f"{name}: {alignment_plot.TITLE}", path)


@dataclasses.dataclass(frozen=True)
class _Question:
    """What a model is asked."""

    model: str
    inputs: Sequence[str]
    signatures: tuple[str, ...] = (DEFAULT_SIGNATURE,)
    """Each gives an answer."""


def _answers(
    question: _Question, server: str | None, workspace: pathlib.Path
) -> list[answers.Answer]:
    where = paths.Paths(paths.workspace(workspace), question.model)
    found = _from_server(question, server, where) if server else None
    if not server and (running := running_server.find(paths.workspace(workspace))):
        found = _from_running(question, running, where)
    return _from_disk(question, where) if found is None else found


def _from_running(
    question: _Question, address: str, where: paths.Paths
) -> list[answers.Answer] | None:
    """The answers of the server that runs for the workspace; None if it cannot give them."""
    try:
        # One look is enough: the model is on the disk, too.
        return _ask(question, address, client.Retries(attempts=1), where)
    except client.ClientError as error:
        if error.status in (None, 404):
            return None
        raise ValueError(str(error)) from error


def _from_server(question: _Question, address: str, where: paths.Paths) -> list[answers.Answer]:
    """The answers of the server that was named."""
    try:
        return _ask(question, address, client.Retries(), where)
    except client.ClientError as error:
        raise ValueError(str(error)) from error


def _ask(
    question: _Question, address: str, retries: client.Retries, where: paths.Paths
) -> list[answers.Answer]:
    with client.Client(address, retries=retries) as asked:
        return [
            _only(asking.from_server(asked, address, where, signature), question.inputs)
            for signature in question.signatures
        ]


def _only(model: asking.Model, inputs: Sequence[str]) -> answers.Answer:
    """The answer to the only example."""
    values = _values([one.name for one in model.inputs], inputs)
    (answer,) = model.answer([values])
    if isinstance(answer, asking.Refused):
        raise ValueError(f"The model refuses {', '.join(map(repr, inputs))}: {answer}") from answer
    return answer


def _values(names: Sequence[str], inputs: Sequence[str]) -> dict[str, bytes]:
    """Each input of a model with what is asked.

    Raises:
        ValueError: If there are too few or too many.
    """
    given = [value.partition("=") for value in inputs]
    if len(names) > 1 and all(is_named and key in names for key, is_named, _ in given):
        asked = {key: value for key, _, value in given}
    else:
        asked = dict(zip(names, inputs, strict=False))
    if len(inputs) != len(names) or set(asked) != set(names):
        raise ValueError(
            f"This model's inputs are: {', '.join(names)}. Received {len(inputs)}: "
            f"{', '.join(map(repr, inputs))}. Give one argument for each, in this order, or, of "
            "several, as NAME=VALUE."
        )
    return {key: _value(key, value) for key, value in asked.items()}


def _from_disk(question: _Question, where: paths.Paths) -> list[answers.Answer]:
    """The answers of the newest pushed version, loaded for this question."""
    newest = pushed_models.newest(where)
    with logs.to_file(where.root / "predict.log"):
        process.skip_keras()
        predictor = pushed_models.load(newest)
        return [
            _only(asking.of_loaded(newest, predictor, signature), question.inputs)
            for signature in question.signatures
        ]


def _value(input_name: str, question: str) -> bytes:
    """The question as the model's input: an image as Ingest prepares it, else the text itself."""
    if not input_name.endswith("_bytes"):
        return _utf8(question).encode()
    path = locate.spelled(pathlib.Path(question))
    if not os.path.isfile(path):  # A question too long for a path is none, either.
        raise ValueError(f"This model answers about images. There is no file {question!r}.")
    try:
        return images.prepare(path.read_bytes()).data
    except images.BadImage as error:
        raise ValueError(f"The image {question!r} cannot be read: {error}") from error


def _utf8(question: str) -> str:
    """The question as text, also where Python took its bytes for another encoding than UTF-8."""
    try:
        return os.fsencode(question).decode() if not _is_whole(question) else question
    except UnicodeDecodeError as error:
        raise ValueError(f"The text must be UTF-8. Received: {question!r}") from error


def _is_whole(text: str) -> bool:
    return not any("\ud800" <= character <= "\udfff" for character in text)
