"""New rules in a running service: the next question meets them."""

from dataclasses import replace

from dialer.core import commands as cmd
from dialer.core import events as ev
from dialer.core.compliance.packs import Rulebook
from tests.core.makers import Stage, make_prospect, rulebook


def without(pack: str) -> Rulebook:
    book = rulebook()
    return replace(book, packs={name: found for name, found in book.packs.items() if name != pack}, prefixes={})


def test_a_claimed_lead_is_asked_about_by_the_new_rules() -> None:
    stage = Stage()
    stage.log_in("ann")
    stage.tell(ev.RulesSet(without("LAB")))
    stage.supply(make_prospect())
    refused = stage.last(cmd.RefuseLead)
    assert refused.refusal.rule == "NUMBER_INVALID"
    assert not stage.given(cmd.OpenAttemptRow)


def test_after_new_rules_an_empty_list_is_asked_again_at_once() -> None:
    stage = Stage()
    stage.log_in("ann")
    stage.supply()
    assert stage.desk().hopper.ask_again_at is not None
    orders = stage.tell(ev.RulesSet(rulebook()))
    assert any(isinstance(order, cmd.ClaimLeads) for order in orders)
