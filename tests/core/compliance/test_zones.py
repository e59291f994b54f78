import pytest

from dialer.core.compliance.packs import Rulebook
from dialer.core.compliance.zones import candidate_zones, place_of
from dialer.core.number import Number

EAST, CENTRAL, MOUNTAIN = "America/New_York", "America/Chicago", "America/Denver"


@pytest.mark.parametrize(
    ("number", "country", "region", "zones"),
    [
        ("+12125550123", "US", "US-NY", (EAST,)),
        ("+18505550123", "US", "US-FL", (EAST, CENTRAL)),
        ("+14235550123", "US", "US-TN", (EAST, CENTRAL)),
        ("+17295550123", "US", "US-TN", (EAST, CENTRAL)),  # a new overlay of 423
        ("+14365550123", "US", "US-OH", (EAST,)),  # in use, and unknown to the library
        ("+16215550123", "US", "US-TX", (CENTRAL, MOUNTAIN)),  # unknown to the library: every zone of the state
        ("+17875550123", "US", "US-PR", ("America/Puerto_Rico",)),
        ("+16045550123", "CA", "CA-BC", ("America/Vancouver",)),
        ("+19025550123", "CA", None, ("America/Halifax",)),
        ("+18769221234", "JM", None, ("America/Jamaica",)),
        ("+18005550199", "US", None, ()),
        ("+16005550199", "CA", None, ()),
        ("+15555550123", "US", None, ()),
        ("+911155550123", "IN", None, ("Asia/Kolkata",)),
        ("+262262123456", "FR", None, ("Indian/Reunion", "Indian/Mayotte")),
        ("+34922555012", "ES", None, ("Atlantic/Canary",)),
        ("+212522123456", "MA", None, ("Africa/Casablanca",)),
        ("+80012345678", "001", None, ()),
    ],
)
def test_a_number_is_in_every_zone_its_digits_allow(
    rulebook: Rulebook, number: str, country: str, region: str | None, zones: tuple[str, ...]
) -> None:
    place = place_of(rulebook, Number(number))
    assert place is not None
    assert (place.country, place.region, place.zones) == (country, region, zones)


@pytest.mark.parametrize(
    ("number", "region", "zone", "zones"),
    [
        ("+18505550123", "US-FL", None, (EAST, CENTRAL)),
        ("+18505550123", None, CENTRAL, (CENTRAL,)),
        ("+18505550123", "US-AL", None, (EAST, CENTRAL)),  # moved away, or not: both
        ("+12125550123", "US-TX", None, (EAST, CENTRAL, MOUNTAIN)),
        ("+12125550123", None, CENTRAL, (EAST, CENTRAL)),
        ("+18005550199", "US-TX", None, (CENTRAL, MOUNTAIN)),
        ("+18005550199", None, "US/Nowhere", ()),
        ("+18005550199", None, EAST, (EAST,)),
        ("+61491570156", "AU-WA", None, ("Australia/Perth",)),
        ("+911155550123", None, "Asia/Calcutta", ("Asia/Kolkata",)),
        ("+911155550123", "IN-DL", None, ("Asia/Kolkata",)),
        ("+33612345678", "FR-974", None, ("Europe/Paris", "Indian/Reunion")),
        ("+12125550123", "GB-ENG", None, (EAST, "Europe/London")),
        ("+12125550123", "US-ZZ", None, (EAST,)),
        ("+12125550123", "BR-SP", None, ()),  # another country whose clocks we do not know: no call
    ],
)
def test_what_is_known_of_the_callee_narrows_or_adds_to_the_numbers_zones(
    rulebook: Rulebook, number: str, region: str | None, zone: str | None, zones: tuple[str, ...]
) -> None:
    place = place_of(rulebook, Number(number))
    assert place is not None
    assert candidate_zones(rulebook, place, region, zone) == zones


def test_every_zone_that_the_tables_name_exists(rulebook: Rulebook) -> None:
    tables = (*rulebook.zone_corrections.values(), *rulebook.region_zones.values(), tuple(rulebook.renamed.values()))
    assert {zone for zones in tables for zone in zones} <= rulebook.zone_names


def test_every_state_with_an_area_code_has_its_zones(rulebook: Rulebook) -> None:
    states = {area for area in rulebook.area_codes.values() if "-" in area}
    assert len([state for state in states if state.startswith("US-")]) == 50 + 1 + 5  # states, the capital, territories
    assert states <= rulebook.region_zones.keys()
