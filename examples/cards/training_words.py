"""What training calls the things of its pictures, as tables that a batch looks up.

Each thing is called by a word drawn anew each time it is seen: its name, a synonym or a
wider word, in the shares of `pretraining.py`. Words never used there have no column.
"""

from dataclasses import dataclass
from functools import cache

import numpy as np
from jaxtyping import Bool, Float

from examples.cards.concepts import Concept, concepts, others
from examples.cards.pictures import TINTS

NAME_SHARES = {"often": 0.75, "seldom": 0.06, "never": 0.0}
KIND_SHARE = 0.12
COLOURS = tuple(TINTS)
NOTHING = "nothing"
"""What training calls the ground between things."""
FORMS = ("a photo of {}", "a photo of {}", "a picture of {}", "{}", "an image with {}")


@dataclass(frozen=True, slots=True)
class WordTable:
    """Words of every subject, and how likely each is used for it."""

    subjects: tuple[str, ...]
    """Names of concepts in the table's order, then the words of the other pictures."""
    words: tuple[str, ...]
    shares: Float[np.ndarray, "subjects words"]
    """Rows add up to 1; a word of share 0 is never used for that subject."""

    @property
    def true(self) -> Bool[np.ndarray, "subjects words"]:
        """Which words would be right for a subject."""
        return self.shares > 0


def word_shares(concept: Concept) -> dict[str, float]:
    """How often training calls a concept by each of its words; adds up to 1."""
    use = NAME_SHARES[concept.name_use]
    kind = KIND_SHARE if concept.kind else 0.0
    shares = {concept.kind: kind} if concept.kind else {}
    if concept.other_words:
        shares[concept.name] = (1 - kind) * use
        for word in concept.other_words:
            shares[word] = shares.get(word, 0.0) + (1 - kind) * (1 - use) / len(concept.other_words)
    elif concept.kind:
        # Without a synonym a concept is otherwise known by its wider word.
        shares[concept.name] = (1 - kind) * use
        shares[concept.kind] += (1 - kind) * (1 - use)
    else:
        shares[concept.name] = 1.0
    return {word: share for word, share in shares.items() if share > 0}


@cache
def word_table() -> WordTable:
    """The table of all subjects that training may show."""
    said = {name: word_shares(concept) for name, concept in concepts().items()}
    said |= {word: {word: 1.0} for _, word in others() if word not in said}
    words = tuple(dict.fromkeys(word for shares in said.values() for word in shares))
    place = {word: column for column, word in enumerate(words)}
    table = np.zeros((len(said), len(words)))
    for row, shares in enumerate(said.values()):
        for word, share in shares.items():
            table[row, place[word]] = share
    return WordTable(tuple(said), words, table)
