"""A question as the ledger keeps it, and back: small JSON in which no phone number stands, and nobody's reference.

Only what differs from a question that knows nothing is written. `history` rows are [instant, kind, campaign, number,
subject], where the number is 0 for the one that was to be called, 1, 2 ... for the person's others, null where it is
not known. What a call was about is "subject 1" for this one's, "subject 2" ... for others: a contract's number is a
person's data, an erasure can take nothing out of here, and caps only ask which are the same. `hits` are [list, scope,
source, since, expires], `snapshots` [registry, drawn up at], `abandons` [abandoned, answered, period]. `rules` are the
campaign's with the house's and the trunk's, as the API writes them.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any

from pydantic import TypeAdapter

from dialer.core.compliance.do_not_call import ListHit
from dialer.core.compliance.limits import PastAttempt
from dialer.core.compliance.question import AbandonCount, CampaignRules, Mode, Question
from dialer.core.number import Number

_RULES = TypeAdapter(CampaignRules)
_MODE: TypeAdapter[Mode] = TypeAdapter(Mode)

# Where the person's other numbers stood: no phone has such a number, and caps only ask which are the same.
_OTHERS = "+000"


def told(question: Question) -> dict[str, Any]:
    """The question's inputs as JSON values, without who was asked about: that stands in the decision's own columns."""
    subjects = _subjects(question)
    known: dict[str, Any] = {
        "mode": question.mode,
        "region": question.region,
        "zone": question.zone,
        "consents": sorted(question.consents),
        "subject": subjects.get(question.subject),
        "history": _history(question, subjects),
        "hits": [[h.list_name, h.scope, h.source, text(h.since), text(h.expires)] for h in question.hits],
        "snapshots": [[name, text(at)] for name, at in question.snapshots],
        "suspended": list(question.suspended),
        "abandons": [[block.abandoned, block.answered, block.period] for block in question.abandons],
        "refused_at": text(question.refused_at),
        "rules": _rules(question.rules),
    }
    return {key: value for key, value in known.items() if value not in (None, [], {})}


def recalled(kept: Mapping[str, Any], number: Number, lead_id: int, campaign_id: int) -> Question:
    """The question that these inputs were written from.

    Raises:
        ValueError: a later version of the program wrote something that this one does not know.
    """
    try:
        return Question(
            number=number,
            lead_id=lead_id,
            campaign_id=campaign_id,
            rules=_RULES.validate_python(kept.get("rules", {})),
            history=tuple(
                PastAttempt(_moment(at), kind, campaign, _number(whose, number), subject)
                for at, kind, campaign, whose, subject in kept.get("history", ())
            ),
            hits=tuple(
                ListHit(name, scope, source, _moment(since), moment(expires))
                for name, scope, source, since, expires in kept.get("hits", ())
            ),
            region=kept.get("region"),
            zone=kept.get("zone"),
            mode=_MODE.validate_python(kept["mode"]),
            consents=frozenset(kept.get("consents", ())),
            subject=kept.get("subject"),
            refused_at=moment(kept.get("refused_at")),
            suspended=tuple(kept.get("suspended", ())),
            snapshots=tuple((name, moment(at)) for name, at in kept.get("snapshots", ())),
            abandons=tuple(AbandonCount(*block) for block in kept.get("abandons", ())),
        )
    except (KeyError, TypeError) as error:
        raise ValueError(f"inputs: {error}") from None


def text(at: datetime | None) -> str | None:
    """An instant as the ledger writes it: UTC, microseconds only where there are any."""
    return None if at is None else at.astimezone(UTC).isoformat().replace("+00:00", "Z")


def moment(kept: str | None) -> datetime | None:
    return None if kept is None else _moment(kept)


def _moment(kept: str) -> datetime:
    return datetime.fromisoformat(kept)


def _subjects(question: Question) -> dict[str | None, str | None]:
    """A word for each, its own first; None stays None."""
    every = dict.fromkeys((question.subject, *(past.subject for past in question.history)))
    named = (subject for subject in every if subject is not None)
    return {None: None, **{subject: f"subject {place}" for place, subject in enumerate(named, 1)}}


def _history(question: Question, subjects: Mapping[str | None, str | None]) -> list[list[Any]]:
    order = {question.number: 0}
    return [
        [
            text(past.at),
            past.kind,
            past.campaign_id,
            None if past.number is None else order.setdefault(past.number, len(order)),
            subjects[past.subject],
        ]
        for past in question.history
    ]


def _number(whose: int | None, own: Number) -> Number | None:
    if whose is None:
        return None
    return own if whose == 0 else Number(f"{_OTHERS}{whose}")


@lru_cache(maxsize=256)
def _rules(rules: CampaignRules) -> dict[str, Any]:
    """One campaign's rules stand behind thousands of questions. Not to be changed by whoever gets them."""
    values: dict[str, Any] = _RULES.dump_python(rules, mode="json", exclude_defaults=True)
    return values
