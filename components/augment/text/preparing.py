"""From the config of operations to operations with all they need loaded."""

import dataclasses
import pathlib
from collections.abc import Callable, Sequence
from typing import Any

from components.augment.text import eda, stop_words, synonyms, thesaurus, vectors, words
from components.augment.text.config import (
    BackTranslationConfig,
    ContextualConfig,
    EdaConfig,
    TextAugmentation,
    ThesaurusSynonyms,
    VectorSynonyms,
    WordnetSynonyms,
)
from components.augment.text.rows import Operation


@dataclasses.dataclass(frozen=True)
class Resources:
    """What operations need beyond their config."""

    preset: Callable[[str], str]
    """Turns the name of a preset into its folder, or into what KerasHub's `from_preset` takes."""
    cache: pathlib.Path
    """Folder for what should not be computed twice; runs and processes may share it."""


def prepare(
    configs: Sequence[TextAugmentation], num_train: int, resources: Resources
) -> list[Operation]:
    """Load what operations need.

    Args:
        configs: What the YAML says.
        num_train: Rows of the whole training split.
        resources: What operations need beyond their config.

    Returns:
        Operations in the order of the config. Those of a kind that comes a second time have
        names that begin with `2.`.

    Raises:
        ValueError: If a file or a model cannot be used.
    """
    prepared = []
    kinds: list[str] = []
    for index, config in enumerate(configs):
        kinds.append(config.kind)
        repeated = kinds.count(config.kind)
        prefix = f"{repeated}." if repeated > 1 else ""
        made = _PREPARE[config.kind](config, prefix, num_train, resources, index)
        prepared += [dataclasses.replace(one, columns=config.columns) for one in made]
    return prepared


def _eda(
    config: EdaConfig, prefix: str, num_train: int, resources: Resources, index: int
) -> list[Operation]:
    known = synonyms.Synonyms(
        [_SOURCES[source.kind](source, resources) for source in config.synonyms]
        if config.seeks_synonyms
        else [],
        stop_words.load(config.stop_words),
    )
    split: words.Split = words.by_spaces
    if config.sentencepiece is not None:
        split = words.by_pieces(words.load_pieces(pathlib.Path(config.sentencepiece)))
    return eda.prepare(config, prefix, num_train, split, known)


def _thesaurus(config: ThesaurusSynonyms, resources: Resources) -> synonyms.Source:
    return thesaurus.Thesaurus(pathlib.Path(config.path))


def _vectors(config: VectorSynonyms, resources: Resources) -> synonyms.Source:
    if config.path is not None:
        known = vectors.read_file(pathlib.Path(config.path))
    else:
        known = vectors.read_preset(pathlib.Path(resources.preset(config.preset)))
    return vectors.Neighbors(*known, config.threshold, config.neighbors)


def _wordnet(config: WordnetSynonyms, resources: Resources) -> synonyms.Source:
    from components.augment.text import wordnet

    return wordnet.Wordnet(pathlib.Path(config.folder))


def _back_translation(
    config: BackTranslationConfig, prefix: str, num_train: int, resources: Resources, index: int
) -> list[Operation]:
    from components.augment.text import back_translation, translations, translators

    forward, backward = (
        translations.CachedTranslator(
            translators.load(
                f"augmentation[{index}].{name}",
                getattr(config, name),
                config.signature,
                config.timeout,
            ),
            resources.cache,
            config.batch_size,
        )
        for name in ("forward", "backward")
    )
    return back_translation.prepare(config, prefix, forward, backward)


def _contextual(
    config: ContextualConfig, prefix: str, num_train: int, resources: Resources, index: int
) -> list[Operation]:
    from components.augment.text import contextual, masked

    model = masked.MaskedModel(
        resources.preset(config.preset),
        config.sequence_length,
        config.batch_size,
        config.candidates,
    )
    return contextual.prepare(config, prefix, model)


_SOURCES: dict[str, Callable[[Any, Resources], synonyms.Source]] = {
    "vectors": _vectors,
    "thesaurus": _thesaurus,
    "wordnet": _wordnet,
}
_PREPARE: dict[str, Callable[[Any, str, int, Resources, int], list[Operation]]] = {
    "eda": _eda,
    "back_translation": _back_translation,
    "contextual": _contextual,
}
