"""Made-up cases: packs that no law has, callees that nobody knows, instants that lie where mistakes are made."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from hypothesis import strategies as st

from dialer.rules.zone_data import zone_names
from tests.core.compliance.oracle.as_asked import COUNTRY
from tests.core.compliance.oracle.clocks import FIRST, LAST, changes
from tests.core.compliance.oracle.law import DAYS, Case

ZONES = sorted(zone_names())
MINE, OTHER = f"+{COUNTRY}0001", f"+{COUNTRY}0002"
CALENDARS = ("MADE-A", "MADE-B")
KINDS = ("no_answer", "busy", "answered", "conversation", "abandoned", "amd_machine")
ELAPSED = ("rolling", "anchored", "cooldown")
CALENDAR = ("calendar_day", "calendar_week", "calendar_month", "rolling_days", "cooldown_days")
SCOPES = ("number", "person", "person+debt", "person+subject", "person+seller")
PERIODS = ("campaign_30_days", "calendar_month", "day")
CONSENTS = ("express", "written", "appointment", "contract", "night")

_MARKS = (0, 1, 30, 60, 90, 119, 120, 121, 150, 180, 240, 480, 540, 720, 780, 840, 1080, 1200, 1260, 1380, 1439, 1440)


def clock(minute: int) -> str:
    return f"{minute // 60:02}:{minute % 60:02}"


def some(items: Sequence[Any], most: int) -> st.SearchStrategy[list[Any]]:
    return st.lists(st.sampled_from(items), max_size=most, unique=True)


def maybe(strategy: st.SearchStrategy[Any], one_in: int = 3) -> st.SearchStrategy[Any]:
    """None, except for one case in so many."""
    return st.integers(1, one_in).flatmap(lambda n: strategy if n == one_in else st.none())


@st.composite
def weeks(draw: st.DrawFn) -> dict[str, list[tuple[str, str]]]:
    """Up to two windows a day, in order, and perhaps one into the night; windows of one clock never overlap."""
    week, style = {}, draw(st.sampled_from(["wide", "wide", "split", "night", "any"]))
    if style == "wide":
        start, end = draw(st.sampled_from([0, 480, 540])), draw(st.sampled_from([1200, 1260, 1440]))
        shut = draw(some(DAYS, 2))
        return {day: [] if day in shut else [(clock(start), clock(end))] for day in DAYS}
    morning = draw(st.sampled_from([0, 60, 120, 150])) if style == "night" else 0
    for day in DAYS:
        marks = [mark for mark in _MARKS if mark >= morning]
        minute = st.one_of(st.sampled_from(marks), st.integers(morning, 1440))
        cuts = sorted(draw(st.lists(minute, min_size=2, max_size=4, unique=True)))
        windows = [(clock(start), clock(end)) for start, end in zip(cuts[::2], cuts[1::2], strict=False)]
        if style == "any" and draw(st.booleans()):
            windows = []
        last = cuts[1] if len(cuts) < 4 else cuts[3]
        if morning and last < 1440 and draw(st.booleans()):
            windows.append((clock(draw(st.integers(last, 1439))), clock(morning)))
        week[day] = windows
    return week


@st.composite
def caps(draw: st.DrawFn) -> Case:
    kind = draw(st.sampled_from([*ELAPSED, *CALENDAR, "campaign"]))
    periods = [300, 3600, 86400, 86400, 3 * 86400, draw(st.integers(1, 100000))]
    return {
        "kind": kind,
        "count": 0 if kind.startswith("cooldown") else draw(st.integers(1, 4)),
        "period": timedelta(seconds=draw(st.sampled_from(periods)) if kind in ELAPSED else 0),
        "days": draw(st.sampled_from([1, 2, 7, 30])) if kind.endswith("_days") else 0,
        "counts": draw(st.sampled_from(["attempts", "attempts", "conversations", "abandoned", "amd_machine"])),
        "scope": draw(st.sampled_from(SCOPES)),
    }


@st.composite
def editions(draw: st.DrawFn, extends: str | None, purpose: str | None, overlay: bool) -> Case:
    rare = st.integers(1, 6).map(lambda n: n == 6)
    return {
        "from": None,
        "to": None,
        "dated_in": None,
        "extends": extends,
        "purpose": purpose,
        "overlay": overlay,
        "windows": draw(weeks()),
        "modes": {"research": draw(weeks())} if draw(rare) else {},
        "closes_on": draw(some(CALENDARS, 2)),
        "eve": draw(maybe(st.sampled_from(DAYS))),
        "waiver": draw(
            maybe(
                st.fixed_dictionaries(
                    {
                        "by": st.lists(st.sampled_from(CONSENTS), min_size=1, max_size=2),
                        "lifts": st.lists(st.sampled_from(["hours", "holidays"]), min_size=1, max_size=2, unique=True),
                    }
                )
            )
        ),
        "caps": draw(st.lists(caps(), max_size=3)) if draw(st.booleans()) else [],
        "extra_zones": [draw(st.sampled_from(ZONES))] if draw(rare) else [],
        "blocked_regions": draw(st.sampled_from([[], [], [], ["XA-N"], ["XA-N", "XA-S"]])),
        "opt_in": draw(rare),
        "registries": draw(st.sampled_from([[], [], [("REG-A", None)], [("REG-A", 31), ("REG-B", None)]])),
        "refusal_is_final": draw(rare),
        "refusal_days": draw(maybe(st.integers(1, 90), 4)),
        "emergency_exempts": draw(some(CONSENTS, 2)),
        "abandonment": draw(maybe(st.tuples(st.sampled_from([3.0, 5.0]), st.sampled_from(PERIODS)), 4)),
        "replaces_windows": extends is not None and draw(st.booleans()),
    }


@st.composite
def books(draw: st.DrawFn, at: datetime) -> dict[str, list[Case]]:
    """A country's pack, and perhaps a region's, a purpose's and a trunk's; each in one edition or in two."""
    kinds: list[tuple[str, str | None, str | None, bool]] = [("XA", None, None, False)]
    if draw(st.integers(1, 3)) == 3:
        kinds.append(("XA-N", "XA", None, False))
    if draw(st.booleans()):
        kinds.append(("XA-DEBT", "XA", "debt", False))
    if draw(st.booleans()):
        kinds.append(("XT", None, None, True))
    book = {}
    for pack_id, extends, purpose, overlay in kinds:
        first = draw(editions(extends, purpose, overlay))
        if draw(st.integers(1, 4)) < 4:
            book[pack_id] = [first]
            continue
        second = draw(editions(extends, purpose, overlay))
        turn = at.date() + timedelta(days=draw(st.integers(-2, 3)))
        # Only a region's or a purpose's rule may lapse, for a while or for good; the loader refuses other gaps.
        lapse = 0 if pack_id in ("XA", "XT") else draw(st.sampled_from([0, 0, 1, 2]))
        first["dated_in"] = second["dated_in"] = draw(maybe(st.sampled_from(ZONES)))
        first["to"], second["from"] = turn - timedelta(days=1 + lapse), turn
        if lapse == 2:
            second["to"] = turn + timedelta(days=1)
        book[pack_id] = [first, second]
    return book


@st.composite
def moments(draw: st.DrawFn, zones: list[str]) -> datetime:
    """An instant from 2020 to 2037: near a change of a zone's clock, near a whole hour, or anywhere."""
    turns = [turn for zone in zones for turn in changes(zone)]
    style = draw(st.sampled_from(["change", "hour", "any"]))
    if style == "change" and turns:
        turn = draw(st.sampled_from(turns))
        off = st.one_of(st.integers(-7200, 7200), st.sampled_from([-3600, -1800, -60, -1, 0, 1, 60, 1800, 3600]))
        return turn + timedelta(seconds=draw(off))
    seconds = draw(st.integers(0, int((LAST - FIRST).total_seconds()) - 1))
    if style == "hour":
        seconds = seconds // 1800 * 1800 + draw(st.sampled_from([-1, 0, 1]))
    return FIRST + timedelta(seconds=max(seconds, 0))


def histories(at: datetime, most: int = 8, periods: Sequence[int] = ()) -> st.SearchStrategy[list[Case]]:
    """Attempts until `at`, many of them at the very second at which a period of so many seconds ends."""
    edges = [max(period + off, 0) for period in [0, 300, 3600, 86400, *periods, *periods] for off in (-1, 0, 0, 1)]
    ago = st.one_of(
        st.sampled_from(edges),
        st.integers(0, 86400),
        st.integers(0, 40 * 86400),
    )
    attempt = st.fixed_dictionaries(
        {
            "at": ago.map(lambda seconds: at - timedelta(seconds=seconds)),
            "kind": st.sampled_from(KINDS),
            "campaign": st.sampled_from([1, 1, 2, None]),
            "number": st.sampled_from([MINE, MINE, OTHER, None]),
            "subject": st.sampled_from(["loan-1", "loan-2", None]),
        }
    )
    return st.lists(attempt, max_size=most)


@st.composite
def calendars(draw: st.DrawFn, at: datetime) -> Case:
    near = st.integers(-2, 6).map(lambda days: at.date() + timedelta(days=days))
    known = frozenset(range(2018, 2041))
    if draw(st.integers(1, 12)) == 12:
        known -= {at.year + draw(st.sampled_from([-1, 0, 1]))}
    off = frozenset(day for day in draw(st.lists(near, max_size=3)) if day.year in known)
    worked = frozenset(day for day in draw(st.lists(near, max_size=2)) if day.weekday() > 4 and day not in off)
    return {"years": known, "off": off, "workdays": worked}


@st.composite
def campaigns(draw: st.DrawFn, at: datetime, purposes: list[str]) -> Case:
    local: st.SearchStrategy[datetime] = st.integers(-1440, 2880).map(
        lambda minutes: at.replace(tzinfo=None, second=0, microsecond=0) + timedelta(minutes=minutes)
    )
    pairs = draw(st.lists(st.tuples(local, local), max_size=2)) if draw(st.booleans()) else []
    return {
        "purposes": purposes,
        "windows": draw(maybe(weeks())),
        "attempts_per_day": draw(maybe(st.integers(1, 3), 4)),
        "max_attempts": draw(maybe(st.integers(3, 9), 6)),
        "gap_s": draw(maybe(st.sampled_from([60, 3600, 7200, 90000]), 4)),
        "blackouts": [(min(pair), max(pair)) for pair in pairs if pair[0] != pair[1]],
        "guard_s": draw(st.sampled_from([0, 0, 0, 1, 30, 60, 90, 600])),
        "closes_on": draw(st.sampled_from([[], [], [], ["MADE-B"]])),
        "workdays": draw(maybe(st.just("MADE-B"), 6)),
    }


@st.composite
def cases(draw: st.DrawFn) -> tuple[Case, datetime]:
    """A case and the instant at which it is asked."""
    zones = draw(st.lists(st.sampled_from(ZONES), min_size=1, max_size=3, unique=True))
    at = draw(moments(zones))
    book = draw(books(at))
    purposes = [
        purpose for purpose in ("debt", "research") if (purpose == "debt" and "XA-DEBT" in book) or draw(st.booleans())
    ]
    recent = st.integers(0, 40 * 86400).map(lambda seconds: at - timedelta(seconds=seconds))
    region = draw(st.sampled_from([None, None, "XA-N", "XA-S"]))
    case = {
        "book": book,
        "packs": [name for name in book if name != "XA-N" or region == "XA-N"],
        "needed": [name for name in book if name in ("XA", "XT")],
        "country": "XA",
        "zones": zones,
        "calendars": {name: draw(calendars(at)) for name in CALENDARS},
        "rules": draw(campaigns(at, purposes)),
        "campaign": 1,
        "number": MINE,
        "region": region,
        "mode": draw(st.sampled_from(["preview", "manual", "progressive", "predictive"])),
        "consents": draw(st.one_of(st.just(["express"]), some(CONSENTS, 2))),
        "subject": draw(st.sampled_from([None, "loan-1", "loan-2"])),
        "refused_at": draw(maybe(recent, 6)),
        "suspended": draw(
            st.sampled_from(
                [[]] * 20 + [["XA"], ["XT"], ["XA-DEBT", "XA"], ["XA-S"], [f"+{COUNTRY}", "XA-N"], ["XB", "+44"]]
            )
        ),
        "snapshots": draw(
            st.lists(st.tuples(st.sampled_from(["REG-A", "REG-B"]), recent), max_size=2, unique_by=lambda s: s[0])
        ),
        "abandons": draw(st.lists(abandons(), max_size=2)) if draw(st.booleans()) else [],
        "hits": draw(st.lists(hits(at), max_size=2)) if draw(st.integers(1, 4)) == 4 else [],
        "history": draw(histories(at)) if draw(st.booleans()) else [],
    }
    # The first denial hides the rest: so some cases have nothing but hours, and some nothing but counts.
    about = draw(st.sampled_from(["everything", "hours", "counts"]))
    if about != "everything":
        case |= {"refused_at": None, "suspended": [], "hits": [], "consents": ["express"]}
        for edition in (edition for found in book.values() for edition in found):
            edition["blocked_regions"] = []
    periods: list[int] = []
    if about == "counts":
        case["rules"] |= {"windows": None, "blackouts": [], "workdays": None, "closes_on": []}
        for edition in (edition for found in book.values() for edition in found):
            edition |= {"windows": {day: [("00:00", "24:00")] for day in DAYS}, "modes": {}, "closes_on": []}
            edition["caps"] = edition["caps"] or [draw(caps())]
            edition["abandonment"] = edition["abandonment"] or draw(st.sampled_from([None, (3.0, "day")]))
            periods += [int(cap["period"].total_seconds()) for cap in edition["caps"]]
        case["abandons"] = case["abandons"] or [draw(abandons())]
        case["history"] = draw(histories(at, 12, periods))
    return case, at


def abandons() -> st.SearchStrategy[Case]:
    return st.fixed_dictionaries(
        {
            "abandoned": st.integers(0, 6),
            "answered": st.sampled_from([0, 60, 100, 120, 200]),
            "period": st.sampled_from([*PERIODS, None]),
        }
    )


def hits(at: datetime) -> st.SearchStrategy[Case]:
    expires = st.sampled_from([None, *(at + timedelta(seconds=s) for s in (-60, 0, 1, 3600, 86400))])
    return st.fixed_dictionaries(
        {
            "list": st.sampled_from(["REG-A", "REG-B", "ours"]),
            "scope": st.sampled_from(["registry", "registry", "registry", "company", "brand", "campaign", "channel"]),
            "since": st.just(datetime(2020, 1, 1, tzinfo=UTC)),
            "expires": expires,
        }
    )
