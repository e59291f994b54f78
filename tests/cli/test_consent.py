from __future__ import annotations

import pytest

from tests.cli.desk import Desk

NUMBER = "138 0013 8000"


def test_a_consent_is_entered_shown_and_withdrawn_with_who_and_why(desk: Desk) -> None:
    made = desk.json("consent", "add", NUMBER, "--kind", "express", "--purpose", "insurance", "--proof", "form 7")
    assert (made["number_ends"], made["kind"], made["purpose"]) == ("000", "express", "insurance")
    (entry,) = desk.json("consent", "show", NUMBER)["consents"]
    assert (entry["in_force"], entry["proof"], entry["source"]) == (True, "form 7", "cli")
    assert desk.json("consent", "withdraw", NUMBER, "--because", "letter 8")["withdrawn"] == 1
    (entry,) = desk.json("consent", "show", NUMBER)["consents"]
    assert (entry["in_force"], entry["withdrawn_because"]) == (False, "letter 8")
    assert desk.json("consent", "withdraw", NUMBER, "--because", "letter 8", status=1)["withdrawn"] == 0


def test_one_kind_is_withdrawn_and_the_others_stay(desk: Desk) -> None:
    for kind in ("express", "night"):
        desk.run("consent", "add", NUMBER, "--kind", kind, "--proof", "form 7")
    desk.run("consent", "withdraw", NUMBER, "--kind", "night", "--because", "letter 8")
    found = desk.json("consent", "show", NUMBER)["consents"]
    assert [(one["kind"], one["in_force"]) for one in found] == [("night", False), ("express", True)]


def test_a_consent_without_proof_span_or_kind_is_refused(desk: Desk) -> None:
    desk.run("consent", "add", NUMBER, "--kind", "express", status=2)
    assert "proves" in desk.refused("consent", "add", NUMBER, "--kind", "express", "--proof", " ")
    hour = ("--proof", "call 3", "--expires", "2030-01-01T10:00:00+08:00")
    assert "--since" in desk.refused("consent", "add", NUMBER, "--kind", "appointment", *hour)
    assert "zone" in desk.refused("consent", "add", NUMBER, "--kind", "night", "--proof", "x", "--since", "2030-01-01")
    desk.run("consent", "add", NUMBER, "--kind", "yes", "--proof", "form 7", status=2)
    desk.run("consent", "withdraw", NUMBER, "--because", " ", status=2)


def test_no_command_shows_a_whole_number(desk: Desk) -> None:
    shown = desk.run("consent", "add", NUMBER, "--kind", "express", "--proof", "form 7")
    shown += desk.run("consent", "show", NUMBER) + desk.run("consent", "withdraw", NUMBER, "--because", "letter")
    assert "13800138000" not in (shown + desk.said).replace(" ", "")


def test_who_opts_out_has_nothing_in_force_any_more(desk: Desk) -> None:
    desk.run("consent", "add", NUMBER, "--kind", "express", "--proof", "form 7")
    desk.run("dnc", "add", NUMBER, "--proof", "letter 9")
    (entry,) = desk.json("consent", "show", NUMBER)["consents"]
    assert (entry["in_force"], entry["withdrawn_because"]) == (False, "do not call: letter 9")


FILE = """电话,同意,同意凭证,同意时间,同意有效期,同意用途
13800138000,明示,表7,2026-01-02,2030-01-01,insurance
13900139000,合同,,,,
13700137000,,,,,
13600136000,也许,表8,,,
"""


@pytest.mark.parametrize("encoding", ["utf-8", "gb18030"])
def test_a_file_of_consents_is_read_and_bad_rows_are_named(desk: Desk, encoding: str) -> None:
    file = desk.file("signed.csv", FILE.encode(encoding))
    done = desk.json("consent", "import", file)
    assert (done["rows"], done["added"], done["rejected"]) == (4, 1, 3)
    assert [one["code"] for one in done["errors"]] == ["NO_PROOF", "NO_CONSENT", "BAD_CONSENT"]
    (entry,) = desk.json("consent", "show", NUMBER)["consents"]
    assert (entry["kind"], entry["proof"], entry["purpose"]) == ("express", "表7", "insurance")
    assert (entry["since"][:10], entry["expires"][:10]) == ("2026-01-02", "2030-01-01")


def test_rows_without_a_proof_take_the_one_that_is_named_and_twice_adds_nothing(desk: Desk) -> None:
    file = desk.file("signed.csv", FILE)
    assert desk.json("consent", "import", file, "--proof", "fair 2026")["added"] == 2
    again = desk.json("consent", "import", file, "--proof", "fair 2026")
    assert (again["added"], again["present"]) == (0, 2)
    desk.run("consent", "import", file, "--strict", status=1)
    desk.run("consent", "import", desk.file("b.csv", "phone,consent\n13800138000,no\n"), status=1)
