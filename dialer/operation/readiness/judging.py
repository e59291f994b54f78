"""The gate's answers for a whole campaign: equal questions are asked once. Pure, and slow enough to want a thread."""

from __future__ import annotations

from collections.abc import Hashable, Iterable
from dataclasses import dataclass, fields
from datetime import datetime
from operator import attrgetter
from typing import Any, Final

from dialer.core.compliance.codes import sentence
from dialer.core.compliance.gate import Permit, Question, check
from dialer.core.compliance.packs import Rulebook
from dialer.core.compliance.zones import place_of

# Who is asked about, and by which number: all that may differ between two equal questions, where there is no history.
# Of the number the gate sees its place, and the leading digits that a suspension may name. What a call is about counts
# among past attempts alone.
_OWN: Final = frozenset({"number", "lead_id", "subject"})
_SHARED: Final = attrgetter(*(field.name for field in fields(Question) if field.name not in _OWN))

_MOST_KEPT: Final = 100_000
"""Answers remembered at a time; a list whose every row is another case must not fill the memory."""


@dataclass(frozen=True, slots=True)
class Fate:
    """What the gate says of a lead. `at`: the first instant at which it permits the call; None: never by waiting alone.
    The rest is of the refusal that stands before it; all None where nothing does.
    """

    at: datetime | None
    code: str | None = None
    decided_by: str | None = None
    zone: str | None = None
    sentence: str | None = None
    sentence_zh: str | None = None


class Judge:
    """Asks the gate about many leads of one campaign, and remembers what it said of equal ones."""

    def __init__(self, rulebook: Rulebook, *, share: bool = True) -> None:
        """`share` False: each question is asked for itself, to compare."""
        self._rulebook = rulebook
        self._share = share
        self._said: dict[Hashable, Fate] = {}
        self.asked = 0  # questions that reached the gate
        self.packs: set[str] = set()  # those that had a say, as id@version

    def fates(self, questions: Iterable[tuple[Question, datetime]]) -> list[Fate]:
        """Of each question at its instant (aware)."""
        return [self.fate(question, at) for question, at in questions]

    def fate(self, question: Question, at: datetime) -> Fate:
        key = self._key(question, at) if self._share and not question.history else None
        fate = self._said.get(key) if key is not None else None
        if fate is None:
            fate = self._ask(question, at)
            if key is not None:
                if len(self._said) >= _MOST_KEPT:
                    self._said.clear()
                self._said[key] = fate
        return fate

    def _key(self, question: Question, at: datetime) -> Hashable:
        digits = max((len(area) for area in question.suspended if area.startswith("+")), default=0)
        place = place_of(self._rulebook, question.number)
        shared: Any = _SHARED(question)
        return place, question.number.e164[:digits], at, shared

    def _ask(self, question: Question, at: datetime) -> Fate:
        self.asked += 1
        verdict = check(self._rulebook, question, at)
        self.packs.update(verdict.basis.packs)
        if isinstance(verdict, Permit):
            return Fate(at)
        by, zone = verdict.decided_by, verdict.zone
        chinese = sentence(verdict.rule, "zh", by=by, zone=zone, local=verdict.local)
        return Fate(verdict.try_after, verdict.rule, by, zone, verdict.sentence, chinese)
