"""Texts as SigLIP models read them: canonical, closed by an end token, padded to full length.

These models pool at the last place of the whole context and were trained on lower-case texts
without punctuation, so a text that is not padded, or not lowered, gives another vector.
"""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import torch
from jaxtyping import Int64
from open_clip.tokenizer import get_clean_fn
from tokenizers import Tokenizer
from torch import Tensor

from components.atomic import read_json
from components.errors import InputError

TOKENIZER_FILE = "tokenizer.json"
TOKENIZER_CONFIG_FILE = "tokenizer_config.json"


class CanonicalTokenizer:
    """Reads the tokenizer's own files, without the library that wrote them."""

    def __init__(self, directory: Path, context_length: int) -> None:
        """Load it.

        Args:
            directory: With tokenizer.json and tokenizer_config.json.
            context_length: Tokens of a text, the end token and padding included.

        Raises:
            InputError: If the files are missing, damaged or of another kind of tokenizer.
        """
        self.context_length = context_length
        self._clean = get_clean_fn("canonicalize")
        try:
            self._tokenizer = Tokenizer.from_file(str(directory / TOKENIZER_FILE))
            settings: Any = read_json(directory / TOKENIZER_CONFIG_FILE)
            self._pad = self._number(settings["pad_token"])
            self._end = self._number(settings["eos_token"])
            self._tokenizer.no_truncation()
            self._tokenizer.no_padding()
        except Exception as fault:
            raise InputError(
                f"The tokenizer in {directory} cannot be read ({fault}); copy {TOKENIZER_FILE} and "
                f"{TOKENIZER_CONFIG_FILE} of the model there again."
            ) from fault
        if self._tokenizer.encode("").ids != [self._end]:
            raise InputError(
                f"The tokenizer in {directory} does not close a text by its end token alone, as "
                "SigLIP models were trained with. Copy the files of the model that the weights "
                "are of."
            )

    def __call__(
        self, texts: Sequence[str], context_length: int | None = None
    ) -> Int64[Tensor, "texts tokens"]:
        """Token numbers; what is too long is cut off, and the end token stays."""
        length = context_length or self.context_length
        result = torch.full((len(texts), length), self._pad, dtype=torch.long)
        for row, text in enumerate(texts):
            ids = self._tokenizer.encode(self._clean(text)).ids
            if len(ids) > length:
                ids = [*ids[: length - 1], self._end]
            result[row, : len(ids)] = torch.tensor(ids)
        return result

    def _number(self, token: Any) -> int:
        text = token["content"] if isinstance(token, dict) else token
        number = self._tokenizer.token_to_id(text)
        if number is None:
            raise KeyError(text)
        return number
