"""What people should know of a model that no stage can find out."""

import dataclasses


@dataclasses.dataclass(frozen=True)
class CardConfig:
    """Goes into the report of a run and into the model card beside the model."""

    purpose: str = ""
    """What the model is for, and what it must not be used for."""
    data: str = ""
    """Where the data comes from."""
    limits: str = ""
    """What it does not do well."""
    licence: str = ""
    """Of the model, an identifier as Hugging Face lists them, such as `apache-2.0`."""
    language: tuple[str, ...] = ()
    """Of texts, ISO 639-1 codes such as `en` and `ko`."""
