"""Sections of params.yaml on single methods, made from the settings classes of the catalog."""

from collections.abc import Mapping
from dataclasses import MISSING, fields
from dataclasses import Field as DataclassField
from typing import TYPE_CHECKING, Annotated, Any, get_args, get_type_hints

from pydantic import AfterValidator, Field, ValidationError, create_model

from components.errors import InputError
from components.methods.catalog import METHODS, Method
from components.training.settings import MethodSettings
from project.settings.section import SettingsSection
from project.settings.suggestions import did_you_mean, suggestion


def _known(name: str) -> str:
    if name not in METHODS:
        hint = did_you_mean(name, list(METHODS))
        raise ValueError(f"no method is called {name!r}; use one of {', '.join(METHODS)}.{hint}")
    return name


MethodName = Annotated[str, AfterValidator(_known)]


class MethodSection(SettingsSection):
    """What the user has set of one method; all else is searched."""

    def given(self) -> dict[str, Any]:
        """The settings that were written down, by name."""
        names = type(self).model_fields
        return {name: getattr(self, name) for name in names if name in self.model_fields_set}


def _checked(method: Method) -> Any:
    def check(section: MethodSection) -> MethodSection:
        method.settings(**section.given())  # the settings class checks its own ranges
        return section

    return check


def _section_of(method: Method) -> Any:
    hints = get_type_hints(method.settings)
    described: dict[str, Any] = {
        each.name: (_told_apart(hints[each.name]), _default(each))
        for each in fields(method.settings)
    }
    model = create_model(f"{method.name}_section", __base__=MethodSection, **described)
    return Annotated[model, AfterValidator(_checked(method))]


def _default(each: DataclassField[Any]) -> Any:
    if each.default_factory is not MISSING:
        return Field(default_factory=each.default_factory)
    return each.default


def _told_apart(hint: Any) -> Any:
    """Settings of several kinds are told apart by their name."""
    kinds = [each for each in get_args(hint) if hasattr(each, "__dataclass_fields__")]
    if len(kinds) > 1 and all("name" in kind.__dataclass_fields__ for kind in kinds):
        return Annotated[hint, Field(discriminator="name")]
    return hint


class _Sections(SettingsSection):
    """One optional section a method."""

    def given(self, method: str) -> dict[str, Any]:
        """What the user has set of a method; nothing, where there is no section."""
        section: MethodSection | None = getattr(self, method)
        return {} if section is None else section.given()


if TYPE_CHECKING:
    MethodSections = _Sections
else:
    MethodSections = create_model(
        "MethodSections",
        __base__=_Sections,
        __doc__="The section ``train.methods``.",
        **{name: (_section_of(row) | None, None) for name, row in METHODS.items()},
    )


def settings_of(method: str, values: Mapping[str, Any], origin: str) -> MethodSettings:
    """Settings of a method from plain values; what is left out has its default.

    Raises:
        InputError: Naming the path to each fault in ``origin``.
    """
    try:
        section = getattr(MethodSections.model_validate({method: dict(values)}), method)
    except ValidationError as fault:
        told = [
            f"  {'.'.join((origin, *(str(step) for step in error['loc'][1:])))}: {error['msg']}."
            f"{suggestion(error, MethodSections.model_json_schema())}"
            for error in fault.errors(include_url=False)
        ]
        raise InputError("\n".join(["Settings that cannot be used:", *told])) from None
    return METHODS[method].settings(**section.given())
