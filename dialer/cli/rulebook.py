"""The rules, and the registries, as the service of this configuration would take them."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from dialer.config import Settings
    from dialer.core.compliance.do_not_call import Screen
    from dialer.core.compliance.packs import Rulebook


def rulebook(settings: Settings, lab: Path | None = None, *, lab_numbers: bool = False) -> Rulebook:
    """With the operator's own packs and dates and, of a lab's folder, its packs; `lab_numbers`: the lab's
    range is known, at its ordinary hours. Raises as `rules.load.load`.
    """
    from dialer.rules.calendars import OwnDates
    from dialer.rules.load import load

    dates = [OwnDates(one.name, frozenset(one.off), frozenset(one.workdays)) for one in settings.calendars]
    own = [_any_labs_pack()] if lab_numbers and lab is None else _packs(lab)
    return load((*settings.rules.packs, *own), dates)


def screen(settings: Settings) -> Screen:
    """Looks a number up in the registries that were loaded on this machine."""
    from dialer.engine import utc_now
    from dialer.registry.shelf import Shelf, folder_of

    shelf = Shelf(folder_of(settings.node.data))
    return lambda number: shelf.screened(number, utc_now())


def _packs(lab: Path | None) -> list[Path]:
    if lab is None:
        return []
    from dialer.engine import utc_now
    from dialer.lab.packs.night import lab_packs

    return lab_packs(lab, utc_now())


def _any_labs_pack() -> Path:
    import dialer.lab.packs

    return Path(dialer.lab.packs.__file__).with_name("lab.toml")
