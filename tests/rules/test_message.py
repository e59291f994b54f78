"""Which campaigns may not start without a message for who answers and finds no agent."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest

from dialer.config import CallingSettings, Settings, TrunkSettings
from dialer.core.campaign import Campaign, DialMode
from dialer.rules.message import demanding, missing
from tests.core.makers import make_campaign, rulebook

NOW = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)


def house(region: str = "US", **calling: Any) -> Settings:
    return Settings(calling=CallingSettings(region=region, **calling), trunks=(TrunkSettings(name="carrier"),))


def sentence(settings: Settings, campaign: Campaign | None = None) -> str | None:
    return missing(settings, rulebook(), campaign or make_campaign(), NOW)


@pytest.mark.parametrize(
    ("region", "demands"), [("US", True), ("CA", True), ("GB", True), ("DE", False), ("CN", False)]
)
def test_where_abandonment_is_limited_a_progressive_campaign_needs_a_message(region: str, demands: bool) -> None:
    found = sentence(house(region))
    assert (found is not None) is demands
    if found is not None:
        assert "abandon_message" in found
        assert f"under {region}" in found


def test_the_houses_message_or_the_campaigns_will_do() -> None:
    assert sentence(house(abandon_message="dialer/sorry")) is None
    assert sentence(house(), make_campaign(abandon_message="autumn/sorry")) is None


def test_in_preview_the_agent_is_on_the_line_before_the_call() -> None:
    assert sentence(house(), make_campaign(dial_mode=DialMode.PREVIEW)) is None


def test_a_carriers_pack_may_demand_it() -> None:
    trunk = TrunkSettings(name="carrier", overlays=("GB",))
    assert sentence(Settings(calling=CallingSettings(region="CN"), trunks=(trunk,))) is not None
    other = replace(make_campaign(), trunk="other")
    assert sentence(Settings(calling=CallingSettings(region="CN"), trunks=(trunk,)), other) is None


def test_the_packs_of_a_permit_tell_whether_a_message_is_wanted() -> None:
    assert demanding(rulebook(), ("LAB@1", "CA@2026-11")) == "CA"
    assert demanding(rulebook(), ("LAB@1", "NOWHERE@1")) is None
