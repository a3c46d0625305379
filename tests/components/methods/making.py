"""Recipes by name, for tests of any method."""

from components.methods.catalog import METHODS
from components.training.recipe import Recipe


def recipe_of(name: str, **settings) -> Recipe:
    """A method of the catalog with these settings, all others as they are by default."""
    row = METHODS[name]
    return row.recipe(row.settings(**settings))
