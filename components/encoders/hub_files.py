"""Files of one commit of the model hub, held to their hashes."""

import re
from collections.abc import Mapping
from dataclasses import dataclass

_REPOSITORY = re.compile(r"[A-Za-z0-9][\w.-]*/[A-Za-z0-9][\w.-]*")
_COMMIT = re.compile(r"[0-9a-f]{40}")
_SHA256 = re.compile(r"[0-9a-f]{64}")
# No slash and no leading point: a name never leads out of its folder.
_FILE = re.compile(r"[A-Za-z0-9_][\w.-]*\.(?:safetensors|json)")
SUFFIX = ".safetensors"


@dataclass(frozen=True, kw_only=True, slots=True)
class HubFiles:
    """Weights, and a tokenizer where the model has its own, as they were first fetched."""

    repository: str
    """Its owner and name on the hub."""
    revision: str
    """The commit, 40 hex digits."""
    sha256: Mapping[str, str]
    """The hash of each file, by its name; one of them is a safetensors file."""

    def __post_init__(self) -> None:
        if not _REPOSITORY.fullmatch(self.repository) or ".." in self.repository:
            raise ValueError(f"repository must be OWNER/NAME, got {self.repository!r}")
        if not _COMMIT.fullmatch(self.revision):
            raise ValueError(f"revision must be a commit of 40 hex digits, got {self.revision!r}")
        for name, digest in self.sha256.items():
            if not _FILE.fullmatch(name):
                raise ValueError(
                    f"sha256 names {name!r}; allowed are .safetensors and .json files, for nothing "
                    "that can run code is fetched"
                )
            if not _SHA256.fullmatch(digest):
                raise ValueError(f"sha256 of {name} must be 64 hex digits, got {digest!r}")
        if sum(name.endswith(SUFFIX) for name in self.sha256) != 1:
            raise ValueError(f"sha256 must name one {SUFFIX} file, got {sorted(self.sha256)}")

    @property
    def weights(self) -> str:
        """The name of the weights' file."""
        return next(name for name in self.sha256 if name.endswith(SUFFIX))
