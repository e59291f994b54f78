"""The rules as their words say them: naive on purpose, with no line in common with the gate.

A case is a dict: `book` (pack id -> editions), `packs` (ids in the order in which they are asked), `zones`,
`calendars`, the campaign's `rules`, what is known of the callee, and the `history`. Instants are aware UTC, days are
dates, a window is a pair of "HH:MM". See `cases.py` for every key.
"""

from collections.abc import Iterable, Iterator
from datetime import UTC, date, datetime, timedelta
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

Case = dict[str, Any]
Timetable = tuple[str, Case, list[str]]
"""Who decides, the days and windows, and the zones in which they are read."""

DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
MINUTE, DAY = timedelta(minutes=1), timedelta(days=1)
AGENT_IS_THERE = ("preview", "manual")
TIME_CURES = {"HOLIDAY", "OUTSIDE_WINDOW", "ABANDON_COOLDOWN", "ATTEMPT_CAP", "ATTEMPT_GAP"}
OWN_LISTS = ("company", "brand", "campaign", "channel")


class No(NamedTuple):
    """A denial: its code, who decided it, and the zone whose clock did."""

    code: str
    by: str | None
    zone: str | None = None


def verdict(case: Case, at: datetime) -> No | None:
    """The first denial in the order in which the rules are asked; None: nothing forbids the call."""
    return next(_denials(case, at), None)


def next_allowed(case: Case, at: datetime, days: int) -> datetime | None:
    """The first instant after `at` at which the same request would be allowed: every whole minute is looked at, and
    every instant at which an attempt of the history, or of the pause, runs out. None: none in so many days.
    """
    ends = {end for end in _expiries(case) if at < end}
    guard = timedelta(seconds=case["rules"]["guard_s"] % 60)
    timetables: dict[tuple[int, ...], list[Timetable]] = {}
    for minute in _minutes_after(at, days * 24 * 60):
        between = {minute - guard} if guard and at < minute - guard else set()
        for instant in sorted(between | {end for end in ends if minute - MINUTE < end < minute}):
            if verdict(case, instant) is None:
                return instant
        held = _held(case, minute)
        rules = tuple(id(edition) for _, edition in held)
        if rules not in timetables:
            timetables[rules] = list(_timetables(case, held))
        # Hours first, because most minutes are shut and the answer is the same.
        is_open = all(state == "open" for _, _, state in _looks(case, timetables[rules], minute))
        if is_open and verdict(case, minute) is None:
            return minute
    return None


def _denials(case: Case, at: datetime) -> Iterator[No]:
    clocks = [(zone, at.astimezone(ZoneInfo(zone))) for zone in case["zones"]]
    held = _held(case, at)
    # Without the country's rules, or the trunk's, nothing is decided; other packs have no say before their day.
    ids = {pack_id for pack_id, _ in held}
    yield from (No("RULES_MISSING", pack_id) for pack_id in case["needed"] if pack_id not in ids)
    yield from _people(case, held, at)
    if not clocks:
        yield No("ZONE_UNKNOWN", None)
        return
    yield from _hours(case, list(_timetables(case, held)), at)
    yield from _attempts(case, held, at)
    yield from _abandon_rate(case, held)


def _held(case: Case, at: datetime) -> list[tuple[str, Case]]:
    return [
        (pack_id, edition)
        for pack_id in case["packs"]
        for edition in case["book"][pack_id]
        if _in_effect(edition, case["zones"], at)
    ]


def _in_effect(edition: Case, zones: list[str], at: datetime) -> bool:
    """Dates of effect are local to the zone that the pack names, else to the callee. Where it is another day in another
    of the callee's zones, what holds in either holds.
    """
    homes = [edition["dated_in"]] if edition["dated_in"] is not None else zones or ["UTC"]
    days = {at.astimezone(ZoneInfo(zone)).date() for zone in homes}
    return any((edition["from"] or date.min) <= day <= (edition["to"] or date.max) for day in days)


# --- what people said: suspensions, lists, consent --------------------------------------------------------------------


def _people(case: Case, held: list[tuple[str, Case]], at: datetime) -> Iterator[No]:
    consents = set(case["consents"])
    for area in case["suspended"]:  # a pack, a place, or leading digits; who set it named the area
        digits = area.startswith("+") and case["number"].startswith(area)
        named = [edition for pack_id, edition in held if digits or pack_id == area]
        # An exemption is the pack's that the area stands for; digits stand for whichever pack has one.
        exempt = any(consents & set(edition["emergency_exempts"]) for edition in named)
        if (digits or named or area in (case["country"], case["region"])) and not exempt:
            yield No("EMERGENCY_SUSPENSION", area)
    for pack_id, edition in held:
        if case["region"] in edition["blocked_regions"]:
            yield No("REGION_BLOCKED", pack_id)
    hits = [hit for hit in case["hits"] if hit["expires"] is None or at < hit["expires"]]
    for hit in hits:
        if hit["scope"] in OWN_LISTS:
            yield No("DNC_INTERNAL", hit["list"])
    for pack_id, edition in held:
        if case["refused_at"] is not None and _refusal_holds(edition, case["refused_at"], at):
            yield No("DNC_INTERNAL", pack_id)
    if "express" not in consents:  # who asked to be called may be called although a registry has the number
        on_hand = dict(case["snapshots"])
        for _, edition in held:
            for name, max_age in edition["registries"]:
                if max_age is not None and (name not in on_hand or at - on_hand[name] > max_age * DAY):
                    yield No("REGISTRY_STALE", name)
        for hit in hits:
            if hit["scope"] == "registry":
                obeys = [
                    pack_id for pack_id, edition in held if hit["list"] in [name for name, _ in edition["registries"]]
                ]
                # A registry that no pack names has still been looked into, and has the number.
                yield No("DNC_REGISTRY", obeys[0] if obeys else hit["list"])
    for pack_id, edition in held:
        if edition["opt_in"] and not consents:
            yield No("CONSENT_REQUIRED", pack_id)


def _refusal_holds(edition: Case, refused: datetime, at: datetime) -> bool:
    """For good, or for so many days of twenty-four hours: the last of them ends at the refusal's own hour. Counting
    dates instead would free the number some hours earlier on the same day, and needs a zone that may not be known.
    """
    days = edition["refusal_days"]
    return bool(edition["refusal_is_final"]) or (days is not None and at < refused + days * DAY)


# --- hours ------------------------------------------------------------------------------------------------------------


def _hours(case: Case, timetables: list[Timetable], at: datetime) -> Iterator[No]:
    """Every zone must be open in every pack: first nobody's holiday is unknown, then it is nobody's holiday, and so on.
    With a guard it is also closed if the window would be shut so many seconds later, whatever lies in between.
    """
    looks = list(_looks(case, timetables, at))
    if case["rules"]["guard_s"]:
        looks += _looks(case, timetables, at + timedelta(seconds=case["rules"]["guard_s"]))
    for code in ("HOLIDAY_UNKNOWN", "HOLIDAY", "OUTSIDE_WINDOW"):
        yield from (No(code, by, zone) for by, zone, state in looks if state == code)


def _minutes_after(at: datetime, count: int) -> Iterator[datetime]:
    start = at.replace(second=0, microsecond=0)
    return (start + n * MINUTE for n in range(1, count + 1))


def _looks(case: Case, timetables: list[Timetable], at: datetime) -> Iterator[tuple[str, str, str]]:
    for by, timetable, zones in timetables:
        for zone in zones:
            clock = at.astimezone(ZoneInfo(zone)).replace(tzinfo=None)
            yield by, zone, _look(case, timetable, clock)


def _timetables(case: Case, held: list[tuple[str, Case]]) -> Iterator[Timetable]:
    replaced = {edition["extends"] for _, edition in held if edition["replaces_windows"]}
    rules = case["rules"]
    for pack_id, edition in held:
        lifted = (
            edition["waiver"]["lifts"]
            if edition["waiver"] and set(edition["waiver"]["by"]) & set(case["consents"])
            else ()
        )
        week = next(
            (edition["modes"][mode] for mode in rules["purposes"] if mode in edition["modes"]), edition["windows"]
        )
        timetable = {
            "week": None if "hours" in lifted or pack_id in replaced else week,
            "closes_on": [] if "holidays" in lifted else edition["closes_on"],
            "eve": edition["eve"],
            "workdays": None,
            "blackouts": [],
            "days": {},
        }
        yield pack_id, timetable, [*case["zones"], *(z for z in edition["extra_zones"] if z not in case["zones"])]
    timetable = {
        "week": rules["windows"],
        "closes_on": rules["closes_on"],
        "eve": None,
        "workdays": rules["workdays"],
        "blackouts": rules["blackouts"],
        "days": {},
    }
    yield "campaign", timetable, case["zones"]


def _look(case: Case, timetable: Case, clock: datetime) -> str:
    """What one timetable says of one wall clock: "open", or the code that closes it."""
    time = clock.isoformat()[11:16]
    yesterday, before = _on(case, timetable, clock.date() - DAY)
    today, windows = _on(case, timetable, clock.date())
    night = any(end <= start and time < end for start, end in before)
    inside = any(start <= time and (time < end or end <= start) for start, end in windows)
    # The night belongs to the day on which it began, and so does what closes it.
    state = yesterday if night and (yesterday == "open" or not inside) else today
    if state != "open":
        return state
    if any(start <= clock < end for start, end in timetable["blackouts"]):
        return "OUTSIDE_WINDOW"
    return "open" if night or inside else "OUTSIDE_WINDOW"


def looks_open(week: dict[str, list[tuple[str, str]]], at: datetime, zone: str) -> bool:
    """Whether weekly windows alone are open at the instant."""
    shown = at.astimezone(ZoneInfo(zone))
    time, day = shown.isoformat()[11:16], shown.weekday()
    inside = any(start <= time and (time < end or end <= start) for start, end in week[DAYS[day]])
    return inside or any(end <= start and time < end for start, end in week[DAYS[day - 1]])


def _on(case: Case, timetable: Case, day: date) -> tuple[str, list[tuple[str, str]]]:
    """The day's state and its windows; asked for every minute, so remembered."""
    if day not in timetable["days"]:
        timetable["days"][day] = _day(case, timetable, day), _windows(case, timetable, day)
    found: tuple[str, list[tuple[str, str]]] = timetable["days"][day]
    return found


def _windows(case: Case, timetable: Case, day: date) -> list[tuple[str, str]]:
    if timetable["week"] is None:
        return [("00:00", "24:00")]
    own: list[tuple[str, str]] = timetable["week"][DAYS[day.weekday()]]
    # The eve shortens a working day; a Saturday or Sunday is never opened by it.
    if timetable["eve"] is None or day.weekday() > 4 or not _holiday(case, timetable, day + DAY):
        return own
    eve: list[tuple[str, str]] = timetable["week"][timetable["eve"]]
    return eve


def _holiday(case: Case, timetable: Case, day: date) -> bool:
    return any(day in case["calendars"][name]["off"] for name in timetable["closes_on"])


def _day(case: Case, timetable: Case, day: date) -> str:
    calendars = [case["calendars"][name] for name in timetable["closes_on"]]
    worked = case["calendars"][timetable["workdays"]] if timetable["workdays"] else None
    # Where the eve counts, tomorrow must be known as well.
    years = {day.year, (day + DAY).year} if timetable["eve"] is not None and day.weekday() < 5 else {day.year}
    if any(not years <= calendar["years"] for calendar in calendars):
        return "HOLIDAY_UNKNOWN"
    if any(day.year not in calendar["years"] for calendar in ([worked] if worked else [])):
        return "HOLIDAY_UNKNOWN"
    if _holiday(case, timetable, day):
        return "HOLIDAY"
    if worked and (day in worked["off"] or (day.weekday() > 4 and day not in worked["workdays"])):
        return "HOLIDAY"
    return "open"


# --- attempts ---------------------------------------------------------------------------------------------------------


def _attempts(case: Case, held: list[tuple[str, Case]], at: datetime) -> Iterator[No]:
    rules = case["rules"]
    caps = [(pack_id, cap) for pack_id, edition in held for cap in edition["caps"]]
    # The campaign's own limits are per number, over all campaigns but for its total.
    if rules["attempts_per_day"] is not None:
        caps.append(("campaign", {"kind": "calendar_day", "count": rules["attempts_per_day"], "scope": "number"}))
    if rules["max_attempts"] is not None:
        caps.append(("campaign", {"kind": "campaign", "count": rules["max_attempts"], "scope": "number"}))
    for by, cap in caps:
        after_abandon = cap["kind"].startswith("cooldown") and cap["counts"] in ("abandoned", "amd_machine")
        if after_abandon and case["mode"] in AGENT_IS_THERE:
            continue
        if is_used_up(cap, case, at):
            yield No("ABANDON_COOLDOWN" if after_abandon else "ATTEMPT_CAP", by)
    tries = [past["at"] for past in case["history"] if past["number"] in (None, case["number"])]
    if rules["gap_s"] is not None and any(at - timedelta(seconds=rules["gap_s"]) < time <= at for time in tries):
        yield No("ATTEMPT_GAP", "campaign")


def is_used_up(cap: Case, case: Case, at: datetime) -> bool:
    """Whether the cap, counted by its definition over the whole history, forbids an attempt at this instant."""
    if cap["kind"] == "anchored" and case["subject"] is None:
        # Blocks begin with their first attempt: there must be room in those of every matter this may be about.
        subjects = {attempt["subject"] for attempt in case["history"]} - {None}
        if any(is_used_up(cap, case | {"subject": subject}, at) for subject in subjects):
            return True
    times = sorted(attempt["at"] for attempt in counted(cap, case) if attempt["at"] <= at)
    allowed = 1 if cap["kind"].startswith("cooldown") else cap["count"]
    return _standing(cap, times, at, ZoneInfo(case["zones"][0])) >= allowed


def _standing(cap: Case, times: list[datetime], at: datetime, zone: ZoneInfo) -> int:
    kind, today = cap["kind"], at.astimezone(zone).date()
    days = [time.astimezone(zone).date() for time in times]
    match kind:
        case "rolling" | "cooldown":
            return sum(at - cap["period"] < time <= at for time in times)
        case "anchored":
            start, size = None, 0
            for time in times:
                if start is None or time >= start + cap["period"]:
                    start, size = time, 0
                size += 1
            return size if start is not None and at < start + cap["period"] else 0
        case "calendar_day":
            return sum(day == today for day in days)
        case "calendar_week":
            return sum(day.isocalendar()[:2] == today.isocalendar()[:2] for day in days)
        case "calendar_month":
            return sum((day.year, day.month) == (today.year, today.month) for day in days)
        case "rolling_days" | "cooldown_days":
            return sum(day > today - cap["days"] * DAY for day in days)
        case "campaign":
            return len(times)
    raise AssertionError(kind)


def counted(cap: Case, case: Case) -> Iterable[Case]:
    kinds = {
        "conversations": ("answered", "conversation"),
        "abandoned": ("abandoned",),
        "amd_machine": ("amd_machine",),
    }
    for attempt in case["history"]:
        if cap.get("counts", "attempts") != "attempts" and attempt["kind"] not in kinds[cap["counts"]]:
            continue
        if cap["kind"] == "campaign" and attempt["campaign"] not in (None, case["campaign"]):
            continue
        if not cap["scope"].startswith("person") and attempt["number"] not in (None, case["number"]):
            continue
        about = cap["scope"].endswith(("+debt", "+subject")) and case["subject"] is not None
        if about and attempt["subject"] not in (None, case["subject"]):
            continue
        yield attempt


def _expiries(case: Case) -> Iterator[datetime]:
    periods = {
        cap["period"] for editions in case["book"].values() for e in editions for cap in e["caps"] if cap["period"]
    }
    if case["rules"]["gap_s"] is not None:
        periods.add(timedelta(seconds=case["rules"]["gap_s"]))
    yield from (attempt["at"] + period for attempt in case["history"] for period in periods)


def _abandon_rate(case: Case, held: list[tuple[str, Case]]) -> Iterator[No]:
    if case["mode"] in AGENT_IS_THERE:
        return
    for pack_id, edition in held:
        if edition["abandonment"] is None:
            continue
        limit, period = edition["abandonment"]
        for count in case["abandons"]:
            if count["period"] in (None, period) and 100 * count["abandoned"] > limit * count["answered"]:
                yield No("ABANDON_RATE", pack_id)


def utc(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)
