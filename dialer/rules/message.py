"""Whether a campaign may start without a message for a person who answers and finds no agent."""

from collections.abc import Iterable
from datetime import datetime
from zoneinfo import ZoneInfo

from dialer.config import Settings
from dialer.core.campaign import Campaign, DialMode, under_house_rules
from dialer.core.compliance.abandonment import demands_message
from dialer.core.compliance.packs import Pack, Rulebook, choose


def missing(settings: Settings, rulebook: Rulebook, campaign: Campaign, now: datetime) -> str | None:
    """The sentence for who wants to start it; None where it may start.

    Asked of the packs of the house's own country, of its purposes and of the trunk's carrier. Which other countries'
    numbers the campaign has is only known when they are called.
    """
    if campaign.dial_mode is not DialMode.PROGRESSIVE or campaign.abandon_message or settings.calling.abandon_message:
        return None
    pack = demands_message(at_home(settings, rulebook, campaign, now))
    if pack is None:
        return None
    return (
        f"campaign {campaign.name} dials progressively and has no abandon_message: under {pack.id} a person who "
        "answers and finds no agent must hear who called; name a sound in calling.abandon_message or in the campaign"
    )


def at_home(settings: Settings, rulebook: Rulebook, campaign: Campaign, now: datetime) -> tuple[Pack, ...]:
    """The packs of the house's own country, of its and the campaign's purposes and of the trunk's carrier, of today."""
    calling = settings.calling
    today = now.astimezone(ZoneInfo(calling.zone)).date()
    rules = under_house_rules(campaign, settings.overlays(campaign.trunk), calling.purposes).rules
    return choose(rulebook, (calling.region,), rules.purposes, rules.overlays, frozenset({today})).packs


def demanding(rulebook: Rulebook, labels: Iterable[str]) -> str | None:
    """The id of the first of these packs, named with their versions, that wants a message; None where none does."""
    editions = (edition for label in labels for edition in rulebook.packs.get(label.partition("@")[0], ()))
    pack = demands_message(editions)
    return pack.id if pack is not None else None
