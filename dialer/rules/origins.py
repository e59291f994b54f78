"""Where the shipped packs' facts come from: the list beside this file."""

import tomllib
from collections.abc import Mapping
from functools import cache
from importlib import resources


@cache
def sources() -> Mapping[str, Mapping[str, str]]:
    """By their marks ("S41"): `body`, `what`, `url` where there is one, and `read`, how far somebody read it."""
    return tomllib.loads(resources.files("dialer.rules").joinpath("sources.toml").read_text(encoding="utf-8"))
