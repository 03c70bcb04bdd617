"""Every task kind. Adding one is one file and one line here."""

import typing
from typing import Annotated

import pydantic

from models.tasks import (
    bidirectional_language_modeling,
    classification,
    contrastive_embedding,
    image_contrastive_embedding,
    language_modeling,
    masked_image_modeling,
    masked_language_modeling,
    multi_label,
    multiple_choice,
    question_answering,
    regression,
    sequence_to_sequence,
    span_corruption,
    text_pairs,
    token_classification,
)

Kinds = (
    bidirectional_language_modeling.BidirectionalLanguageModeling
    | classification.ImageClassification
    | classification.TextClassification
    | contrastive_embedding.ContrastiveEmbedding
    | image_contrastive_embedding.ImageContrastiveEmbedding
    | language_modeling.LanguageModeling
    | masked_image_modeling.MaskedImageModeling
    | masked_language_modeling.MaskedLanguageModeling
    | multi_label.ImageMultiLabel
    | multi_label.TextMultiLabel
    | multiple_choice.MultipleChoice
    | question_answering.QuestionAnswering
    | regression.ImageRegression
    | regression.TextRegression
    | sequence_to_sequence.SequenceToSequence
    | span_corruption.SpanCorruption
    | text_pairs.TextPairClassification
    | text_pairs.TextPairRegression
    | token_classification.TokenClassification
)
Task = Annotated[Kinds, pydantic.Discriminator("kind")]
"""What the `task` of a config may be."""
TASKS: dict[str, type[Kinds]] = {
    typing.get_args(typing.get_type_hints(kind)["kind"])[0]: kind for kind in typing.get_args(Kinds)
}
"""By name in the YAML."""
