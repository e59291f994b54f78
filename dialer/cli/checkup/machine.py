"""This machine: Python and packages, zone data, rule packs, programs, the clock."""

from __future__ import annotations

import platform
import shutil
import time
from datetime import datetime
from importlib.metadata import PackageNotFoundError, version

from dialer.cli.checkup.finding import Finding, failed, ok, warning
from dialer.config import Settings
from dialer.core.compliance.packs import BadPack, Rulebook
from dialer.rules.calendars import OwnDates
from dialer.rules.load import load
from dialer.rules.named import unknown
from dialer.rules.zone_data import StaleZoneData

# Ours stands on the inside of this one; another version has another inside.
PINNED = {"panoramisk": "1.4"}
_SHOWN = ("panoramisk", "sqlalchemy", "aiohttp", "aiomqtt", "phonenumbers", "holidays", "tzdata")

# Releases of zone data come a few times a year. In spring the last year's is suspicious.
STALE_FROM_MONTH = 4

STEP_SECONDS = 0.5


def python() -> list[Finding]:
    wrong, found = [], [f"Python {platform.python_version()}", f"dialer {_version('dialer')}"]
    for name in _SHOWN:
        present = _version(name)
        found.append(f"{name} {present}")
        if present == "absent" or PINNED.get(name, present) != present:
            wrong.append(f"{name} {present}" + (f", {PINNED[name]} is needed" if name in PINNED else ""))
    if wrong:
        return [failed("python", "; ".join(wrong), "Install the package again with its dependencies.")]
    return [ok("python", ", ".join(found))]


def rules(settings: Settings, now: datetime) -> tuple[list[Finding], Rulebook | None]:
    """Zone data and packs, and the packs that the configuration names."""
    dates = [OwnDates(one.name, frozenset(one.off), frozenset(one.workdays)) for one in settings.calendars]
    try:
        rulebook = load(settings.rules.packs, dates)
    except StaleZoneData as error:
        return [failed("zone data", str(error), "Install a current tzdata: pip install --upgrade tzdata.")], None
    except BadPack as error:
        return [failed("rule packs", str(error), "Install the package again: a rule pack cannot be read.")], None
    editions = sum(map(len, rulebook.packs.values()))
    found = [_zone_data(rulebook.tzdata, now), ok("rule packs", f"{len(rulebook.packs)} packs, {editions} editions")]
    named = [failed("config", what, f"Correct it: expected {there}.") for what, there in unknown(settings, rulebook)]
    return found + named, rulebook


def message(settings: Settings) -> list[Finding]:
    """The house's message for who answers and finds no agent."""
    if settings.calling.abandon_message:
        return [
            ok("message", f"who finds no agent hears {settings.calling.abandon_message}, unless a campaign has its own")
        ]
    found = "no calling.abandon_message: who answers and finds no agent hears nothing, unless a campaign has its own"
    return [warning("message", found, "Record one, as docs/abandonment.md tells, and name it there.")]


def ffmpeg() -> list[Finding]:
    where = shutil.which("ffmpeg")
    if where is None:
        return [failed("ffmpeg", "ffmpeg is not installed: no recording can be finished", "apt-get install ffmpeg")]
    return [ok("ffmpeg", where)]


class Clock:
    """Whether the wall clock runs evenly while we look: made at the start, asked at the end."""

    def __init__(self) -> None:
        self._offset = time.time() - time.monotonic()

    def looked(self) -> list[Finding]:
        step = time.time() - time.monotonic() - self._offset
        if abs(step) > STEP_SECONDS:
            found = f"the clock was set by {step:+.1f} s while we looked"
            return [warning("clock", found, "Let chrony or systemd-timesyncd slew the clock, and never step it.")]
        return [ok("clock", "runs evenly")]


def _zone_data(release: str, now: datetime) -> Finding:
    year = int(release.split(".")[0])
    if now.year > year and (now.year > year + 1 or now.month >= STALE_FROM_MONTH):
        to_do = "Install a current tzdata: pip install --upgrade tzdata."
        return warning("zone data", f"tzdata {release} is from {year}: changes since then are not known", to_do)
    return ok("zone data", f"tzdata {release}, read from the package")


def _version(name: str) -> str:
    try:
        return version(name)
    except PackageNotFoundError:
        return "absent"
