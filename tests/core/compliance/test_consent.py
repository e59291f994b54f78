"""What a consent on file is worth at an instant."""

from dataclasses import replace

import pytest

from dialer.core.compliance.consent import Consent, Given, in_force
from tests.core.compliance.makers import at

NOON = at("2026-11-23 12:00")
YES = Given("express", at("2026-11-01 09:00"))


def test_a_consent_holds_from_its_moment_until_it_expires() -> None:
    given = replace(YES, expires=at("2026-12-01 00:00"))
    assert in_force([given], (), NOON) == {"express"}
    assert in_force([given], (), at("2026-12-01 00:00")) == set()
    assert in_force([given], (), at("2026-11-01 08:59")) == set()


def test_a_withdrawn_consent_is_none_from_then_on() -> None:
    given = replace(YES, withdrawn_at=NOON)
    assert in_force([given], (), at("2026-11-23 11:59")) == {"express"}
    assert in_force([given], (), NOON) == set()


def test_a_consent_to_one_purpose_is_none_to_another() -> None:
    given = replace(YES, purpose="insurance")
    assert in_force([given], ("insurance",), NOON) == {"express"}
    assert in_force([given], ("debt",), NOON) == set()
    assert in_force([YES], ("debt",), NOON) == {"express"}


@pytest.mark.parametrize(
    ("kind", "worth"),
    [
        ("written", {"written", "express"}),
        ("appointment", {"appointment", "express"}),
        ("contract", {"contract"}),
        ("night", {"night"}),
    ],
)
def test_who_signed_or_named_the_hour_has_said_yes_and_a_customer_has_not(kind: Consent, worth: set[Consent]) -> None:
    assert in_force([replace(YES, kind=kind)], (), NOON) == worth


def test_an_appointment_is_an_hour() -> None:
    given = Given("appointment", at("2026-11-23 12:00"), expires=at("2026-11-23 13:00"))
    assert in_force([given], (), NOON)
    assert not in_force([given], (), at("2026-11-23 13:00"))
