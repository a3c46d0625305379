"""params.yaml, typed: what a project is told to do. May import components without torch."""

from project.settings.params import (
    CalibrateSettings,
    EmbedSettings,
    EvaluateSettings,
    PromptSettings,
    ServeSettings,
    Settings,
    load_settings,
    params_yaml,
    parse_settings,
)

__all__ = [
    "CalibrateSettings",
    "EmbedSettings",
    "EvaluateSettings",
    "PromptSettings",
    "ServeSettings",
    "Settings",
    "load_settings",
    "params_yaml",
    "parse_settings",
]
