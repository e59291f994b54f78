"""Holiday calendars by year, from the `holidays` package, from published lists, and from the operator's own dates."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from typing import Any

import holidays

from dialer.core.compliance.hours import Calendar


@dataclass(frozen=True, slots=True)
class OwnDates:
    """Days an operator adds to a calendar. They make their years known: who enters dates enters all of a year."""

    calendar: str
    off: frozenset[date] = frozenset()
    workdays: frozenset[date] = frozenset()


def build_calendars(data: Mapping[str, Any], own: Iterable[OwnDates]) -> dict[str, Calendar]:
    """`data` is calendars.toml. A year is known only if a source has a day in it: the library says nothing, instead of
    raising, for a year it lacks."""
    countries = {country: country for country in holidays.list_supported_countries(include_aliases=False)}
    built = {
        name: _from_library(
            name, place, tuple(year for year in data["years"] if year <= data["known_until"].get(name, year))
        )
        for name, place in {**countries, **data["library"]}.items()
    }
    published = [
        OwnDates(name, frozenset(table.get("off", ())), frozenset(table.get("workdays", ())))
        for name, table in data["dates"].items()
    ]
    for dates in (*published, *own):
        before = built.get(dates.calendar, Calendar(dates.calendar, frozenset(), frozenset()))
        years = before.years | {day.year for day in dates.off | dates.workdays}
        built[dates.calendar] = Calendar(
            before.id, years, before.off - dates.workdays | dates.off, before.workdays | dates.workdays
        )
    return built


@lru_cache(maxsize=1024)
def _from_library(name: str, place: str, years: tuple[int, ...]) -> Calendar:
    country, _, subdivision = place.partition("/")
    days = frozenset(holidays.country_holidays(country, subdiv=subdivision or None, years=years))
    return Calendar(name, frozenset(day.year for day in days), days)
