"""Which model a candidate is compared with."""

from typing import Any

from tfx.dsl.input_resolution.strategies import latest_blessed_model_strategy


class LatestBlessedBefore(latest_blessed_model_strategy.LatestBlessedModelStrategy):
    """The latest blessed model that is older than the candidate.

    TFX's own strategy would compare a cached candidate with itself, which makes an unchanged
    second run evaluate again.
    """

    def resolve_artifacts(self, store: Any, input_dict: dict[str, list[Any]]) -> dict[str, Any]:
        """Choose among all models of the pipeline.

        Args:
            store: ML Metadata.
            input_dict: `candidate`, one model; `model` and `model_blessing`, all there are.

        Returns:
            `model` and `model_blessing` with at most one artifact each.
        """
        candidate = max(model.id for model in input_dict["candidate"])
        older = {
            "model": [model for model in input_dict["model"] if model.id < candidate],
            "model_blessing": input_dict["model_blessing"],
        }
        resolved = super().resolve_artifacts(store, older)
        return {"candidate": input_dict["candidate"], **resolved}
