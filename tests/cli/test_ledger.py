"""The ledger from the command line: checked, sealed, deposited, exported, and one decision explained."""

from __future__ import annotations

import asyncio
import re
import sqlite3
import stat
import subprocess
import sys
from contextlib import closing
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path

import pytest

from dialer.core.compliance.gate import CampaignRules, Question, check
from dialer.core.number import Number
from dialer.rules.load import load
from dialer.store import decisions
from dialer.store.session import Database
from tests.cli.desk import Desk

LONDON = Number("+442079460156")
NOON = datetime(2026, 11, 25, 12, 0, tzinfo=UTC)
NIGHT = datetime(2026, 11, 25, 23, 30, tzinfo=UTC)


@pytest.fixture
def decided(desk: Desk) -> Desk:
    """A permit (1) and a refusal (2) of the campaign's, nothing sealed."""
    desk.campaign("家装")
    rulebook = load()

    async def keep() -> None:
        db = Database(f"sqlite:///{desk.home / 'data/dialer.db'}")
        async with db.begin() as c:
            for at in (NOON, NIGHT):
                await decisions.keep(c, check(rulebook, Question(LONDON, 1, 1, CampaignRules(max_attempts=3)), at))
        await db.close()

    asyncio.run(keep())
    return desk


def tamper(desk: Desk, statement: str, *triggers: str) -> None:
    with closing(sqlite3.connect(desk.home / "data/dialer.db")) as c, c:
        for trigger in triggers:
            c.execute(f"DROP TRIGGER {trigger}")
        c.execute(statement)


def test_a_ledger_that_is_whole_is_said_to_be(decided: Desk) -> None:
    assert "2 await their seal" in decided.run("ledger", "verify")
    decided.run("ledger", "seal")
    said = decided.run("ledger", "verify")
    assert "2 decisions under 1 seals, 0 await" in said
    assert "from 2026-11-25 12:00:00Z to 2026-11-25 23:30:00Z" in said
    assert said.endswith("intact\n")


def test_a_changed_decision_is_named_and_the_exit_status_says_so(decided: Desk) -> None:
    decided.run("ledger", "seal")
    tamper(decided, "UPDATE decisions SET verdict = 'permit' WHERE id = 2", "decisions_change")
    assert "decision_changed: decision 2 does not fit its digest" in decided.run("ledger", "verify", status=1)
    found = decided.json("ledger", "verify", status=1)
    assert (found["intact"], found["faults"], found["sealed"]) == (False, 1, 2)
    assert found["findings"][0]["first_id"] == 2


def test_a_deposited_seal_is_looked_for(decided: Desk) -> None:
    decided.run("ledger", "seal")
    line = decided.run("ledger", "seal", "--show")
    assert re.fullmatch(r"seal 1 \S+Z [0-9a-f]{64}\n", line)
    deposited = decided.file("deposited.txt", line)
    digest = line.split()[-1]
    decided.run("ledger", "verify", "--expect", deposited, "--expect", digest.upper())
    tamper(decided, "DELETE FROM decision_seals", "decision_seals_delete")
    decided.run("ledger", "verify")
    assert digest in decided.run("ledger", "verify", "--expect", deposited, status=1)


def test_the_documented_check_by_hand_agrees(decided: Desk) -> None:
    decided.run("ledger", "seal")
    page = (Path(__file__).parents[2] / "docs" / "ledger.md").read_text()
    program = page.split("```python\n")[1].split("```")[0]
    words = [sys.executable, "-c", program, str(decided.home / "data/dialer.db")]
    digest = decided.json("ledger", "verify")["newest"]["digest"]
    done = subprocess.run(words, capture_output=True, text=True, check=False)
    assert (done.stdout, done.stderr) == (f"intact up to {digest}\n", "")
    tamper(decided, "UPDATE decisions SET lead_id = 5 WHERE id = 1", "decisions_change")
    assert "decision 1 was changed" in subprocess.run(words, capture_output=True, text=True, check=False).stderr


def test_showing_a_seal_makes_none(decided: Desk) -> None:
    assert "no seal yet" in decided.refused("ledger", "seal", "--show")
    assert decided.json("ledger", "seal", "--show") is None
    assert decided.json("ledger", "seal")["count"] == 2
    assert decided.json("ledger", "verify", "--since", "2030-01-01T00:00:00Z")["seals"] == 0


def test_the_page_is_whole_private_and_has_the_number_that_was_asked_for(decided: Desk) -> None:
    decided.run("ledger", "seal")
    out = decided.home / "case.html"
    done = decided.json("ledger", "export", "--number", LONDON.e164, "-o", str(out))
    page = out.read_bytes()
    assert (done["decisions"], done["sha256"]) == (2, sha256(page).hexdigest())
    assert stat.S_IMODE(out.stat().st_mode) == 0o600
    assert LONDON.e164 in page.decode()
    assert page.endswith(b"</html>\n")
    assert [path.name for path in decided.home.iterdir() if path.name.endswith(".part")] == []
    assert LONDON.digits not in str(done)


def test_a_day_of_a_campaign_as_a_sheet(decided: Desk) -> None:
    out = decided.home / "day.csv"
    words = ("ledger", "export", "-c", "家装", "--day", "2026-11-26", "--format", "csv", "-o", str(out))
    assert "0 decisions" in decided.run(*words)
    assert "1 decisions" in decided.run(*words, "--zone", "Asia/Shanghai")
    assert "OUTSIDE_WINDOW" in out.read_text()


@pytest.mark.parametrize(("words", "said"), [
    (("export", "-o", "x", "--day", "2026-13-01"), "--day: expected a day such as"),
    (("export", "-o", "x", "--day", "2026-11-26", "--zone", "Mars/Base"), "--zone: expected an IANA"),
    (("export", "-o", "x", "--number", "12"), "more digits"),
    (("export", "-o", "x", "-c", "X"), "no campaign 'X'"),
    (("export", "-o", "/no/such/folder/x", "-c", "家装"), "No such file or directory"),
    (("verify", "--expect", "f00"), "expected a seal's digest or a file"),
    (("verify", "--since", "noon"), "with its zone"),
])  # fmt: skip
def test_what_cannot_be_done_is_one_sentence(decided: Desk, words: tuple[str, ...], said: str) -> None:
    assert said in decided.refused("ledger", *words)
    assert not Path("x").exists()


def test_a_file_without_a_digest_is_no_deposit(decided: Desk) -> None:
    assert "holds no seal's digest" in decided.refused("ledger", "verify", "--expect", decided.file("a", "nothing"))


def test_an_export_of_everything_is_not_made_by_accident(decided: Desk) -> None:
    decided.run("ledger", "export", "-o", str(decided.home / "x"), status=2)


def test_a_kept_decision_is_explained_as_it_was_made(decided: Desk) -> None:
    said = decided.run("explain", "--decision", "2", "--language", "zh")
    for word in ("decision 2", "…156", "OUTSIDE_WINDOW", "当地时间 Wed 2026-11-25 23:30:00", "Europe/London", "GB@",
                 "max_attempts: 3"):  # fmt: skip
        assert word in said, word
    assert LONDON.digits not in said
    found = decided.json("explain", "--decision", "2")
    assert (found["verdict"], found["rule"], found["clocks"]) == (
        "refusal", "OUTSIDE_WINDOW", [{"zone": "Europe/London", "local": "Wed 2026-11-25 23:30:00"}]
    )  # fmt: skip
    assert found["inputs"] == {"mode": "progressive", "rules": {"max_attempts": 3}}
    assert found["again"]["refusal"]["rule"] == "OUTSIDE_WINDOW"
    assert found["same_again"] is True
    assert decided.json("explain", "--decision", "1")["again"]["allowed"] is True


@pytest.mark.parametrize(("change", "why"), [
    ("UPDATE decisions SET packs = '[\"GB@2019\"]'", "GB@2019"),
    ("UPDATE decisions SET tzdata = '2019a'", "2019a"),
    ("UPDATE decisions SET number = NULL, salt = NULL", "erased"),
    ("UPDATE decisions SET inputs = NULL", "did not keep"),
    ("UPDATE decisions SET inputs = '{\"mode\": \"fax\"}'", "another version"),
])  # fmt: skip
def test_checks_are_asked_again_only_by_the_same_rules(decided: Desk, change: str, why: str) -> None:
    tamper(decided, change, "decisions_change")
    found = decided.json("explain", "--decision", "2")
    assert (found["again"], found["same_again"]) == (None, None)
    assert why in found["not_again_because"]
    assert why in decided.run("explain", "--decision", "2")


@pytest.mark.parametrize(("words", "said", "status"), [
    (("--decision", "99"), "no decision 99", 1),
    (("--decision", "1", LONDON.e164), "", 2),
    (("--decision", "1", "-c", "家装"), "", 2),
    ((LONDON.e164,), "", 2),
    ((), "", 2),
])  # fmt: skip
def test_a_decision_is_named_by_its_id_alone(decided: Desk, words: tuple[str, ...], said: str, status: int) -> None:
    decided.run("explain", *words, status=status)
    assert said in decided.said
