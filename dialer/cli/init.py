"""`dialer init`: from nothing to a dialer that can be started. Each step looks first, so that it may be run again."""

from __future__ import annotations

import asyncio
import os
import secrets
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from dialer.cli import screen
from dialer.cli.options import Json
from dialer.cli.passwords import FromStdin, Generate, new_password

if TYPE_CHECKING:
    from dialer.config import Settings

MANAGER_FILE = "manager.conf"


def init(
    context: typer.Context,
    login: Annotated[str, typer.Option(help="The first administrator's login.")] = "admin",
    name: Annotated[str, typer.Option(help="The first administrator's name.")] = "Administrator",
    password_stdin: FromStdin = False,
    generate: Generate = False,
    force: Annotated[
        bool, typer.Option("--force", help="Write config.toml anew; the old one is kept as config.toml.old.")
    ] = False,
    as_json: Json = False,
) -> None:
    """Set up configuration, secret, database and administrator.

    Writes config.toml, makes the data folder, the AMI secret with Asterisk's side of it, the tables and the first
    administrator. What is there already stays: the secret and the data are never made anew. The administrator's
    password is asked for; there is no default.

    Example: dialer init --login chen --name 陈经理
    """
    from dialer.config import load

    path: Path = context.obj.config
    written = _write_config(path, force)
    settings = load(path)
    settings.node.data.mkdir(mode=0o700, parents=True, exist_ok=True)
    settings.recordings.library.mkdir(parents=True, exist_ok=True)
    secret_made = _make_secret(settings)
    manager = _write_manager_file(settings)
    administrator, made = asyncio.run(_database(settings, login, name, password_stdin, generate))
    if as_json:
        done = {"config": str(path), "config_written": written, "secret_made": secret_made,
                "manager_conf": str(manager) if manager else None, "administrator": administrator}  # fmt: skip
        screen.document(done | ({"password": made} if made else {}))
        return
    typer.echo(f"{path}: {'written' if written else 'kept as it is'}")
    typer.echo(f"Database: its tables are this version's. Administrator: {administrator}.")
    if made:
        typer.echo(f"Password, shown this once: {made}")
    if manager is not None:
        typer.echo(_manager_words(manager))
    typer.echo("Then look at the [[trunks]] in the configuration, and let `dialer doctor` look at everything.")


def _write_config(path: Path, force: bool) -> bool:
    if path.exists():
        if not force:
            return False
        path.replace(path.with_name(path.name + ".old"))
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(model().read_text(encoding="utf-8"), encoding="utf-8")
    return True


def model() -> Path:
    """The commented configuration: inside an installed wheel, or at the top of a source tree."""
    package = Path(__file__).parents[1]
    return next(file for file in (package / "cli/config.toml", package.parent / "config.toml") if file.is_file())


def _make_secret(settings: Settings) -> bool:
    """Nobody but the dialer may read it from its first instant on."""
    file = settings.ami.secret_file
    if settings.ami.secret is not None or file is None:
        return False
    file.parent.mkdir(parents=True, exist_ok=True)
    try:
        handle = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        return False
    with os.fdopen(handle, "w") as out:
        out.write(secrets.token_hex(24) + "\n")
    return True


def _write_manager_file(settings: Settings) -> Path | None:
    """Asterisk's half of the account, with the secret in it: a file to be copied is safer than a screen to be read."""
    if settings.ami.secret is not None or settings.ami.secret_file is None:
        return None
    from dialer.lab.instance import configuration
    from dialer.lab.rendering import render

    template = (configuration() / "dialer.d.example" / MANAGER_FILE).read_text(encoding="utf-8")
    values = {
        "AMI_PORT": str(settings.ami.port),
        "AMI_USER": settings.ami.username,
        "AMI_SECRET": settings.ami.password(),
        "EVENTS": "dialer-events",
    }
    file = settings.node.data / MANAGER_FILE
    file.unlink(missing_ok=True)
    handle = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(handle, "w", encoding="utf-8") as out:
        out.writelines(f"{line}\n" for line in render(template, values).splitlines() if not line.startswith(";"))
    return file


def _manager_words(manager: Path) -> str:
    return (
        f"Asterisk's side of the account is in {manager} with the secret in it, for you alone. On\n"
        "the PBX, with the files of asterisk_conf/ in /etc/asterisk:\n"
        f"  install -D -m 0640 -g asterisk {manager} /etc/asterisk/dialer.d/manager.conf\n"
        "  asterisk -rx 'manager reload'\n"
        "Asterisk before 22.1 needs dialer-events-20 there in the place of dialer-events."
    )


async def _database(
    settings: Settings, login: str, name: str, password_stdin: bool, generate: bool
) -> tuple[str, str | None]:
    """The tables, and an administrator where there is none; with the password where one was made up."""
    from dialer.engine import utc_now
    from dialer.store import installation, people
    from dialer.store.session import Database

    db = Database(settings.database.url)
    try:
        await db.migrate()
        async with db.begin() as c:
            await installation.tag(c, utc_now())
            there = await people.every(c, role=people.Role.ADMINISTRATOR)
        if there:
            return there[0].login, None
        user = people.User(login, name, people.Role.ADMINISTRATOR)  # checked before anybody types a password in vain
        password = new_password(password_stdin, generate, login)
        async with db.begin() as c:
            await people.create(c, replace(user, password_hash=password.hash), utc_now())
        return login, password.made
    finally:
        await db.close()
