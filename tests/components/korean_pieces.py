"""A tiny SentencePiece model of Korean."""

import io
import pathlib

import sentencepiece

SENTENCES = ("좋은 영화가 다시 보고 싶다", "영화는 좋다", "다시 보는 영화", "보고 싶은 영화다")


def train(folder: pathlib.Path) -> pathlib.Path:
    """Write the model into a folder and say where it is."""
    model = io.BytesIO()
    sentencepiece.SentencePieceTrainer.train(
        sentence_iterator=iter(SENTENCES * 9),
        model_writer=model,
        vocab_size=34,
        hard_vocab_limit=False,
        minloglevel=2,
    )
    path = folder / "ko.model"
    path.write_bytes(model.getvalue())
    return path
