from __future__ import annotations

from dataclasses import replace

import pytest
from sqlalchemy import select

from dialer.store import campaigns, installation, people, tokens
from dialer.store import schema as t
from dialer.store.people import BadUser, NoSuchUser, Role, User
from dialer.store.session import Database
from tests.store.makers import NOW, a_campaign, after, an_agent


async def test_a_user_comes_back_as_entered(database: Database) -> None:
    user = User("anna", "安娜", Role.AGENT, endpoint="anna", language="zh", password_hash="$argon2id$x")
    async with database.begin() as c:
        await people.create(c, user, NOW)
        assert await people.find(c, "anna") == user
        assert await people.find(c, "bert") is None


async def test_a_login_is_given_once(database: Database) -> None:
    async with database.begin() as c:
        await an_agent(c, active=False)
        with pytest.raises(BadUser, match="somebody has this login"):
            await an_agent(c)


@pytest.mark.parametrize("login", ["", "a", "Anna", "1anna", "an na", "anna;drop", "a" * 33, "安娜", "anna\n"])
def test_a_login_that_could_not_be_part_of_a_channels_name_is_refused(login: str) -> None:
    with pytest.raises(BadUser, match="login"):
        User(login, "Anna", Role.AGENT)


@pytest.mark.parametrize(
    ("key", "value"), [("name", " "), ("name", "a\x00b"), ("endpoint", "a,b"), ("endpoint", ""), ("language", "fr")]
)
def test_a_bad_detail_names_its_key(key: str, value: str) -> None:
    with pytest.raises(BadUser) as caught:
        replace(User("anna", "Anna", Role.AGENT), **{key: value})
    assert caught.value.key == key


def test_a_users_hash_is_not_in_its_text() -> None:
    assert "argon" not in repr(User("anna", "Anna", Role.AGENT, password_hash="$argon2id$x"))


async def test_who_left_is_kept_but_not_listed(database: Database) -> None:
    async with database.begin() as c:
        user = await an_agent(c)
        await an_agent(c, "bert", role=Role.SUPERVISOR)
        await people.replace_user(c, replace(user, active=False))
        assert [u.login for u in await people.every(c)] == ["bert"]
        assert [u.login for u in await people.every(c, active=None, role=Role.AGENT)] == ["anna"]
        with pytest.raises(NoSuchUser):
            await people.replace_user(c, replace(user, login="carl"))


async def test_an_agent_knows_their_campaigns(database: Database) -> None:
    async with database.begin() as c:
        await an_agent(c)
        first, second = await a_campaign(c), await a_campaign(c, name="Other")
        for campaign in (second, first):
            await campaigns.assign(c, campaign.id, ["anna"])
        assert await people.campaigns_of(c, "anna") == (first.id, second.id)
        assert await people.campaigns_of(c, "bert") == ()


async def test_a_token_opens_the_door_until_it_expires_or_is_revoked(database: Database) -> None:
    async with database.begin() as c:
        user = await an_agent(c)
        first = await tokens.issue(c, "anna", expires_at=after(hours=8), now=NOW)
        second = await tokens.issue(c, "anna", expires_at=after(hours=8), now=NOW)
        assert await tokens.owner(c, first, after(hours=7)) == user
        assert await tokens.owner(c, first, after(hours=8)) is None
        assert await tokens.owner(c, "guess", NOW) is None
        await tokens.revoke(c, first, NOW)
        assert await tokens.owner(c, first, NOW) is None
        assert await tokens.owner(c, second, NOW) == user
        assert await tokens.revoke_all(c, "anna", NOW) == 1
        assert await tokens.owner(c, second, NOW) is None


async def test_the_token_of_who_left_opens_nothing(database: Database) -> None:
    async with database.begin() as c:
        user = await an_agent(c)
        token = await tokens.issue(c, "anna", expires_at=after(hours=8), now=NOW)
        await people.replace_user(c, replace(user, active=False))
        assert await tokens.owner(c, token, NOW) is None


async def test_a_token_is_not_in_the_database(database: Database) -> None:
    async with database.begin() as c:
        await an_agent(c)
        token = await tokens.issue(c, "anna", expires_at=after(hours=8), now=NOW)
        row = (await c.execute(select(t.tokens))).one()
    assert token not in str(tuple(row))
    assert len(row.digest) == 64


async def test_an_installations_tag_is_drawn_once(database: Database) -> None:
    async with database.begin() as c:
        tag = await installation.tag(c, NOW)
    async with database.begin() as c:
        assert await installation.tag(c, after(days=1)) == tag
    assert len(tag) == 6
    assert tag.isalnum()
    assert tag == tag.lower()
