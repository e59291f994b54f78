"""What leaves the house: whole, readable by itself, safe to open, and written down."""

from __future__ import annotations

import csv
import io
import re
from datetime import date
from html.parser import HTMLParser

import pytest

from dialer.core.compliance.gate import CampaignRules, ListHit, PastAttempt, Permit, Question, check
from dialer.core.compliance.packs import Rulebook
from dialer.core.number import Number
from dialer.operation.ledger import sheet
from dialer.operation.ledger.export import Asked, Format, Order, written
from dialer.operation.ledger.words import Language
from dialer.rules.load import load
from dialer.rules.origins import sources
from dialer.store import decisions, exports, sealing
from dialer.store import schema as t
from dialer.store.session import Database
from tests.store.makers import NOW, after

NEW_YORK, LONDON = Number("+12125550123"), Number("+442079460123")
EVIL = '<script>alert("x")</script>'
FRESH = (("US-DNC", after(days=-4)), ("TPS", after(days=-4)))


@pytest.fixture(scope="module")
def rulebook() -> Rulebook:
    return load()


@pytest.fixture
async def kept(database: Database, rulebook: Rulebook) -> Database:
    """A permit at 10:00 in New York's morning, and refusals: too early there, and on the company's list in London."""
    past = (PastAttempt(after(days=-3), "busy", 3, NEW_YORK), PastAttempt(after(days=-2), "abandoned", 4, LONDON))
    questions = [
        (Question(NEW_YORK, 7, 3, history=past, zone="America/New_York", consents=frozenset({"express"}),
                  snapshots=FRESH, rules=CampaignRules(max_attempts=9, windows=(((540, 1200),),) * 7)), after(hours=5)),
        (Question(NEW_YORK, 7, 3, snapshots=FRESH, suspended=(EVIL,)), after(hours=-1)),
        (Question(LONDON, 8, 4, hits=(ListHit("company", "company", EVIL, NOW),)), after(days=1)),
    ]  # fmt: skip
    async with database.begin() as c:
        for question, at in questions:
            verdict = check(rulebook, question, at)
            await decisions.keep(c, verdict, "call-1" if isinstance(verdict, Permit) else None)
    await sealing.seal(database, lambda: NOW)
    return database


async def made(db: Database, rulebook: Rulebook, asked: Asked, form: Format = "html", language: Language = "en") -> str:
    order = Order(asked, form, language, "sue", NOW, "cli", "dialer 0.1.0")
    return "".join([piece async for piece in written(db, order, rulebook, sources())])


class Shape(HTMLParser):
    """Every tag opened is closed, and nothing is fetched or run."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.tags: list[str] = []
        self.feed(page)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        assert not {name for name, _ in attrs} - {"id", "class", "lang", "charset"}
        self.tags.append(tag)
        if tag != "meta":
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag


async def test_the_page_says_who_when_what_and_that_the_chain_is_whole(kept: Database, rulebook: Rulebook) -> None:
    page = await made(kept, rulebook, Asked(number=NEW_YORK))
    cover, *_ = page.split("</header>")
    async with kept.read() as c:
        newest = await sealing.newest(c)
    assert newest is not None
    for word in (
        "sue",
        "2026-11-23 10:00:00 UTC",
        "+12125550123",
        "dialer 0.1.0",
        newest.digest,
        "intact: 3 decisions",
    ):
        assert word in cover, word
    assert page.count("<article id=") == 2
    assert "End of the export: 2 decisions." in page
    assert LONDON.e164 not in page


async def test_a_permit_shows_all_that_it_rests_on(kept: Database, rulebook: Rulebook) -> None:
    page = await made(kept, rulebook, Asked(campaign_id=3))
    permit = page.split("<article")[1]
    for word in (
        "Permitted", "2026-11-23 15:00:00 UTC", "America/New_York Mon 2026-11-23 10:00:00", "US@", "call-1",
        "Every rule that applies allowed this call.", "express consent",
        "US-DNC: drawn up 2026-11-19 10:00:00 UTC, 4 days",
        "2026-11-20 10:00:00 UTC: busy, Campaign 3, this number",
        "abandoned, Campaign 4, the person&#x27;s other number 1",
        "max_attempts: 9", "mon 09:00-20:00",
    ):  # fmt: skip
        assert word in permit, word


async def test_a_refusal_says_its_sentence_its_rule_and_who_decided(kept: Database, rulebook: Rulebook) -> None:
    page = await made(kept, rulebook, Asked(campaign_id=3))
    refusal = page.split("<article")[2]
    for word in ("OUTSIDE_WINDOW", "Mon 2026-11-23 04:00:00 in America/New_York, outside the hours of", "US",
                 "Not before", "none: it was decided before"):  # fmt: skip
        assert word in refusal, word


@pytest.mark.parametrize(("language", "words", "other"), [
    ("zh", ("合规判定台账", "放行", "当地时间 Mon 2026-11-23 04:00:00", "明示同意", "占线"), ("Permitted", "allowed")),
    ("both", ("Decision ledger: export / 合规判定台账：导出", "Permitted / 放行", "busy / 占线"), ()),
])  # fmt: skip
async def test_it_is_read_in_the_language_asked_for(
    kept: Database, rulebook: Rulebook, language: Language, words: tuple[str, ...], other: tuple[str, ...]
) -> None:
    page = await made(kept, rulebook, Asked(campaign_id=3), language=language)
    assert [word for word in words if word not in page] == []
    assert [word for word in other if word in page.split("<article")[1]] == []


@pytest.mark.parametrize("language", ["en", "zh", "both"])
async def test_the_page_is_well_formed_fetches_nothing_and_runs_nothing(
    kept: Database, rulebook: Rulebook, language: Language
) -> None:
    for asked in (Asked(number=NEW_YORK), Asked(campaign_id=4)):
        page = await made(kept, rulebook, asked, language=language)
        shape = Shape(page)
        assert shape.open == []
        assert not {"script", "link", "img", "iframe"} & set(shape.tags)
        assert "&lt;script&gt;" in page


async def test_the_rules_cited_are_shown_with_their_sources(kept: Database, rulebook: Rulebook) -> None:
    page = await made(kept, rulebook, Asked(campaign_id=4))
    cited = page.split("Rules cited")[1]
    assert re.search(r"<h2>GB@\S+: ", cited)
    assert "Ofcom" in cited
    assert "US@" not in cited


async def test_a_rule_pack_that_is_gone_is_said_to_be(kept: Database, rulebook: Rulebook) -> None:
    later = Rulebook({}, {}, {}, "2030.1")
    page = await made(kept, later, Asked(campaign_id=4))
    assert "this version is not loaded any more" in page


async def test_a_fault_in_the_chain_stands_on_the_cover(kept: Database, rulebook: Rulebook) -> None:
    async with kept.begin() as c:
        for trigger in ("decisions_change",):
            table = "" if kept.is_sqlite else " ON decisions"
            await c.exec_driver_sql(f"DROP TRIGGER {trigger}{table}")
        await c.execute(t.decisions.update().where(t.decisions.c.campaign_id == 4).values(lead_id=9))
    cover = (await made(kept, rulebook, Asked(campaign_id=3))).split("</header>")[0]
    assert "NOT INTACT: 1 faults" in cover
    assert "decision_changed" in cover


async def test_an_erased_number_is_not_in_an_export(kept: Database, rulebook: Rulebook) -> None:
    async with kept.begin() as c:
        await decisions.erase(c, [NEW_YORK])
    page = await made(kept, rulebook, Asked(campaign_id=3))
    assert "erased" in page
    assert "busy, Campaign 3, this number" in page
    assert NEW_YORK.digits not in page
    assert page.count("<article id=") == 2


async def test_a_decision_from_before_the_chain_is_shown_without_inputs(kept: Database, rulebook: Rulebook) -> None:
    async with kept.begin() as c:
        await c.execute(t.decisions.insert().values(
            at=NOW, verdict="refusal", campaign_id=9, lead_id=1, rule="OLD_RULE", sentence="It was so.",
            packs=[], zones=[], tzdata="2026.1", number="+15550000",
        ))  # fmt: skip
    page = await made(kept, rulebook, Asked(campaign_id=9), language="both")
    assert "It was so." in page
    assert "not kept by the version that decided" in page


async def test_the_sheet_has_a_line_a_decision_and_runs_nothing(kept: Database, rulebook: Rulebook) -> None:
    text = await made(kept, rulebook, Asked(number=NEW_YORK), "csv")
    assert text.startswith("\ufeff")
    rows = list(csv.DictReader(io.StringIO(text.removeprefix("\ufeff"), newline="")))
    assert [row["verdict"] for row in rows] == ["permit", "refusal"]
    assert tuple(rows[0]) == sheet.COLUMNS
    assert rows[0]["number"] == "'+12125550123"
    assert rows[0]["attempt_id"] == "call-1"
    assert rows[1]["sentence_zh"].startswith("America/New_York 当地时间")
    assert len(rows[1]["digest"]) == 64


@pytest.mark.parametrize(("day", "zone", "found"), [
    (date(2026, 11, 23), "UTC", 2), (date(2026, 11, 24), "UTC", 1), (date(2026, 11, 25), "UTC", 0),
    (date(2026, 11, 22), "America/Los_Angeles", 0), (date(2026, 11, 23), "America/Los_Angeles", 2),
    (date(2026, 11, 24), "Pacific/Auckland", 2), (date(2026, 11, 23), "Pacific/Auckland", 1),
])  # fmt: skip
async def test_a_day_is_that_of_the_zones_clocks(
    kept: Database, rulebook: Rulebook, day: date, zone: str, found: int
) -> None:
    text = await made(kept, rulebook, Asked(day=day, zone=zone), "csv")
    assert text.count("\r\n") == found + 1


async def test_who_exported_what_is_kept_without_the_number(kept: Database, rulebook: Rulebook) -> None:
    await made(kept, rulebook, Asked(number=NEW_YORK, campaign_id=3), "csv")
    async with kept.read() as c:
        (export,) = await exports.every(c)
    assert (export.login, export.channel, export.format, export.at) == ("sue", "cli", "csv", NOW)
    assert export.asked == {"number_ends": "123", "campaign_id": 3}


async def test_many_decisions_come_in_pieces(kept: Database, rulebook: Rulebook) -> None:
    verdict = check(rulebook, Question(LONDON, 8, 5), NOW)
    async with kept.begin() as c:
        for _ in range(300):
            await decisions.keep(c, verdict)
    order = Order(Asked(campaign_id=5), "html", "both", "sue", NOW, "cli", "x", checked=False)
    heard: list[tuple[int, int]] = []
    pieces = [p async for p in written(kept, order, rulebook, sources(), lambda *done: heard.append(done))]
    assert len(pieces) > 3
    assert heard[-1] == (300, 300)
    assert "not verified for this export" in pieces[0]
