"""A campaign's settings as JSON and back. What cannot be read names its key, so that a form or a file can show it."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import fields
from typing import Any

from pydantic import TypeAdapter, ValidationError

from dialer.core.campaign import Campaign, RecycleRule
from dialer.core.compliance.gate import CampaignRules
from dialer.core.compliance.week import parse_week

# Kept in columns of their own, because other tables, queries and people look at them.
COLUMNS = ("id", "name", "dial_mode", "trunk", "priority")

_CAMPAIGN = TypeAdapter(Campaign)
_KEYS: dict[type, frozenset[str]] = {
    Campaign: frozenset(f.name for f in fields(Campaign)),
    CampaignRules: frozenset(f.name for f in fields(CampaignRules)),
    RecycleRule: frozenset(f.name for f in fields(RecycleRule)),
}

# Smallest and largest sensible values, in the unit of the setting.
_BOUNDS: dict[str, tuple[int, int]] = {
    "priority": (-1000, 1000),
    "ring_seconds": (5, 120),
    "wrap_up_seconds": (0, 3600),
    "preview_seconds": (5, 3600),
    "max_attempts": (1, 100),
}

_SOUND = (
    re.compile(r"([A-Za-z0-9_][A-Za-z0-9_.-]*(/[A-Za-z0-9_][A-Za-z0-9_.-]*)*)?"),
    "a sound's name, such as dialer/notice",
)

# What may reach the PBX: a dialplan argument must not be able to end itself.
_FORMS: dict[str, tuple[re.Pattern[str], str]] = {
    "trunk": (re.compile(r"[A-Za-z0-9_.-]{1,64}"), "letters, digits, dot, dash and underscore"),
    "notice": _SOUND,
    "abandon_message": _SOUND,
    "opt_out_key": (re.compile(r"[0-9*]?"), "one key, 0 to 9 or *"),
    "transfer_numbers": (re.compile(r"\+[0-9]{3,15}"), "numbers in E.164, such as +442071838750"),
    "caller_ids": (re.compile(r"\+?[0-9]{1,15}"), "digits, with a leading + at most"),
}


class BadSetting(ValueError):
    """A campaign setting that cannot be used. `key` is the path to it, such as `rules.gap`."""

    def __init__(self, key: str, why: str) -> None:
        super().__init__(f"{key}: {why}")
        self.key = key


def read(campaign_id: int, values: Mapping[str, Any]) -> Campaign:
    """The campaign these values describe. Durations are seconds or ISO 8601 (`PT2H`); windows are minutes of the day
    for each weekday, or as people write them: `{"mon-fri": ["09:00-12:00", "14:00-20:00"], "sat-sun": []}`.

    Raises:
        BadSetting: an unknown key, a wrong type or a value out of bounds.
    """
    _refuse_unknown(values)
    try:
        campaign = _CAMPAIGN.validate_python({**_with_windows(values), "id": campaign_id})
    except ValidationError as error:
        first = error.errors()[0]
        raise BadSetting(".".join(str(part) for part in first["loc"]), first["msg"]) from None
    _check(campaign)
    return campaign


def write(campaign: Campaign) -> dict[str, Any]:
    """All settings as JSON values, those of `COLUMNS` included."""
    values: dict[str, Any] = _CAMPAIGN.dump_python(campaign, mode="json")
    return values


def _with_windows(values: Mapping[str, Any]) -> Mapping[str, Any]:
    rules = values.get("rules")
    windows = rules.get("windows") if isinstance(rules, Mapping) else None
    if not isinstance(rules, Mapping) or not isinstance(windows, Mapping):
        return values
    try:
        return {**values, "rules": {**rules, "windows": parse_week(windows)}}
    except (ValueError, TypeError) as error:
        raise BadSetting("rules.windows", str(error)) from None


def _refuse_unknown(values: Mapping[str, Any]) -> None:
    for prefix, of, part in _parts(values):
        unknown = sorted(set(part) - _KEYS[of]) if isinstance(part, Mapping) else []
        if unknown:
            raise BadSetting(f"{prefix}{unknown[0]}", f"expected one of {', '.join(sorted(_KEYS[of]))}")


def _parts(values: Mapping[str, Any]) -> Iterator[tuple[str, type, Any]]:
    yield "", Campaign, values
    yield "rules.", CampaignRules, values.get("rules", {})
    recycle = values.get("recycle", {})
    for kind, rule in recycle.items() if isinstance(recycle, Mapping) else ():
        yield f"recycle.{kind}.", RecycleRule, rule


def _check(campaign: Campaign) -> None:
    for key, (low, high) in _BOUNDS.items():
        if not low <= getattr(campaign, key) <= high:
            raise BadSetting(key, f"expected {low} to {high}")
    for key, (form, words) in _FORMS.items():
        value = getattr(campaign, key)
        for one in value if isinstance(value, tuple) else (value,):
            if not form.fullmatch(one):
                raise BadSetting(key, f"expected {words}")
    for window in (w for day in campaign.rules.windows or () for w in day):
        if not (0 <= window[0] < 1440 and 0 <= window[1] <= 1440):
            raise BadSetting("rules.windows", "expected minutes of the day, 0 to 1440")
    if not campaign.name.strip() or len(campaign.name) > 100 or not campaign.name.isprintable():
        raise BadSetting("name", "expected 1 to 100 visible characters")
    if campaign.default_disposition not in campaign.dispositions:
        raise BadSetting("default_disposition", f"expected one of {', '.join(sorted(campaign.dispositions))}")
    for word in campaign.dispositions:
        if not re.fullmatch(r"[a-z][a-z0-9_]{0,63}", word):
            raise BadSetting("dispositions", "expected words of lower case letters, digits and underscores")
    for kind, rule in campaign.recycle.items():
        if rule.delay.total_seconds() < 0 or rule.limit < 0:
            raise BadSetting(f"recycle.{kind.value}", "expected a delay and a limit of 0 or more")
