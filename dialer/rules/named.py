"""The packs and purposes a configuration names, held against those there are.

A pack that nobody has would refuse every call; a purpose that no pack is for would silently ask for nothing.
"""

from collections.abc import Iterator

from dialer.config import Settings
from dialer.core.compliance.packs import Rulebook


def unknown(settings: Settings, rulebook: Rulebook) -> Iterator[tuple[str, str]]:
    """What is wrong with each name that cannot be used, and what was expected instead."""
    purposes = {edition.purpose for editions in rulebook.packs.values() for edition in editions if edition.purpose}
    for purpose in settings.calling.purposes:
        if purpose not in purposes:
            yield f"calling.purposes: no rule pack is for {purpose!r}", f"one of {', '.join(sorted(purposes))}"
    overlays = sorted(name for name, editions in rulebook.packs.items() if editions[0].overlay)
    for trunk in settings.trunks:
        for name in trunk.overlays:
            if name not in rulebook.packs:
                what = f"trunks: {trunk.name}: overlays: there is no rule pack {name!r}"
                yield what, f"one of {', '.join(overlays)}"
