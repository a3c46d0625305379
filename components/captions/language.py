"""Whether a caption is English, judged by its words and said honestly."""

from collections.abc import Container, Sequence

from components.captions.words import word_set

_ENGLISH = word_set(
    """
    a an the and or of in on at to with by for from is are was were be being been it its his her
    their there this that these those some two three next near over under up down out off into
    while as who which has have not no very his he she they front top other one several many
    """
)
_FOREIGN = (
    frozenset(
        ["der", "die", "das", "und", "ein", "eine", "einer", "einem", "einen", "mit", "auf", "im", "ist", "sind", "neben", "vor", "zwei", "von", "zu", "dem", "den", "le", "la", "les", "un", "une", "des", "du", "et", "est", "sont", "avec", "dans", "sur", "deux", "pour", "qui", "aux", "au", "el", "los", "las", "una", "unos", "y", "con", "en", "dos", "de", "del", "por", "es", "hay", "junto", "al", "il", "lo", "gli", "uno", "di", "che", "sono", "nel", "nella", "sulla", "su", "due", "e", "con", "della", "o", "os", "as", "um", "uma", "em", "no", "na", "com", "dois", "do", "da", "ao", "het", "een", "en", "met", "op", "van", "zijn", "naast", "twee", "voor", "i", "och", "en", "ett", "med", "på", "två", "av", "som", "är", "w", "na", "z", "dwa", "przed", "jest"]
    )
    - _ENGLISH
    - frozenset({"no", "as", "on", "i", "e", "y", "o", "z", "w", "die", "do"})
)

LEAST_SHARE = 0.5
"""Captions with a smaller share of English words are left alone."""


def why_not_english(words: Sequence[str], known: Container[str]) -> str | None:
    """The reason for which a caption does not pass for English; None if it does.

    Args:
        words: Its words, lower case, without punctuation and numbers.
        known: Words of an English dictionary, in the form in which it lists them.

    Returns:
        A sentence, or None.
    """
    if not words:
        return "it has no words"
    english = sum(word in _ENGLISH for word in words)
    foreign = sum(word in _FOREIGN for word in words)
    familiar = sum(word in _ENGLISH or _in_dictionary(word, known) for word in words)
    count = f"{familiar} of its {len(words)} words are English"
    if familiar / len(words) < LEAST_SHARE:
        return count
    if foreign > english and foreign / len(words) >= 0.2:
        return f"{foreign} of its {len(words)} words are small words of other languages"
    return None


def _in_dictionary(word: str, known: Container[str]) -> bool:
    if not word.isascii():
        return False
    endings = ("s", "es", "ed", "ing", "er", "d", "ies")
    stems = [word[: -len(end)] for end in endings if word.endswith(end) and len(word) > 3]
    forms = [word, *stems, *(stem + "e" for stem in stems), *(stem[:-1] for stem in stems)]
    return any(form in known for form in forms)
