"""Two sets of packs compared, field by field, with a word on whether a change asks more of a caller or less."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Literal

from dialer.core.compliance.limits import Cap
from dialer.core.compliance.packs import Pack
from dialer.core.compliance.week import Week
from dialer.rules.wording import Lines, edition, said

Tendency = Literal["stricter", "looser"]


@dataclass(frozen=True, slots=True)
class Change:
    """One field of one edition. `old` or `new` empty: it was not there. `field` empty: the whole edition came or went,
    and its name stands in `new` or `old`. `tendency` None: that cannot be told.
    """

    pack: str
    field: str
    old: Lines
    new: Lines
    tendency: Tendency | None = None

    @property
    def kind(self) -> Literal["added", "removed", "changed"]:
        return "added" if not self.old else "removed" if not self.new else "changed"


def compare(old: Mapping[str, Pack], new: Mapping[str, Pack]) -> tuple[Change, ...]:
    """What differs between two sets of editions under the same names."""
    return tuple(change for name in (*old, *(name for name in new if name not in old))
                 for change in _edition(name, old.get(name), new.get(name)))  # fmt: skip


def editions(packs: Mapping[str, Sequence[Pack]]) -> dict[str, Pack]:
    """Every edition under its id, and from its first day where it has one."""
    return {edition(pack): pack for found in packs.values() for pack in found}


def on(packs: Mapping[str, Sequence[Pack]], day: date) -> dict[str, Pack]:
    """The editions that hold on a day, under their ids."""
    return {pack.id: pack for found in packs.values() for pack in found if pack.in_force(day)}


def _edition(name: str, old: Pack | None, new: Pack | None) -> Iterator[Change]:
    if old is None or new is None:
        yield Change(name, "", (old.name,) if old else (), (new.name,) if new else ())
        return
    before, after = said(old), said(new)
    for field in (*before, *(field for field in after if field not in before)):
        was, now = before.get(field, ()), after.get(field, ())
        if was != now:
            tell = _TENDENCIES.get(field)
            yield Change(name, field, was, now, tell(old, new) if tell else None)


def _fewer_open(old: Week, new: Week) -> Tendency | None:
    return _larger(_open_minutes(new), _open_minutes(old))


def _open_minutes(week: Week) -> frozenset[int]:
    return frozenset(
        minute % (7 * 1440)
        for day, windows in enumerate(week)
        for start, end in windows
        for minute in range(day * 1440 + start, day * 1440 + (end if end > start else end + 1440))
    )


def _larger(old: frozenset[object] | frozenset[int], new: frozenset[object] | frozenset[int]) -> Tendency | None:
    """For what a pack forbids, or asks for: the larger set is the stricter."""
    return "stricter" if old < new else "looser" if old > new else None


def _higher(old: float | None, new: float | None) -> Tendency | None:
    """For a number that asks more the higher it is, and nothing where it is not."""
    was, now = -1.0 if old is None else old, -1.0 if new is None else new
    return "stricter" if was < now else "looser" if was > now else None


def _lower(old: float | None, new: float | None) -> Tendency | None:
    """For a number that asks more the lower it is, and nothing where it is not."""
    return _higher(None if old is None else -old + 1e9, None if new is None else -new + 1e9)


def _caps(old: Pack, new: Pack) -> Tendency | None:
    """Told where all that differs goes one way."""
    was, now = _counts(old.caps), _counts(new.caps)
    found = {_lower(was.get(key), now.get(key)) for key in was.keys() | now.keys() if was.get(key) != now.get(key)}
    return found.pop() if len(found) == 1 else None


def _counts(caps: Sequence[Cap]) -> dict[tuple[object, ...], float]:
    """Each cap's number, of which less is stricter: its count, or a cool-down's length below zero."""
    found: dict[tuple[object, ...], float] = {}
    for cap in caps:
        if cap.kind in ("cooldown", "cooldown_days"):
            found[cap.kind, cap.counts, cap.scope] = -(cap.period + timedelta(days=cap.days)).total_seconds()
        else:
            found[cap.kind, cap.period, cap.days, cap.counts, cap.scope] = cap.count
    return found


def _registries(old: Pack, new: Pack) -> Tendency | None:
    was, now = ({one.name: one.max_age_days for one in pack.registries} for pack in (old, new))
    if was.keys() != now.keys():
        return _larger(frozenset(was), frozenset(now))
    found = {_lower(was[name], now[name]) for name in was if was[name] != now[name]}
    return found.pop() if len(found) == 1 else None


_TENDENCIES: Mapping[str, Callable[[Pack, Pack], Tendency | None]] = {
    "windows": lambda a, b: _fewer_open(a.week, b.week),
    "emergency exempts": lambda a, b: _larger(frozenset(b.emergency_exempts), frozenset(a.emergency_exempts)),
    "blocked regions": lambda a, b: _larger(frozenset(a.blocked_regions), frozenset(b.blocked_regions)),
    "registries": _registries,
    "refusal is final": lambda a, b: _higher(a.refusal_is_final, b.refusal_is_final),
    "refusal binds, days": lambda a, b: _higher(a.refusal_days, b.refusal_days),
    "opt-in": lambda a, b: _higher(a.opt_in, b.opt_in),
    "waiver": lambda a, b: _higher(a.waiver is None, b.waiver is None),
    "closed on": lambda a, b: None if a.by_region or b.by_region else _larger(_set(a.closes_on), _set(b.closes_on)),
    "extra zones": lambda a, b: _larger(_set(a.extra_zones), _set(b.extra_zones)),
    "caps": _caps,
    "ring": lambda a, b: _higher(_rings(a), _rings(b)),
}


def _rings(pack: Pack) -> int | None:
    return None if pack.min_ring is None else pack.min_ring.seconds


def _set(names: Sequence[str]) -> frozenset[object]:
    return frozenset(names)
