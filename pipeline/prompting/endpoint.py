"""A model behind OpenAI's completions, asked for the logarithms of its prompts."""

from __future__ import annotations

import json
import urllib.error
import urllib.request
from collections.abc import Sequence
from typing import Any

from pipeline.prompting import language_model
from pipeline.prompting.config import EndpointModel

_BATCH = 32
"""Prompts of a request."""
_SECONDS = 600
_SHOWN = 300
"""Characters of a refusal."""


class EndpointLanguageModel:
    """See `language_model.LanguageModel`.

    Args:
        config: Where it is.
    """

    def __init__(self, config: EndpointModel):
        self._config = config
        self.which = f"{config.name} at {config.url}"

    def score(self, pairs: Sequence[tuple[str, str]]) -> list[float | None]:
        """See `LanguageModel.score`."""
        return language_model.in_batches(pairs, language_model.size_of_pair, _BATCH, self._scored)

    def _scored(self, pairs: Sequence[tuple[str, str]]) -> list[float | None]:
        told = self._echoed([prompt + answer for prompt, answer in pairs])
        return [
            self._of_answer(one, prompt) if self._fits(one) else None
            for one, (prompt, _) in zip(told, pairs, strict=True)
        ]

    def _of_answer(self, told: dict[str, Any], prompt: str) -> float:
        begins = told["text_offset"]
        # A token reaches as far as the next one; of the last one nobody needs to know.
        ends = [*begins[1:], len(prompt) + 1]
        logs = [
            log for log, end in zip(told["token_logprobs"], ends, strict=True) if end > len(prompt)
        ]
        if None in logs:
            raise ValueError(
                f"`model.url`: {self.which} tells no probability of the first token of a text. "
                f"Received the prompt {prompt!r}. Begin with an instruction."
            )
        return float(sum(logs))

    def _fits(self, told: dict[str, Any]) -> bool:
        return len(told["tokens"]) <= self._config.length

    def write(self, prompts: Sequence[str], longest: int) -> list[str | None]:
        """See `LanguageModel.write`."""

        def ask(texts: Sequence[str]) -> list[str | None]:
            return self._written(texts, longest)

        return language_model.in_batches(prompts, len, _BATCH, ask)

    def _written(self, prompts: Sequence[str], longest: int) -> list[str | None]:
        sizes = [len(one["tokens"]) for one in self._echoed(prompts)]
        fitting = [
            place for place, size in enumerate(sizes) if size + longest <= self._config.length
        ]
        told = self._continued(
            [prompts[place] for place in fitting], [sizes[place] for place in fitting], longest
        )
        by_place = dict(zip(fitting, told, strict=True))
        return [by_place.get(place) for place in range(len(prompts))]

    def _continued(
        self, prompts: Sequence[str], sizes: Sequence[int], longest: int
    ) -> list[str | None]:
        """How prompts of some tokens each go on; None if less of them was read.

        A server of ours continues the end of what is longer than it reads, and an answer tells how
        much was read of all its prompts together.
        """
        if not prompts:
            return []
        told = self._post(prompts, max_tokens=longest, temperature=0)
        if told["usage"]["prompt_tokens"] >= sum(sizes):
            choices = sorted(told["choices"], key=lambda choice: choice["index"])
            return [choice["text"] for choice in choices]
        if len(prompts) == 1:
            return [None]
        pairs = zip(prompts, sizes, strict=True)
        return [one for prompt, size in pairs for one in self._continued([prompt], [size], longest)]

    def _echoed(self, texts: Sequence[str]) -> list[dict[str, Any]]:
        """Tokens of texts and the logarithms of their probabilities."""
        told = self._post(texts, max_tokens=0, echo=True, logprobs=1, temperature=0)
        choices = sorted(told["choices"], key=lambda choice: choice["index"])
        found = [choice["logprobs"] for choice in choices]
        if len(found) != len(texts) or not all(found):
            raise ValueError(
                f"`model.url`: {self.which} must tell the logarithms of all of {len(texts)} "
                f"prompts (`echo` and `logprobs`). Received: {str(told)[:_SHOWN]}"
            )
        return found

    def _post(self, prompts: Sequence[str], **settings: Any) -> dict[str, Any]:
        body = {"model": self._config.name, "prompt": list(prompts), **settings}
        request = urllib.request.Request(
            f"{self._config.url.rstrip('/')}/completions",
            json.dumps(body).encode(),
            {"Content-Type": "application/json"},
        )
        try:
            with urllib.request.urlopen(request, timeout=_SECONDS) as response:
                found: dict[str, Any] = json.load(response)
        except urllib.error.HTTPError as error:
            reason = error.read().decode("utf-8", "replace")[:_SHOWN]
            raise ValueError(
                f"`model.url`: {self.which} refuses a request: {error.code} {reason}"
            ) from error
        except (OSError, ValueError) as error:
            raise ValueError(
                f"`model.url`: {self.which} does not answer: {error}. Is the server running, and "
                "is this the address of its API, as in http://localhost:8501/v1?"
            ) from error
        return found

    def close(self) -> None:
        """See `LanguageModel.close`: each request is by itself."""
