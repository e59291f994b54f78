from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from tests.cli.desk import Desk

NUMBER = "138 0013 8000"


def test_a_number_is_added_once_and_found(desk: Desk) -> None:
    first = desk.json("dnc", "add", NUMBER, "--proof", "letter 7", "--asked-by", "王芳")
    assert first == {"number_ends": "000", "campaign_id": None, "brand": None, "channel": None, "added": True}
    assert desk.json("dnc", "add", "+8613800138000")["added"] is False
    found = desk.json("dnc", "check", NUMBER)
    assert found["listed"] is True
    assert [(one["scope"], one["proof"], one["asked_by"]) for one in found["entries"]] == [
        ("company", "letter 7", "王芳")
    ]


def test_no_command_shows_a_whole_number(desk: Desk) -> None:
    shown = desk.run("dnc", "add", NUMBER) + desk.run("dnc", "check", NUMBER) + desk.run("dnc", "list")
    assert "13800138000" not in (shown + desk.said).replace(" ", "")


def test_a_campaigns_list_is_its_own(desk: Desk) -> None:
    campaign = desk.campaign("家装")["campaign_id"]
    assert desk.json("dnc", "add", NUMBER, "-c", "家装")["campaign_id"] == campaign
    assert desk.json("dnc", "add", NUMBER)["added"] is True
    lists = desk.json("dnc", "list")["lists"]
    assert sorted((one["scope"], one["numbers"]) for one in lists) == [("campaign", 1), ("company", 1)]
    assert "no campaign 'X'" in desk.refused("dnc", "add", NUMBER, "-c", "X")


def test_a_brands_list_is_that_of_a_brand_there_is(desk: Desk) -> None:
    desk.campaign("家装", "--set", "brand=Winter")
    assert desk.json("dnc", "add", NUMBER, "--brand", "Winter")["brand"] == "Winter"
    assert "no campaign has the brand 'Wintr'; there are: Winter" in desk.refused(
        "dnc", "add", NUMBER, "--brand", "Wintr"
    )
    (entry,) = desk.json("dnc", "check", NUMBER)["entries"]
    assert (entry["scope"], entry["brand"], entry["listed"]) == ("brand", "Winter", True)
    assert desk.json("dnc", "remove", NUMBER, "--because", "asked", status=1)["removed"] is False
    assert desk.json("dnc", "remove", NUMBER, "--because", "asked", "--brand", "Winter")["removed"] is True


def test_a_channels_list_is_kept_and_one_list_is_named_at_a_time(desk: Desk) -> None:
    desk.run("dnc", "add", NUMBER, "--channel", "email")
    assert desk.json("dnc", "list")["lists"][0]["channel"] == "email"
    desk.campaign("家装")
    assert "one list" in desk.refused("dnc", "add", NUMBER, "--channel", "email", "-c", "家装")
    desk.run("dnc", "add", NUMBER, "--channel", "pigeon", status=2)


def test_a_number_that_is_taken_off_keeps_its_row_and_the_reason(desk: Desk) -> None:
    desk.run("dnc", "add", NUMBER)
    assert desk.json("dnc", "remove", NUMBER, "--because", "asked again")["removed"] is True
    found = desk.json("dnc", "check", NUMBER)
    assert found["listed"] is False
    assert found["entries"][0]["removed_because"] == "asked again"
    assert desk.json("dnc", "remove", NUMBER, "--because", "asked again", status=1)["removed"] is False
    desk.run("dnc", "remove", NUMBER, status=2)
    desk.run("dnc", "remove", NUMBER, "--because", " ", status=2)


def test_an_entry_may_expire(desk: Desk) -> None:
    later = (datetime.now(UTC) + timedelta(days=30)).isoformat()
    desk.run("dnc", "add", NUMBER, "--expires", later)
    assert desk.json("dnc", "check", NUMBER)["listed"] is True
    assert "with its zone" in desk.refused("dnc", "add", NUMBER, "--expires", "2027-01-01T00:00:00")
    assert "with its zone" in desk.refused("dnc", "add", NUMBER, "--expires", "tomorrow")


@pytest.mark.parametrize("text", ["12", "abc", "", "13800138000 ext 5", "+999010500001"])
def test_what_is_no_number_is_one_sentence(desk: Desk, text: str) -> None:
    said = desk.refused("dnc", "add", text)
    assert "expected" in said
    assert text not in said or text == ""


LISTS = {
    "one a line": "13900139000\nabc\n13900139000\n13800138000\n\n12\n",
    "a column": "序号,手机,备注\n1,13900139000,x\n2,abc,\n3,13900139000,\n4,13800138000,y\n5,12,\n",
    "semicolons": "id;phone\n1;13900139000\n2;abc\n3;13900139000\n4;13800138000\n5;12\n",
    "one column with a title": "Rufnummer\n13900139000\nabc\n13900139000\n13800138000\n12\n",
}


@pytest.mark.parametrize("content", list(LISTS.values()), ids=list(LISTS))
@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16", "gb18030"])
def test_a_file_of_numbers_is_added_and_bad_rows_are_named(desk: Desk, content: str, encoding: str) -> None:
    file = desk.file("dnc.csv", content.encode(encoding))
    done = desk.json("dnc", "import", file)
    assert (done["rows"], done["numbers"], done["added"], done["present"], done["rejected"]) == (5, 3, 2, 1, 2)
    assert [one["code"] for one in done["errors"]] == ["NUMBER_CHARACTERS", "NUMBER_TOO_SHORT"]
    assert desk.json("dnc", "import", file)["added"] == 0
    assert desk.json("dnc", "check", NUMBER)["entries"][0]["proof"] == "dnc.csv"


def test_another_column_is_named(desk: Desk) -> None:
    file = desk.file("a.csv", "Name,Rufnummer\nA,13900139000\n")
    assert "--column" in desk.refused("dnc", "import", file)
    assert desk.json("dnc", "import", file, "--column", "Rufnummer")["added"] == 1
    assert "no column 'X'" in desk.refused("dnc", "import", file, "--column", "X")


def test_bytes_that_are_no_text_are_a_bad_row_and_not_the_end(desk: Desk) -> None:
    file = desk.file("a.txt", b"13900139000\n\xff\xfe\xff\xff\n1380013\x008000\n13800138000\n")
    done = desk.json("dnc", "import", file)
    assert done["added"] == 2
    assert [(one["row"], one["code"]) for one in done["errors"]] == [(2, "BAD_ENCODING"), (3, "NUL")]


def test_a_dry_run_and_a_file_without_a_number(desk: Desk) -> None:
    file = desk.file("a.txt", "13900139000\n1\n")
    assert desk.json("dnc", "import", file, "--dry-run")["added"] == 0
    assert desk.json("dnc", "list") == {"lists": []}
    desk.run("dnc", "import", file, "--strict", status=1)
    assert "1 numbers, 0 added, 1 there already" in desk.run("dnc", "import", file)
    desk.run("dnc", "import", desk.file("b.txt", "1\n2\n"), status=1)


def test_a_list_of_many_is_read_in_batches(desk: Desk) -> None:
    file = desk.file("a.txt", "".join(f"1390013{n:04}\n" for n in range(5000)))
    assert desk.json("dnc", "import", file)["added"] == 5000


# --- files that are broken -------------------------------------------------------------------------------------------


@pytest.mark.parametrize("content", ["", "\n\n \n", "\ufeff"])
def test_an_empty_file_is_refused(desk: Desk, content: str) -> None:
    assert "is empty" in desk.refused("dnc", "import", desk.file("a.txt", content))


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-be", "gb18030"])
def test_a_file_that_is_cut_off_is_refused_and_nothing_of_it_is_kept(desk: Desk, encoding: str) -> None:
    content = "".join(f"1390013{n:04}\n" for n in range(9000))
    assert "cut off" in desk.refused("dnc", "import", desk.file("a.txt", content[:-4].encode(encoding)))
    assert desk.json("dnc", "list") == {"lists": []}
    assert desk.json("dnc", "import", desk.file("a.txt", content[:-1].encode(encoding)))["added"] == 9000


def test_a_last_line_without_an_end_is_good_where_it_is_not_short(desk: Desk) -> None:
    assert desk.json("dnc", "import", desk.file("a.txt", "13900139000\n13800138000"))["added"] == 2
    assert desk.json("dnc", "import", desk.file("b.txt", "13900139001"))["added"] == 1


# --- a list that comes as a whole ------------------------------------------------------------------------------------


def whole(desk: Desk, numbers: range, *more: str) -> list[str]:
    return [
        "dnc",
        "import",
        desk.file("w.txt", "".join(f"1390013{n:04}\n" for n in numbers)),
        "--replace",
        "agency",
        *more,
    ]


def listed(desk: Desk, n: int) -> bool:
    found: bool = desk.json("dnc", "check", f"1390013{n:04}")["listed"]
    return found


def test_the_new_file_takes_the_place_of_the_last(desk: Desk) -> None:
    assert desk.json(*whole(desk, range(1000)))["added"] == 1000
    done = desk.json(*whole(desk, range(10, 1010)))
    assert (done["added"], done["present"], done["removed"]) == (10, 990, 10)
    assert [listed(desk, n) for n in (0, 9, 10, 999, 1009)] == [False, False, True, True, True]
    (entry,) = desk.json("dnc", "check", "13900130000")["entries"]
    assert (entry["removed_because"], entry["source"]) == ("not in w.txt", "list:agency")


def test_a_list_that_shrinks_by_more_than_one_in_a_hundred_is_refused_and_stays(desk: Desk) -> None:
    desk.run(*whole(desk, range(1000)))
    said = desk.refused(*whole(desk, range(11, 2000)))
    assert "lacks 11 of the list's 1000 numbers" in said
    assert desk.json("dnc", "list")["lists"][0]["numbers"] == 1000
    assert not listed(desk, 1500)
    done = desk.json(*whole(desk, range(11, 1000)), "--allow-shrink", "agency cleaned up")
    assert (done["added"], done["removed"]) == (0, 11)
    (entry,) = desk.json("dnc", "check", "13900130000")["entries"]
    assert entry["removed_because"] == "not in w.txt: agency cleaned up"


def test_exactly_one_in_a_hundred_may_go(desk: Desk) -> None:
    desk.run(*whole(desk, range(1000)))
    assert desk.json(*whole(desk, range(10, 1000)))["removed"] == 10


def test_a_row_that_is_no_number_leaves_the_whole_list_as_it_is(desk: Desk) -> None:
    desk.run(*whole(desk, range(1000)))
    file = desk.file("w.txt", "".join(f"1390013{n:04}\n" for n in range(999)) + "13900139\n")
    assert "1 rows that are no numbers" in desk.refused("dnc", "import", file, "--replace", "agency")
    assert "holds no number" in desk.refused(
        "dnc", "import", desk.file("x.txt", "x\n1\n"), "--replace", "agency", "--allow-shrink", "broken"
    )
    assert desk.json("dnc", "list")["lists"][0]["numbers"] == 1000


def test_a_persons_own_request_outlives_the_list_and_other_lists_are_not_touched(desk: Desk) -> None:
    desk.run("dnc", "import", desk.file("o.txt", "13700137000\n"), "--replace", "other")
    desk.run(*whole(desk, range(2)))
    desk.run("dnc", "add", "13900130000")
    desk.run(*whole(desk, range(1, 2)), "--allow-shrink", "shorter")
    assert listed(desk, 0)
    assert desk.json("dnc", "check", "13700137000")["listed"]


def test_a_dry_run_says_what_would_go(desk: Desk) -> None:
    desk.run(*whole(desk, range(1000)))
    done = desk.json(*whole(desk, range(5, 1000)), "--dry-run")
    assert (done["added"], done["removed"]) == (0, 5)
    assert listed(desk, 0)


def test_a_reason_to_shrink_belongs_to_a_whole_list(desk: Desk) -> None:
    file = desk.file("a.txt", "13900139000\n")
    desk.run("dnc", "import", file, "--allow-shrink", "because", status=2)
    desk.run("dnc", "import", file, "--replace", " ", status=2)
