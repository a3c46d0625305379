"""The closed list of trained recipes."""

from components.recipes.assume_negative import AssumeNegative
from components.recipes.ignore_unknown import IgnoreUnknown
from components.recipes.vlpl import VLPL

TrainedRecipe = AssumeNegative | IgnoreUnknown | VLPL


def recipe_named(name: str, vlpl: VLPL) -> TrainedRecipe:
    """The recipe of that name; ``vlpl`` carries the settings that were tuned."""
    match name:
        case "assume_negative":
            return AssumeNegative()
        case "ignore_unknown":
            return IgnoreUnknown()
        case "vlpl":
            return vlpl
        case _:
            raise ValueError(f"no trained recipe is called {name!r}")
