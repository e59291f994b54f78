"""A pack in words."""

from __future__ import annotations

from datetime import timedelta

import pytest

from dialer.core.compliance.limits import Cap
from dialer.core.compliance.packs import Rulebook
from dialer.rules.wording import cap_text, said


@pytest.mark.parametrize(
    ("cap", "text"),
    [
        (Cap("rolling", 3, timedelta(hours=24), scope="person"), "3 in 24 hours per person"),
        (Cap("rolling", 3, timedelta(minutes=5)), "3 in 5 minutes per number"),
        (Cap("anchored", 20, timedelta(hours=1)), "20 in 1 hours from the first per number"),
        (Cap("calendar_week", 15), "15 in a calendar week per number"),
        (Cap("rolling_days", 7, days=7, counts="conversations"), "7 conversations in 7 calendar days per number"),
        (Cap("campaign", 30), "30 in a campaign per number"),
        (Cap("cooldown", 0, timedelta(hours=72), counts="abandoned"),
         "none within 72 hours after abandoned per number"),
        (Cap("cooldown_days", 0, days=7, counts="conversations"),
         "none within 7 calendar days after conversations per number"),
    ],
)  # fmt: skip
def test_a_cap_is_one_phrase(cap: Cap, text: str) -> None:
    assert cap_text(cap) == text


def test_every_field_a_pack_fills_is_said(rulebook: Rulebook) -> None:
    britain = said(rulebook.packs["GB"][0])
    assert britain["ring"] == ("15 s",)
    assert britain["caller id"][:2] == ("withheld is banned", "not +449")
    assert britain["abandonment"][:2] == ("at most 3 % of day", "agent within 2 s of greeting_start")
    germany = said(rulebook.packs["DE"][0])
    assert germany["ring"] == ("15 s or 3 rings, at most 40 s",)
    assert germany["abandonment"] == ("code: avoid; tell the called person promptly",)
    assert said(rulebook.packs["US"][0])["opt-out"] == (
        "honoured within 10 business days", "kept for ever", "to be offered by key or speech",
    )  # fmt: skip
    assert said(rulebook.packs["CA"][0])["opt-out"] == ("honoured within 14 days", "kept 3 years and 14 days")
    assert said(rulebook.packs["KR"][0])["waiver"] == ("night lifts hours",)
    assert said(rulebook.packs["IT"][0])["eve of a holiday"] == ("hours of sat",)
    assert said(rulebook.packs["AU"][0])["windows for research"] == ("mon-fri 09:00-20:30, sat-sun 09:00-17:00",)
    assert said(rulebook.packs["SG"][0])["registries"] == ("SG-DNC, at most 21 days old",)
    assert said(rulebook.packs["CN-INS"][0])["recording"] == ("compulsory", "kept at least 3650 days")
    assert "opt-in" not in britain
