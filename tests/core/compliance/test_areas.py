from __future__ import annotations

import pytest

from dialer.core.compliance.areas import UnknownArea, area_named
from tests.core.makers import rulebook

NAMED = [
    ("fr", "FR"),
    ("NO", "NO"),  # a country without a pack
    (" us-ny ", "US-NY"),
    ("CN-CARRIER", "CN-CARRIER"),
    ("CN-GD", "CN-GD"),  # a region that no rule names, but an address may
    ("AU-NSW", "AU-NSW"),
    ("+1518", "+1518"),
    ("+15185550", "+15185550"),
    ("+4", "+4"),
    ("+44", "+44"),
    ("+999", "+999"),  # the lab's pack is loaded
]


@pytest.mark.parametrize(("text", "area"), NAMED)
def test_an_area_is_known_in_whatever_case(text: str, area: str) -> None:
    assert area_named(rulebook(), text) == area


UNKNOWN = [
    ("NY", "US-NY"),
    ("US-NX", "US-NY"),
    ("GBR", "GB"),
    ("+1999", "+1989"),
    ("+0", "+90"),
    ("+", None),
    ("", None),
    ("QX", None),
    ("QX-1", None),
    ("Frankreich", None),
]


@pytest.mark.parametrize(("text", "near"), UNKNOWN)
def test_an_unknown_area_is_refused_with_what_looks_like_it(text: str, near: str | None) -> None:
    with pytest.raises(UnknownArea) as refused:
        area_named(rulebook(), text)
    assert near is None or near in refused.value.near
    assert near is None or near in str(refused.value)
