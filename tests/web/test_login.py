from __future__ import annotations

import asyncio
import time
from dataclasses import replace
from datetime import timedelta
from statistics import median
from typing import Any

import pytest
from argon2 import PasswordHasher

from dialer.store import people
from dialer.web import passwords
from dialer.web.guard import COOKIE, HEADER
from dialer.web.passwords import hash_of
from tests.web.conftest import OTHER_ORIGIN
from tests.web.floor import API, Answer, Place

SECRET = "correct horse battery"
HASH = hash_of(SECRET)


async def give_password(place: Place, login: str = "anna") -> None:
    async with place.house.db.begin() as c:
        user = await people.find(c, login)
        assert user is not None
        await people.replace_user(c, replace(user, password_hash=HASH))


async def sign_in(place: Place, login: str = "anna", password: str = SECRET, **more: Any) -> Answer:
    body = {"login": login, "password": password, "cookie": more.pop("cookie", False)}
    return await place.call(None, "POST /sign-in", json=body, **more)


async def test_a_right_password_gives_a_token_that_opens_the_door(place: Place) -> None:
    await give_password(place)
    answer = await sign_in(place)
    assert answer.status == 200
    assert answer.json["user"] == {"login": "anna", "name": "Anna", "role": "agent",
                                   "endpoint": "phone-anna", "language": "en"}  # fmt: skip
    bearer = {"Authorization": f"Bearer {answer.json['token']}"}
    assert (await place.call(None, "GET /me", headers=bearer)).json["login"] == "anna"


async def test_the_token_is_kept_nowhere_in_clear(place: Place) -> None:
    await give_password(place)
    token = (await sign_in(place)).json["token"]
    async with place.house.db.read() as c:
        rows = (await c.exec_driver_sql("SELECT * FROM tokens")).all()
    assert len(rows) == 1
    assert token not in str(rows)


async def test_unknown_login_wrong_password_no_password_and_inactive_user_look_the_same(place: Place) -> None:
    await give_password(place)
    await give_password(place, "ben")
    async with place.house.db.begin() as c:
        ben = await people.find(c, "ben")
        assert ben is not None
        await people.replace_user(c, replace(ben, active=False))
    tries = [("anna", "wrong password 1"), ("nobody", SECRET), ("sue", SECRET), ("ben", SECRET), ("", SECRET)]
    answers = [await sign_in(place, *one) for one in tries]
    assert {answer.status for answer in answers} == {401}
    assert len({answer.text for answer in answers}) == 1


async def test_an_unknown_login_takes_as_long_as_a_wrong_password(place: Place) -> None:
    await give_password(place)
    took: dict[str, list[float]] = {"anna": [], "nobody": []}
    for _ in range(5):
        for login, seconds in took.items():
            begun = time.perf_counter()
            await sign_in(place, login, "wrong password 1")
            seconds.append(time.perf_counter() - begun)
    assert 0.5 < median(took["nobody"]) / median(took["anna"]) < 2


async def test_the_eleventh_wrong_password_is_not_looked_at(place: Place) -> None:
    await give_password(place)
    for _ in range(10):
        assert (await sign_in(place, password="wrong password 1")).status == 401
    refused = await sign_in(place)
    assert (refused.status, refused.word) == (429, "too_many")
    assert refused.headers["Retry-After"] == "30"
    assert (await sign_in(place, "nobody", SECRET)).status == 401, "another login is not held back"
    place.clock.now += timedelta(seconds=30)
    assert (await sign_in(place)).status == 200


async def test_signing_out_ends_the_token(place: Place) -> None:
    assert (await place.call("anna", "POST /sign-out")).status == 200
    assert (await place.call("anna", "GET /me")).status == 401


async def test_a_token_ends_by_its_time(place: Place) -> None:
    assert (await place.call("anna", "GET /me")).status == 200
    place.clock.now += timedelta(hours=1)
    assert (await place.call("anna", "GET /me")).status == 401


async def test_a_new_password_ends_every_other_sign_in(place: Place) -> None:
    await give_password(place)
    old = (await sign_in(place)).json["token"]
    new_words = "a much better horse"
    body = {"old": SECRET, "new": new_words}
    answer = await place.call("anna", "POST /me/password", json=body)
    assert answer.status == 200
    for headers, status in ((old, 401), (answer.json["token"], 200)):
        assert (await place.call(None, "GET /me", headers={"Authorization": f"Bearer {headers}"})).status == status
    assert (await sign_in(place)).status == 401
    assert (await sign_in(place, password=new_words)).status == 200


async def test_a_short_password_is_refused_and_not_repeated(place: Place) -> None:
    await give_password(place)
    answer = await place.call("anna", "POST /me/password", json={"old": SECRET, "new": "short pw"})
    assert answer.status == 422
    assert [error["field"] for error in answer.json["errors"]] == ["body.new"]
    assert "short pw" not in answer.text


async def test_the_old_password_is_asked_for(place: Place) -> None:
    await give_password(place)
    answer = await place.call("anna", "POST /me/password", json={"old": "wrong password 1", "new": "a better horse 1"})
    assert (answer.status, answer.word) == (401, "wrong_password")


# --- the cookie -----------------------------------------------------------------------------------------------------


async def cookie_of(place: Place) -> dict[str, str]:
    await give_password(place)
    answer = await sign_in(place, cookie=True)
    place.client.session.cookie_jar.clear()
    assert answer.json["token"] is None
    flags = answer.headers["Set-Cookie"]
    assert all(flag in flags for flag in ("HttpOnly", "SameSite=Strict", f"Path={API}"))
    return {"Cookie": flags.partition(";")[0]}


async def test_a_cookie_reads_without_and_writes_with_the_header(place: Place) -> None:
    cookie = await cookie_of(place)
    assert (await place.call(None, "GET /me", headers=cookie)).status == 200
    refused = await place.call(None, "POST /agent/log-in", headers=cookie)
    assert (refused.status, refused.word) == (403, "cross_site")
    allowed = await place.call(None, "POST /agent/log-in", headers=cookie | {HEADER: "page"})
    assert allowed.status == 409, "past the door: this agent has no campaign"


async def test_a_cookie_is_refused_from_another_site(place: Place) -> None:
    cookie = await cookie_of(place) | {HEADER: "page"}
    ours = str(place.client.make_url("/")).rstrip("/")
    for origin, status in ((ours, 409), (OTHER_ORIGIN, 409), ("https://evil.example", 403), ("null", 403)):
        sent = cookie | {"Origin": origin}
        assert (await place.call(None, "POST /agent/log-in", headers=sent)).status == status, origin
    sent = cookie | {"Sec-Fetch-Site": "cross-site"}
    assert (await place.call(None, "POST /agent/log-in", headers=sent)).status == 403


async def test_another_site_cannot_sign_somebody_in(place: Place) -> None:
    await give_password(place)
    assert (await sign_in(place, headers={"Origin": "https://evil.example"})).status == 403


async def test_behind_tls_the_cookie_is_secure(place: Place) -> None:
    await give_password(place)
    answer = await sign_in(place, cookie=True, headers={"X-Forwarded-Proto": "https"})
    assert "Secure" in answer.headers["Set-Cookie"]


async def test_signing_out_takes_the_cookie_back(place: Place) -> None:
    cookie = await cookie_of(place)
    answer = await place.call(None, "POST /sign-out", headers=cookie | {HEADER: "page"})
    assert f'{COOKIE}=""' in answer.headers["Set-Cookie"]
    assert (await place.call(None, "GET /me", headers=cookie)).status == 401


# --- many at once ---------------------------------------------------------------------------------------------------


async def test_guesses_sent_at_once_do_not_slip_through_the_limit(place: Place) -> None:
    await give_password(place)
    wrong = [sign_in(place, password=f"wrong password {n}") for n in range(14)]
    answers = await asyncio.gather(*wrong, sign_in(place))
    assert [answer.status for answer in answers].count(401) == 10
    assert {answer.status for answer in answers} == {401, 429}, "not even the right one, which came among them"


async def test_sign_ins_that_would_wait_too_long_are_sent_away(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    await give_password(place)
    monkeypatch.setattr(passwords, "WAITING", 1)
    answers = await asyncio.gather(*(sign_in(place) for _ in range(3)))
    assert sorted(answer.status for answer in answers) == [200, 503, 503]
    assert (await sign_in(place)).status == 200


async def test_a_hash_of_old_parameters_is_made_anew_at_the_next_sign_in(place: Place) -> None:
    old = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1).hash(SECRET)
    async with place.house.db.begin() as c:
        user = await people.find(c, "anna")
        assert user is not None
        await people.replace_user(c, replace(user, password_hash=old))
    assert (await sign_in(place)).status == 200
    async with place.house.db.read() as c:
        user = await people.find(c, "anna")
    assert user is not None
    assert user.password_hash not in (None, old)
    assert (await sign_in(place)).status == 200
