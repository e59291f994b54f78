from __future__ import annotations

from io import BytesIO
from typing import Any

from aiohttp import FormData

from dialer.web import imports
from tests.web.floor import Answer, Place

CSV = "姓名,电话,city\n王伟,+1 212 555 0150,NY\n李娜,12,NY\nAgain,+12125550150,\n".encode()


async def send(place: Place, campaign_id: int, file: bytes | None = CSV, **words: Any) -> Answer:
    form = FormData(default_to_multipart=True)
    for key, value in ({"name": "november", "source": "fair"} | words).items():
        if value is not None:
            form.add_field(key, value)
    if file is not None:
        form.add_field("file", BytesIO(file), filename="leads.csv", content_type="text/csv")
    return await place.call("adam", f"POST /campaigns/{campaign_id}/lists", data=form)


async def names(place: Place, campaign_id: int) -> list[str]:
    page = (await place.call("sue", f"GET /campaigns/{campaign_id}/leads")).json
    return [lead["name"] for lead in page["leads"]]


async def test_a_dry_run_says_what_would_come_of_it_and_adds_nothing(place: Place) -> None:
    campaign_id = await place.campaign("anna", numbers=())
    report = (await send(place, campaign_id, dry_run="true")).json
    assert (report["list_id"], report["added"], report["doubled"], report["rejected"]) == (None, 1, 1, 1)
    assert [(error["row"], error["column"]) for error in report["errors"]] == [(3, "电话")]
    assert {(column["title"], column["known"] is None) for column in report["columns"]} >= {("city", True)}
    assert await names(place, campaign_id) == []
    assert (report["readiness"]["leads"], report["readiness"]["now"], report["readiness"]["reasons"]) == (1, 1, [])


async def test_the_same_file_twice_adds_nothing_the_second_time(place: Place) -> None:
    campaign_id = await place.campaign("anna", numbers=())
    first = (await send(place, campaign_id)).json
    second = (await send(place, campaign_id, name="again")).json
    assert (first["added"], second["added"], second["doubled"]) == (1, 0, 2)
    assert await names(place, campaign_id) == ["王伟"]
    listed = (await place.call("sue", f"GET /campaigns/{campaign_id}/lists")).json["lists"]
    assert [(one["name"], one["by"], one["added"], one["rejected"]) for one in listed] == [
        ("again", "adam", 0, 1),
        ("november", "adam", 1, 1),
    ]
    assert all(one["finished_at"] for one in listed)


async def test_what_is_wrong_with_the_form_is_named(place: Place) -> None:
    campaign_id = await place.campaign("anna", numbers=())
    assert (await send(place, campaign_id, None)).json["errors"][0]["field"] == "form.file"
    assert (await send(place, campaign_id, source=None)).json["errors"][0]["field"] == "form.source"
    assert (await send(place, campaign_id, colour="red")).json["errors"][0]["field"] == "form.colour"
    assert (await send(place, campaign_id, b"")).json["errors"][0]["field"] == "form.file"
    assert (await send(place, campaign_id, name="x" * 5000)).word == "too_large"
    assert (await place.call("adam", f"POST /campaigns/{campaign_id}/lists", json={})).word == "media_type"
    torn = await place.call("adam", f"POST /campaigns/{campaign_id}/lists", data=b"--x\r\nnonsense",
                            headers={"Content-Type": "multipart/form-data; boundary=x"})  # fmt: skip
    assert torn.status == 400


async def test_an_import_may_be_larger_than_other_bodies(place: Place) -> None:
    campaign_id = await place.campaign("anna", numbers=())
    rest = "x" * 900
    rows = "".join(f"Lead {n},+1212555{n:04},{rest}\n" for n in range(1500))
    report = await send(place, campaign_id, f"name,phone,note\n{rows}".encode(), dry_run="true")
    assert report.json["added"] == 1500


async def test_a_file_beyond_the_limit_is_refused_while_it_comes(place: Place, monkeypatch: Any) -> None:
    monkeypatch.setattr(imports, "LARGEST_FILE", 1 << 20)
    campaign_id = await place.campaign("anna", numbers=())
    answer = await send(place, campaign_id, b"name,phone\n" + b"\n" * (2 << 20))
    assert (answer.status, answer.word) == (413, "too_large")
