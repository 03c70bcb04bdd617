"""Whether a served translator writes what the net writes from which it was exported.

    python -m benchmarks.translation_served FOLDER --out OUT [--net NAME] [--minutes 4]

FOLDER is that of `benchmarks/translation.py`. Trains one of its nets, exports it, starts the
project's server, and asks for the first 200 test captions and for hard texts, in batches of 1 to
40: over REST, over gRPC, the export itself, and the net as it was trained. Tells how many texts
differ from what the net wrote, and by how much scores do.
"""

import pathlib
import shutil
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

import click
import grpc
import numpy as np
import tensorflow as tf
from tensorflow_serving.apis import predict_pb2, prediction_service_pb2_grpc

from benchmarks import translation
from models.tasks import endpoints
from serving import client
from serving.command import server
from serving.execution.saved_model import SavedModelPredictor
from serving.export import signatures

_CAPTIONS = 200
_SIZES = (1, 7, 40, 2, 13)
"""Texts of the batches, one after the other."""
HARD = (
    "",
    " ",
    "\n\t",
    "😀👩🏽‍💻🇰🇷",
    "두 젊은 백인 남자가 많은 덤불 근처에 있다.",
    "ᚠᛇᚻ 𝔄𝔡𝔞 ﷽",
    "شابان أبيضان في الخارج",
    "\u202eA man\u202c sleeps\u200b.",
    "a man " * 250,
    "x" * 5000,
    "A man.",
)
_NAME = "translator"
Answers = Mapping[str, np.ndarray]
Asked = Callable[[np.ndarray], Answers]


@click.command()
@click.argument("folder", type=click.Path(exists=True, path_type=pathlib.Path))
@click.option("--out", type=click.Path(path_type=pathlib.Path), required=True)
@click.option("--net", type=click.Choice([*translation.NETS]), default="LSTM, dot")
@click.option("--minutes", type=float, default=4, show_default=True)
def main(folder: pathlib.Path, out: pathlib.Path, net: str, minutes: float) -> None:
    """See the module."""
    out.mkdir(parents=True, exist_ok=True)
    *splits, test = (
        translation.captions(folder / f"{name}.tsv") for name in ("train", "val", "test")
    )
    pieces = translation.learned_pieces(splits[0], out)
    trained = translation.train(net, folder, pieces, splits, minutes)
    write = trained.task.endpoints(trained.network, trained.facts).functions[endpoints.DEFAULT]
    version = out / "served" / _NAME / "1"
    shutil.rmtree(version, ignore_errors=True)
    exported = signatures.Signature(write, ("text",))
    signatures.export({signatures.DEFAULT: exported}, trained.resources, version)
    texts = [*HARD, *(en for en, _ in test[:_CAPTIONS])]
    wanted = list(_batches(texts, lambda given: _plain(write({"text": tf.constant(given)}))))
    config = server.ServerConfig(port=0, rest_api_port=0)
    running = server.Server(server.Sources(models_dir=version.parents[1]), config)
    running.start()
    predictor = SavedModelPredictor(version)
    try:
        with (
            client.Client(f"127.0.0.1:{running.rest_port}") as rest,
            grpc.insecure_channel(f"127.0.0.1:{running.grpc_port}") as channel,
        ):
            stub = prediction_service_pb2_grpc.PredictionServiceStub(channel)
            ways: Mapping[str, Asked] = {
                "export": lambda given: predictor.predict(signatures.DEFAULT, {"text": given}),
                "REST": lambda given: _bytes(rest.predict(_NAME, {"text": given})),
                "gRPC": lambda given: _over_grpc(stub, given),
            }
            for name, ask in ways.items():
                _tell(name, wanted, list(_batches(texts, ask)))
    finally:
        predictor.close()
        running.stop()


def _batches(texts: Sequence[str], ask: Asked) -> Iterator[Answers]:
    place, number = 0, 0
    while place < len(texts):
        size = _SIZES[number % len(_SIZES)]
        yield ask(np.array([text.encode() for text in texts[place : place + size]], object))
        place, number = place + size, number + 1


def _plain(answers: Mapping[str, Any]) -> Answers:
    return {name: value.numpy() for name, value in answers.items()}


def _bytes(answers: Answers) -> Answers:
    """Strings as the graph has them."""
    return {
        name: np.vectorize(lambda one: one.encode(), otypes=[object])(value)
        if value.dtype == object
        else value
        for name, value in answers.items()
    }


def _over_grpc(stub: Any, given: np.ndarray) -> Answers:
    request = predict_pb2.PredictRequest()
    request.model_spec.name = _NAME
    request.inputs["text"].CopyFrom(tf.make_tensor_proto(given))
    response = stub.Predict(request, timeout=600)
    return {name: tf.make_ndarray(value) for name, value in response.outputs.items()}


def _tell(name: str, wanted: Sequence[Answers], got: Sequence[Answers]) -> None:
    texts, differ, furthest = 0, 0, 0.0
    for ours, theirs in zip(wanted, got, strict=True):
        texts += len(ours["text"])
        differ += int((ours["text"] != theirs["text"]).sum())
        furthest = max(furthest, float(np.abs(ours["score"] - theirs["score"]).max()))
    click.echo(f"{name}: {differ} of {texts} texts differ, scores by {furthest:.1e} at most")


if __name__ == "__main__":
    main()
