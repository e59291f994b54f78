"""`dialer agent`: users, be they agents, supervisors or administrators. Nobody is deleted: calls name them."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Annotated, Any

import typer

from dialer.cli import screen
from dialer.cli.database import with_database
from dialer.cli.failures import Refused
from dialer.cli.options import Json, Language, Role
from dialer.cli.passwords import FromStdin, Generate, new_password

if TYPE_CHECKING:
    from sqlalchemy.ext.asyncio import AsyncConnection

    from dialer.config import Settings
    from dialer.store.people import User
    from dialer.store.session import Database

app = typer.Typer(no_args_is_help=True, help="Users: agents, supervisors, administrators, and their phones.")

LoginName = Annotated[str, typer.Argument(metavar="LOGIN", help="Lower case letters and digits.", show_default=False)]
Endpoint = Annotated[str | None, typer.Option(metavar="PHONE", help="The phone, as PJSIP names its endpoint.")]


@app.command()
def add(
    context: typer.Context,
    login: LoginName,
    name: Annotated[str, typer.Option(help="As people know them, in any script.")],
    role: Annotated[Role, typer.Option(help="What they may do; each includes the one before.")] = "agent",
    endpoint: Endpoint = None,
    language: Annotated[Language, typer.Option(help="Of their desk.")] = "en",
    password_stdin: FromStdin = False,
    generate: Generate = False,
    as_json: Json = False,
) -> None:
    """Add a user. The password is asked for, unless one of the two options says otherwise.

    Example: dialer agent add wang --name 王芳 --endpoint agent01 --language zh --generate
    """
    from dialer.engine import utc_now
    from dialer.store import people

    async def work(_: Settings, db: Database) -> tuple[dict[str, Any], str | None]:
        async with db.read() as c:  # before anybody types a password in vain
            if await people.find(c, login) is not None:
                raise people.BadUser("login", "somebody has this login")
        user = people.User(login, name, people.Role(role), endpoint, language)
        password = new_password(password_stdin, generate, login)
        async with db.begin() as c:
            await people.create(c, replace(user, password_hash=password.hash), utc_now())
            return await _shown(c, await _known(c, login)), password.made

    shown, made = with_database(context, work)
    _told(shown, made, as_json, f"{login} is {role}.")


@app.command("list")
def every(
    context: typer.Context,
    left: Annotated[bool, typer.Option("--all", help="Those who left, too.")] = False,
    role: Annotated[Role | None, typer.Option(help="Only these.")] = None,
    as_json: Json = False,
) -> None:
    """Users, by login.

    Example: dialer agent list --role supervisor
    """
    from dialer.store import people

    async def work(_: Settings, db: Database) -> list[dict[str, Any]]:
        async with db.read() as c:
            found = await people.every(c, role=people.Role(role) if role else None, active=None if left else True)
            return [await _shown(c, user) for user in found]

    found = with_database(context, work)
    if as_json:
        screen.document({"users": found})
        return
    columns = ("login", "name", "role", "endpoint", "language", "active", "has_password", "campaigns")
    screen.table("", columns, [[one[key] for key in columns] for one in found])


@app.command("set")
def change(
    context: typer.Context,
    login: LoginName,
    name: Annotated[str | None, typer.Option(help="A new name.")] = None,
    role: Annotated[Role | None, typer.Option(help="A new role; signs them out.")] = None,
    endpoint: Endpoint = None,
    no_endpoint: Annotated[bool, typer.Option("--no-endpoint", help="Take the phone away.")] = False,
    language: Annotated[Language | None, typer.Option(help="Of their desk.")] = None,
    active: Annotated[bool | None, typer.Option("--active", help="Take back somebody who left.")] = None,
    as_json: Json = False,
) -> None:
    """Change a user. A new phone counts from the next time they log in to their desk.

    Example: dialer agent set wang --endpoint agent07
    """
    from dialer.store import people

    if endpoint and no_endpoint:
        raise typer.BadParameter("give either --endpoint or --no-endpoint")
    given = {"name": name, "role": people.Role(role) if role else None, "endpoint": endpoint, "language": language,
             "active": active}  # fmt: skip
    named: dict[str, Any] = {key: value for key, value in given.items() if value is not None}
    if no_endpoint:
        named["endpoint"] = None
    if not named:
        raise typer.BadParameter("say what to change; see --help")
    _told(_change(context, login, named), None, as_json, f"{login} is changed.")


@app.command()
def remove(context: typer.Context, login: LoginName, as_json: Json = False) -> None:
    """Make a user inactive and sign them out. Their calls keep their name; `agent set LOGIN --active` takes them back.

    A call that they are on goes on; a running service lets them end it.

    Example: dialer agent remove wang
    """
    _told(_change(context, login, {"active": False}), None, as_json, f"{login} is no longer active.")


@app.command()
def password(
    context: typer.Context,
    login: LoginName,
    password_stdin: FromStdin = False,
    generate: Generate = False,
    as_json: Json = False,
) -> None:
    """Give a user a new password, and end every sign-in of theirs.

    Example: dialer agent password wang --generate
    """
    from dialer.engine import utc_now
    from dialer.store import people, tokens

    async def work(_: Settings, db: Database) -> tuple[dict[str, Any], str | None]:
        async with db.read() as c:
            await _known(c, login)
        new = new_password(password_stdin, generate, login)
        async with db.begin() as c:
            user = replace(await _known(c, login), password_hash=new.hash)
            await people.replace_user(c, user)
            await tokens.revoke_all(c, login, utc_now())
            return await _shown(c, user), new.made

    shown, made = with_database(context, work)
    _told(shown, made, as_json, f"{login} has a new password.")


@app.command()
def campaigns(context: typer.Context, login: LoginName, as_json: Json = False) -> None:
    """The campaigns a user works on.

    Example: dialer agent campaigns wang
    """
    from dialer.store import campaigns as shelf
    from dialer.store import people

    async def work(_: Settings, db: Database) -> list[dict[str, Any]]:
        async with db.read() as c:
            await _known(c, login)
            records = [await shelf.get(c, one) for one in await people.campaigns_of(c, login)]
            return [
                {"campaign_id": one.campaign.id, "name": one.campaign.name, "status": one.status.value}
                for one in records
            ]

    found = with_database(context, work)
    if as_json:
        screen.document({"campaigns": found})
    else:
        screen.table("", ("id", "name", "status"), [tuple(one.values()) for one in found])


def _change(context: typer.Context, login: str, named: dict[str, Any]) -> dict[str, Any]:
    from dialer.engine import utc_now
    from dialer.store import people, tokens

    async def work(_: Settings, db: Database) -> dict[str, Any]:
        async with db.begin() as c:
            before = await _known(c, login)
            after = replace(before, **named)
            demoted = not after.active or after.role is not before.role
            if before.role is people.Role.ADMINISTRATOR and before.active and demoted:
                others = await people.every(c, role=people.Role.ADMINISTRATOR)
                if [one.login for one in others] == [login]:
                    raise Refused(f"{login} is the last administrator: add another one first")
            await people.replace_user(c, after)
            if demoted:
                await tokens.revoke_all(c, login, utc_now())
            return await _shown(c, after)

    return with_database(context, work)


async def _known(c: AsyncConnection, login: str) -> User:
    from dialer.store import people

    user = await people.find(c, login)
    if user is None:
        raise people.NoSuchUser(login)
    return user


async def _shown(c: AsyncConnection, user: User) -> dict[str, Any]:
    from dialer.store import people

    return {
        "login": user.login,
        "name": user.name,
        "role": user.role.value,
        "endpoint": user.endpoint,
        "language": user.language,
        "active": user.active,
        "has_password": user.password_hash is not None,
        "campaigns": list(await people.campaigns_of(c, user.login)),
    }


def _told(shown: dict[str, Any], made: str | None, as_json: bool, sentence: str) -> None:
    if as_json:
        screen.document(shown | ({"password": made} if made else {}))
        return
    typer.echo(sentence)
    if made:
        typer.echo(f"Password, shown this once: {made}")
