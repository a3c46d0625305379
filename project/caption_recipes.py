"""Which recipes learn from captions, and whether a project wants one."""

from project.settings import Settings

CAPTION_RECIPES = ("tagalign",)


def reads_captions(settings: Settings) -> bool:
    """Whether a recipe of the settings learns from captions."""
    train = settings.train
    names = train.recipes if train.method is None else (train.method,)
    return any(name in CAPTION_RECIPES for name in names)
