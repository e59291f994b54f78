"""Would it start? Every wrong key is named, all at once."""

from __future__ import annotations

from typing import Any

from tests.cli.desk import Desk


def _failed(desk: Desk) -> list[str]:
    shown: dict[str, Any] = desk.json("check-config", status=1)
    assert shown["ok"] is False
    return [one["found"] for one in shown["checks"] if one["level"] == "failed"]


def test_a_set_up_that_is_well(desk: Desk) -> None:
    shown = desk.run("check-config")
    assert "tables of this version" in shown
    assert "failed" not in shown


def test_each_wrong_key_is_a_finding_of_its_own(desk: Desk) -> None:
    desk.write(http={"prot": 80}, recordings={"format": "ogg"})
    found = _failed(desk)
    assert len(found) == 2
    assert "recordings.format" in found[0]
    assert "http.prot" in found[1]


def test_a_missing_secret_is_named(desk: Desk) -> None:
    (desk.home / "data/ami.secret").unlink()
    assert _failed(desk)[0].startswith("ami.secret_file: cannot read")


def test_a_configuration_without_a_trunk_is_refused(desk: Desk) -> None:
    desk.config.write_text(desk.config.read_text().partition("[[trunks]]")[0])
    assert _failed(desk) == ["trunks: at least one [[trunks]] block is expected"]


def test_a_database_that_was_never_made_is_found(empty: Desk) -> None:
    assert any("no tables yet" in found for found in _failed(empty))


def test_rule_packs_that_do_not_exist_are_named(desk: Desk) -> None:
    desk.write(calling={"purposes": ["CN-INS"]})
    with desk.config.open("a") as file:
        file.write('overlays = ["CN-NOBODY"]\n')
    found = _failed(desk)
    assert "calling.purposes" in found[0]
    assert "'CN-NOBODY'" in found[1]


def test_a_campaign_on_a_trunk_that_is_gone_is_found(desk: Desk) -> None:
    desk.campaign("Winter")
    desk.config.write_text(desk.config.read_text().replace('"carrier"', '"other"'))
    assert _failed(desk) == ["campaign Winter: the configuration has no trunk 'carrier'"]
    desk.run("campaign", "close", "Winter")
    assert desk.json("check-config")["ok"] is True
