from __future__ import annotations

from tests.cli.desk import Desk

WINDOWS = '{"mon-fri": ["09:00-12:00", "14:00-20:00"], "sat-sun": []}'


def test_a_campaign_begins_as_a_draft_with_what_was_said(desk: Desk) -> None:
    made = desk.campaign(
        "家装 [red]回访", "--caller-id", "4008001001", "--caller-id", "4008001002", "--ring", "20", "--amd",
        "--machine", "message", "--attempts-per-day", "2", "--gap-minutes", "90",
        "--set", f"rules.windows={WINDOWS}", "--set", "priority=5",
    )  # fmt: skip
    settings = made["settings"]
    assert (made["status"], made["priority"], settings["ring_seconds"], settings["amd"]) == ("draft", 5, 20, True)
    assert settings["caller_ids"] == ["4008001001", "4008001002"]
    assert settings["machine_policy"] == "message"
    assert (settings["rules"]["attempts_per_day"], settings["rules"]["gap"]) == (2, "PT1H30M")
    assert settings["rules"]["windows"][0] == [[540, 720], [840, 1200]]
    shown = desk.run("campaign", "show", "家装 [red]回访")
    assert "家装 [red]回访" in shown
    assert "09:00-12:00, 14:00-20:00" in next(line for line in shown.splitlines() if "rules.windows, fri" in line)


def test_a_campaign_is_named_by_name_or_id_and_a_name_goes_first(desk: Desk) -> None:
    first, second = desk.campaign("2"), desk.campaign("Winter")
    assert (first["campaign_id"], second["campaign_id"]) == (1, 2)
    assert desk.json("campaign", "show", "2")["campaign_id"] == 1
    assert desk.json("campaign", "show", "1")["campaign_id"] == 1
    assert desk.json("campaign", "show", "Winter")["campaign_id"] == 2


def test_a_name_that_nobody_has_is_answered_with_those_there_are(desk: Desk) -> None:
    desk.campaign("Winter")
    assert desk.refused("campaign", "show", "Sumer") == "dialer: there is no campaign 'Sumer'; there are: Winter"


def test_a_trunk_that_the_configuration_lacks_is_named(desk: Desk) -> None:
    words = ("campaign", "create", "A", "--mode", "preview", "--trunk", "nix")
    assert "no [[trunks]] block named 'nix'; it has carrier" in desk.refused(*words)


def test_a_wrong_setting_is_named_and_nothing_is_made(desk: Desk) -> None:
    for setting, key in (("ringo=2", "ringo"), ("rules.gapp=2", "rules.gapp"), ("ring_seconds=4", "ring_seconds"),
                         ("recycle.busy.limit=x", "recycle.busy.limit"), ("name.x=2", "name.x")):  # fmt: skip
        said = desk.refused("campaign", "create", "A", "--mode", "preview", "--trunk", "carrier", "--set", setting)
        assert said.startswith(f"dialer: {key}"), said
    assert desk.json("campaign", "list") == {"campaigns": []}


def test_set_changes_what_is_named_and_keeps_the_rest(desk: Desk) -> None:
    desk.campaign("Winter", "--attempts-per-day", "2")
    changed = desk.json(
        "campaign", "set", "Winter", "rules.gap=7200", "recycle.busy.limit=1", "caller_ids=400,401", "name=2027"
    )["settings"]
    assert changed["rules"]["attempts_per_day"] == 2
    assert changed["rules"]["gap"] == "PT2H"
    assert changed["recycle"]["busy"] == {"delay": "PT10M", "limit": 1}
    assert changed["caller_ids"] == ["400", "401"]
    assert changed["name"] == "2027"
    assert "key=value" in desk.refused("campaign", "set", "2027", "ring_seconds")


def test_a_campaign_is_started_paused_and_closed_for_good(desk: Desk) -> None:
    desk.campaign("Winter")
    assert desk.run("campaign", "start", "Winter") == "Winter is running.\n"
    assert "no agents yet" in desk.said
    assert "no leads yet" in desk.said
    assert desk.json("campaign", "pause", "Winter")["status"] == "paused"
    assert desk.json("campaign", "close", "Winter")["status"] == "closed"
    assert "closed" in desk.refused("campaign", "start", "Winter")


def test_a_campaign_whose_trunk_is_gone_is_not_started(desk: Desk) -> None:
    desk.campaign("Winter")
    desk.config.write_text(desk.config.read_text().replace('"carrier"', '"other"'))
    assert "'carrier'" in desk.refused("campaign", "start", "Winter")


def test_agents_are_assigned_added_and_taken_off(desk: Desk) -> None:
    desk.campaign("Winter")
    for login in ("wang", "li"):
        desk.run("agent", "add", login, "--name", login, "--generate")
    assert desk.json("campaign", "assign", "Winter", "wang")["agents"] == ["wang"]
    assert desk.json("campaign", "assign", "Winter", "li", "--add")["agents"] == ["li", "wang"]
    assert [one["name"] for one in desk.json("agent", "campaigns", "li")["campaigns"]] == ["Winter"]
    assert desk.json("campaign", "assign", "Winter", "--nobody")["agents"] == []
    assert "nobody has the login 'zhao'" in desk.refused("campaign", "assign", "Winter", "zhao")
    desk.run("campaign", "assign", "Winter", status=2)


def test_leads_and_summary_are_counted(desk: Desk) -> None:
    desk.campaign("Winter")
    desk.run("leads", "import", desk.file("a.csv", "name,phone\nA,13800138000\n"), "-c", "Winter")
    counts = desk.json("campaign", "leads", "Winter")
    assert counts["total"] == counts["due"] == 1
    assert desk.json("campaign", "summary", "Winter")["leads"] == 1
    assert "Winter" in desk.run("campaign", "list")
