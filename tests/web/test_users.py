from __future__ import annotations

from tests.web.floor import Place
from tests.web.test_login import sign_in

CLEO = {"login": "cleo", "name": "Cleo", "role": "agent", "endpoint": "phone-cleo"}


async def test_a_new_user_gets_a_password_that_is_shown_once(place: Place) -> None:
    made = await place.call("adam", "POST /users", json=CLEO)
    assert made.status == 201, made.text
    password = made.json["password"]
    assert len(password) >= 20
    assert (await sign_in(place, "cleo", password)).status == 200
    shown = await place.call("sue", "GET /users/cleo")
    assert password not in shown.text
    assert shown.json["has_password"] is True
    assert "argon2" not in shown.text


async def test_two_new_users_do_not_share_a_password(place: Place) -> None:
    words = [(await place.call("adam", "POST /users", json=CLEO | {"login": name})).json["password"]
             for name in ("cleo", "cora")]  # fmt: skip
    assert len(set(words)) == 2


async def test_a_given_password_is_not_repeated(place: Place) -> None:
    given = "four words and a comma,"
    made = await place.call("adam", "POST /users", json=CLEO | {"password": given})
    assert made.json["password"] is None
    assert (await sign_in(place, "cleo", given)).status == 200


async def test_what_is_wrong_with_a_user_is_named(place: Place) -> None:
    for wrong, field in (
        ({"login": "Cleo"}, "body.login"),
        ({"login": "anna"}, "body.login"),
        ({"name": "\x07"}, "body.name"),
        ({"endpoint": "PJSIP/x&y"}, "body.endpoint"),
        ({"language": "fr"}, "body.language"),
        ({"role": "owner"}, "body.role"),
        ({"password": "short"}, "body.password"),
    ):
        answer = await place.call("adam", "POST /users", json=CLEO | wrong)
        assert answer.status == 422, wrong
        assert [error["field"] for error in answer.json["errors"]] == [field]


async def test_a_new_role_signs_the_user_out(place: Place) -> None:
    assert (await place.call("ben", "GET /me")).status == 200
    assert (await place.call("adam", "PATCH /users/ben", json={"role": "supervisor"})).json["role"] == "supervisor"
    assert (await place.call("ben", "GET /me")).status == 401


async def test_a_new_name_does_not(place: Place) -> None:
    await place.call("ben", "GET /me")
    await place.call("adam", "PATCH /users/ben", json={"name": "Benjamin"})
    assert (await place.call("ben", "GET /me")).json["name"] == "Benjamin"


async def test_who_leaves_is_logged_out_of_the_floor_and_kept(place: Place) -> None:
    await place.campaign("anna", numbers=())
    await place.call("anna", "POST /agent/log-in")
    await place.call("adam", "PATCH /users/anna", json={"active": False})
    await place.settled()
    assert place.house.picture.agents["anna"].state == "logged_out"
    listed = [user["login"] for user in (await place.call("sue", "GET /users?role=agent")).json["users"]]
    assert listed == ["ben"]
    everybody = [user["login"] for user in (await place.call("sue", "GET /users?left=true")).json["users"]]
    assert everybody == ["adam", "anna", "ben", "sue"]


async def test_the_last_administrator_stays(place: Place) -> None:
    for change in ({"active": False}, {"role": "agent"}):
        answer = await place.call("adam", "PATCH /users/adam", json=change)
        assert (answer.status, answer.word) == (409, "impossible")
    assert (await place.call("adam", "GET /me")).json["role"] == "administrator"


async def test_an_administrator_gives_a_new_password(place: Place) -> None:
    token = await place.token("ben")
    made = await place.call("adam", "POST /users/ben/password")
    assert (await sign_in(place, "ben", made.json["password"])).status == 200
    gone = await place.call(None, "GET /me", headers={"Authorization": f"Bearer {token}"})
    assert gone.status == 401


async def test_a_phone_can_be_taken_away(place: Place) -> None:
    assert (await place.call("adam", "PATCH /users/ben", json={"endpoint": None})).json["endpoint"] is None
