"""Where things are kept: the database and the folders."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from dialer.cli.checkup.finding import Finding, address_of, apart, failed, ok, warning
from dialer.cli.database import Form, form
from dialer.config import Settings
from dialer.store import campaigns, people
from dialer.store.campaigns import CampaignStatus
from dialer.store.session import BadDatabaseUrl, Database, DatabaseUnreachable

# An hour of two-channel raw audio is 115 MB, and thirty lines that all talk fill two gigabytes in 35 minutes.
LOW_BYTES = 2 * 1024**3
FULL_BYTES = 200 * 1024**2


@dataclass(frozen=True, slots=True)
class Stored:
    """What other checks need to know from the database. `phones`: endpoint -> its user's login."""

    findings: list[Finding]
    phones: dict[str, str] = field(default_factory=dict)
    trunks: dict[str, list[str]] = field(default_factory=dict)  # of campaigns not closed, with their names


async def database(settings: Settings) -> Stored:
    """Reached, of this version, with an administrator, and without a campaign on a trunk that is gone."""
    try:
        db = Database(settings.database.url)
    except BadDatabaseUrl as error:
        return Stored([failed("database", str(error), "Correct database.url.")])
    try:
        if db.url.host:
            await address_of(db.url.host, db.url.port or 5432)
        found = await form(db)
        where = db.url.render_as_string(hide_password=True)
        if found is not Form.CURRENT:
            return Stored([_unfit(found, where)])
        async with db.read() as c:
            records = await campaigns.every(c)
            users = await people.every(c)
    except DatabaseUnreachable as error:
        return Stored([failed("database", str(error), "Start the database, or correct database.url.")])
    except OSError as error:
        return Stored([failed("database", str(error), "Correct the host in database.url, or the name server.")])
    finally:
        await db.close()
    findings = [ok("database", f"{where}: tables of this version, {len(records)} campaigns, {len(users)} users")]
    if not any(user.role is people.Role.ADMINISTRATOR for user in users):
        findings.append(warning("database", "there is no administrator", "`dialer init` makes one."))
    trunks: dict[str, list[str]] = {}
    for record in records:
        if record.status is not CampaignStatus.CLOSED:
            trunks.setdefault(record.campaign.trunk, []).append(record.campaign.name)
    known = {trunk.name for trunk in settings.trunks}
    findings += [
        failed("config", f"campaign {', '.join(names)}: the configuration has no trunk {trunk!r}",
               "Add a [[trunks]] block, or give the campaign another trunk: `dialer campaign set`.")
        for trunk, names in trunks.items() if trunk not in known
    ]  # fmt: skip
    return Stored(findings, {user.endpoint: user.login for user in users if user.endpoint}, trunks)


async def folders(settings: Settings) -> list[Finding]:
    return await apart(lambda: _folders(settings))


def _folders(settings: Settings) -> list[Finding]:
    looks: tuple[tuple[str, Callable[[str, Path], Finding], Path], ...] = (
        ("data folder", _folder, settings.node.data),
        ("recordings", _folder, settings.recordings.library),
        ("spool", _spool, settings.asterisk.spool),
        ("call records", _call_records, settings.asterisk.call_records),
    )
    found = []
    for check, look, path in looks:
        try:
            found.append(look(check, path))
        except OSError as error:  # a folder above that may not be entered, a disk that is gone
            found.append(failed(check, f"{path}: {error.strerror}", f"Make {path} a path that this user may use."))
    return found


def _unfit(found: Form, where: str) -> Finding:
    if found is Form.NEWER:
        return failed("database", f"{where}: its tables are a later version's", "Install that version of the dialer.")
    state = "it has no tables yet" if found is Form.MISSING else "its tables are an older version's"
    return failed("database", f"{where}: {state}", "Run `dialer init`.")


def _folder(check: str, folder: Path) -> Finding:
    """One that is not there yet is judged by where it would be made."""
    there = next(path for path in (folder.absolute(), *folder.absolute().parents) if path.exists())
    if not there.is_dir():
        return failed(check, f"{there} is a file where a folder was expected", "Move it away.")
    if not os.access(there, os.W_OK | os.X_OK):
        return failed(check, f"{there}: this user may not write there", f"chown or chmod {there}.")
    return _space(check, folder, there)


def _space(check: str, folder: Path, there: Path) -> Finding:
    free = shutil.disk_usage(there).free
    found = f"{folder}: {free / 1024**3:.1f} GB free"
    if free < FULL_BYTES:
        return failed(check, found, "Make room: nothing is dialed without a place to write it down.")
    if free < LOW_BYTES:
        return warning(check, found, "Make room: two-channel audio takes 115 MB an hour.")
    return ok(check, found)


def _spool(check: str, spool: Path) -> Finding:
    """What Asterisk recorded: read, and taken away when it is finished."""
    if not spool.is_dir():
        to_do = "Make it, writable by Asterisk and by the dialer; or correct asterisk.recordings, recordings_here."
        return failed(check, f"{spool}: there is no such folder", to_do)
    if not os.access(spool, os.R_OK | os.W_OK | os.X_OK):
        to_do = "Put the dialer's user into the group that owns it, with leave to write."
        return failed(check, f"{spool}: this user may not read and write there", to_do)
    return _space(check, spool, spool)


def _call_records(check: str, file: Path) -> Finding:
    if file.is_file():
        if os.access(file, os.R_OK):
            return ok(check, f"{file}: readable")
        return failed(check, f"{file}: this user may not read it", f"Put the dialer's user into the group of {file}.")
    to_do = "Load cdr_custom with asterisk_conf/cdr_custom.conf, or correct asterisk.call_records."
    if file.parent.is_dir():
        return warning(check, f"{file}: not there yet; the first call makes it", to_do)
    return failed(check, f"{file.parent}: there is no such folder", to_do)
