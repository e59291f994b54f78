from __future__ import annotations

import asyncio
from datetime import timedelta
from pathlib import Path

from dialer.engine import utc_now
from dialer.store import people, tokens
from dialer.store.session import Database
from dialer.web.passwords import Hasher
from tests.cli.desk import PASSWORD, Desk


def _checked(home: Path, login: str, password: str) -> bool:
    async def check() -> bool:
        db = Database(f"sqlite:///{home / 'data/dialer.db'}")
        async with db.read() as c:
            user = await people.find(c, login)
        await db.close()
        return user is not None and await Hasher().verify(password, user.password_hash)

    return asyncio.run(check())


def test_an_agent_is_added_with_a_password_made_up_once(desk: Desk) -> None:
    made = desk.json(
        "agent", "add", "wang", "--name", "王芳", "--endpoint", "agent01", "--language", "zh", "--generate"
    )
    assert _checked(desk.home, "wang", made.pop("password"))
    assert made == {"login": "wang", "name": "王芳", "role": "agent", "endpoint": "agent01", "language": "zh",
                    "active": True, "has_password": True, "campaigns": []}  # fmt: skip
    assert "王芳" in desk.run("agent", "list")


def test_a_password_comes_from_standard_input_and_is_shown_nowhere(desk: Desk) -> None:
    shown = desk.run("agent", "add", "wang", "--name", "Wang", "--password-stdin", stdin=f"{PASSWORD}\n")
    assert PASSWORD not in shown + desk.said
    assert _checked(desk.home, "wang", PASSWORD)


def test_what_cannot_be_is_named(desk: Desk) -> None:
    assert desk.refused("agent", "add", "Wang", "--name", "W", "--generate").startswith("dialer: login:")
    assert desk.refused("agent", "add", "wang", "--name", " ", "--generate").startswith("dialer: name:")
    assert desk.refused("agent", "add", "wang", "--name", "W", "--endpoint", "a\nb", "--generate").startswith(
        "dialer: endpoint:"
    )
    assert (
        desk.refused("agent", "add", "admin", "--name", "W", "--generate") == "dialer: login: somebody has this login"
    )
    assert "--password-stdin" in desk.refused("agent", "add", "wang", "--name", "W")
    desk.run("agent", "add", "wang", "--name", "W", "--role", "boss", status=2)
    desk.run("agent", "add", "wang", "--name", "W", "--generate", "--password-stdin", status=2)
    assert desk.refused("agent", "password", "nobody", "--generate") == "dialer: nobody has the login nobody"


def test_who_is_removed_stays_known_and_is_signed_out(desk: Desk) -> None:
    desk.run("agent", "add", "wang", "--name", "W", "--generate")
    token = asyncio.run(_signed_in(desk.home))
    assert desk.json("agent", "remove", "wang")["active"] is False
    assert not asyncio.run(_known(desk.home, token))
    assert [user["login"] for user in desk.json("agent", "list")["users"]] == ["admin"]
    assert [user["login"] for user in desk.json("agent", "list", "--all")["users"]] == ["admin", "wang"]
    assert desk.json("agent", "set", "wang", "--active")["active"] is True


def test_the_last_administrator_stays(desk: Desk) -> None:
    assert "last administrator" in desk.refused("agent", "remove", "admin")
    assert "last administrator" in desk.refused("agent", "set", "admin", "--role", "agent")
    desk.run("agent", "add", "chen", "--name", "Chen", "--role", "administrator", "--generate")
    assert desk.json("agent", "remove", "admin")["active"] is False


def test_set_changes_what_is_named(desk: Desk) -> None:
    desk.run("agent", "add", "wang", "--name", "W", "--endpoint", "agent01", "--generate")
    assert desk.json("agent", "set", "wang", "--name", "王")["endpoint"] == "agent01"
    changed = desk.json("agent", "set", "wang", "--no-endpoint", "--role", "supervisor")
    assert (changed["name"], changed["endpoint"], changed["role"]) == ("王", None, "supervisor")
    desk.run("agent", "set", "wang", status=2)


def test_a_new_password_replaces_the_old_one(desk: Desk) -> None:
    made = desk.json("agent", "password", "admin", "--generate")["password"]
    assert _checked(desk.home, "admin", made)
    assert not _checked(desk.home, "admin", PASSWORD)


async def _signed_in(home: Path) -> str:
    db, now = Database(f"sqlite:///{home / 'data/dialer.db'}"), utc_now()
    async with db.begin() as c:
        token = await tokens.issue(c, "wang", expires_at=now + timedelta(hours=1), now=now)
    await db.close()
    return token


async def _known(home: Path, token: str) -> bool:
    db = Database(f"sqlite:///{home / 'data/dialer.db'}")
    async with db.read() as c:
        user = await tokens.owner(c, token, utc_now())
    await db.close()
    return user is not None
