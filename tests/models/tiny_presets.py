"""Pretrained encoders with random weights, small enough for a test."""

import io

import keras
import keras_hub
import sentencepiece

from models.text import elmo_preset

WORDS = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", "old", "new", "map", "##s", "책"]
SIZES = {
    "num_layers": 3,
    "num_heads": 2,
    "hidden_dim": 4,
    "intermediate_dim": 6,
    "max_sequence_length": 12,
}


def save_bert(folder):
    """BERT over `WORDS`: dict output, `segment_ids`."""
    keras.utils.set_random_seed(5)
    backbone = keras_hub.models.BertBackbone(vocabulary_size=len(WORDS), dropout=0.2, **SIZES)
    tokenizer = keras_hub.models.BertTokenizer(vocabulary=WORDS, lowercase=True)
    return _save(folder, backbone, tokenizer)


def save_roberta(folder):
    """RoBERTa over four byte pairs: tensor output, no `segment_ids`, padding id 1."""
    pieces = ["<s>", "<pad>", "</s>", "<mask>", "a", "b", "Ġ", "Ġa"]
    vocabulary = {piece: index for index, piece in enumerate(pieces)}
    keras.utils.set_random_seed(5)
    backbone = keras_hub.models.RobertaBackbone(vocabulary_size=len(pieces), **SIZES)
    tokenizer = keras_hub.models.RobertaTokenizer(vocabulary=vocabulary, merges=["Ġ a"])
    return _save(folder, backbone, tokenizer)


def save_gpt2(folder):
    """GPT-2 over four byte pairs, as published: padding has the id of `!`."""
    pieces = ["!", "a", "b", "Ġ", "Ġa", "<|endoftext|>"]
    vocabulary = {piece: index for index, piece in enumerate(pieces)}
    keras.utils.set_random_seed(5)
    backbone = keras_hub.models.GPT2Backbone(vocabulary_size=len(pieces), **SIZES)
    tokenizer = keras_hub.models.GPT2Tokenizer(vocabulary=vocabulary, merges=["Ġ a"])
    return _save(folder, backbone, tokenizer)


def save_elmo(folder):
    """ELMo over `WORDS`: tensor output, no `segment_ids`, no limit of length."""
    keras.utils.set_random_seed(5)
    backbone = elmo_preset.ElmoBackbone(len(WORDS), num_layers=3, units=4, dropout=0.2)
    return _save(folder, backbone, keras_hub.models.BertTokenizer(vocabulary=WORDS, lowercase=True))


def save_electra(folder):
    """ELECTRA over `WORDS`: no classifier in KerasHub."""
    keras.utils.set_random_seed(5)
    backbone = keras_hub.models.ElectraBackbone(vocab_size=len(WORDS), embedding_dim=4, **SIZES)
    return _save(folder, backbone, keras_hub.models.ElectraTokenizer(vocabulary=WORDS))


def save_roformer_v2(folder):
    """RoFormer V2 over `WORDS`: no position table."""
    keras.utils.set_random_seed(5)
    sizes = {name: size for name, size in SIZES.items() if name != "max_sequence_length"}
    backbone = keras_hub.models.RoformerV2Backbone(vocabulary_size=len(WORDS), head_size=2, **sizes)
    tokenizer = keras_hub.models.RoformerV2Tokenizer(vocabulary=WORDS, lowercase=True)
    return _save(folder, backbone, tokenizer)


LINES = ["an old map", "a new map of old maps", "the old man sees a new map", "책 old 책"]
"""What the pieces of `save_t5` are learned from."""


def save_t5(folder, **options):
    """T5 over pieces of `LINES`: sentences are read without a sign before them, padding id 0."""
    model = io.BytesIO()
    sentencepiece.SentencePieceTrainer.train(
        sentence_iterator=iter(LINES * 3),
        model_writer=model,
        vocab_size=23,
        bos_id=-1,
        pad_id=0,
        eos_id=1,
        unk_id=2,
        pad_piece="<pad>",
        minloglevel=2,
    )
    keras.utils.set_random_seed(5)
    tokenizer = keras_hub.models.T5Tokenizer(proto=model.getvalue())
    sizes = {name: size for name, size in SIZES.items() if name != "max_sequence_length"}
    # Two rows more than there are pieces, as published ones have.
    backbone = keras_hub.models.T5Backbone(
        vocabulary_size=tokenizer.vocabulary_size() + 2, **{"key_value_dim": 3, **sizes, **options}
    )
    return _save(folder, backbone, tokenizer)


def save_bart(folder, **options):
    """BART over byte pairs: two signs before what is written, padding id 1."""
    pieces = ["<s>", "<pad>", "</s>", "<unk>", "a", "b", "c", "Ġ", "Ġa", "Ġb", "<mask>"]
    vocabulary = {piece: index for index, piece in enumerate(pieces)}
    keras.utils.set_random_seed(5)
    backbone = keras_hub.models.BartBackbone(vocabulary_size=len(pieces), **{**SIZES, **options})
    tokenizer = keras_hub.models.BartTokenizer(vocabulary=vocabulary, merges=["Ġ a", "Ġ b"])
    return _save(folder, backbone, tokenizer)


def _save(folder, backbone, tokenizer) -> str:
    for weight in backbone.weights:
        weight.assign(weight + keras.random.normal(weight.shape, stddev=0.3))
    backbone.save_to_preset(str(folder))
    tokenizer.save_to_preset(str(folder))
    return str(folder)
