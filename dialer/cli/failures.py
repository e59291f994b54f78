"""The one exit for everything that can go wrong: a sentence on standard error and exit status 1, no traceback."""

from __future__ import annotations

import errno
from collections.abc import Callable, Iterator
from typing import Any

import typer
from typer.core import TyperGroup


class Refused(Exception):
    """The command cannot be done as asked; the text is one sentence for people."""


def _text(error: BaseException) -> str:
    return str(error)


def _system(error: BaseException) -> str:
    """`data/x: No space left on device` rather than `[Errno 28] ...`."""
    assert isinstance(error, OSError)
    place = f"{error.filename}: " if error.filename else ""
    return f"{place}{error.strerror or error}"


# By name, so that nothing has to be imported to find out that nothing went wrong. A test looks each of them up.
KNOWN: dict[str, Callable[[Any], str]] = {
    "dialer.cli.failures.Refused": _text,
    "dialer.config.BadConfig": _text,
    "dialer.core.compliance.packs.BadPack": lambda e: f"rule pack {e}",
    "dialer.rules.zone_data.StaleZoneData": _text,
    "dialer.store.session.DatabaseUnreachable": _text,
    "dialer.store.session.BadDatabaseUrl": lambda e: f"database.url: {e}",
    "dialer.store.migrations.runner.DatabaseTooNew": _text,
    "dialer.store.campaigns.NoSuchCampaign": _text,
    "dialer.store.campaigns.StatusRefused": _text,
    "dialer.store.campaign_settings.BadSetting": _text,
    "dialer.store.people.BadUser": _text,
    "dialer.store.people.NoSuchUser": lambda e: f"nobody has the login {e}",
    "dialer.core.number.BadNumber": _text,
    "dialer.core.compliance.areas.UnknownArea": _text,
    "dialer.store.suspensions.NoSuchSuspension": _text,
    "dialer.store.erasure.UnderWay": _text,
    "dialer.store.person.TooManyLeads": _text,
    "dialer.store.suspensions.BadSpan": lambda e: f"--until: {e}",
    "dialer.registry.acceptance.Rejected": _text,
    "dialer.registry.manifest.BadName": _text,
    "dialer.registry.numbering.BadCountry": lambda e: f"--country: {e}",
    "dialer.registry.snapshot.Damaged": _text,
    "dialer.operation.intake.header.BadHeader": lambda e: f"the file's first row: {e}",
    "dialer.asterisk.protocol.AmiError": _text,
    "dialer.service.AlreadyRunning": _text,
    "dialer.service.NotWritable": _text,
    "dialer.web.server.PortTaken": _text,
    "dialer.lab.lab.LabError": _text,
    "dialer.demo.play.DemoFailed": _text,
    "builtins.OSError": _system,  # a full disk, a file that may not be read
}


def sentences(error: BaseException) -> list[str] | None:
    """What to say about an exception; None where it is our own mistake and wants its traceback."""
    said: list[str] = []
    for one in _leaves(error):
        how = next((KNOWN[name] for kind in type(one).__mro__ if (name := _name(kind)) in KNOWN), None)
        if how is None:
            return None
        said += [how(one)]
    return list(dict.fromkeys(said))


def _leaves(error: BaseException) -> Iterator[BaseException]:
    if isinstance(error, BaseExceptionGroup):
        for part in error.exceptions:
            yield from _leaves(part)
    else:
        yield error


def _name(kind: type) -> str:
    return f"{kind.__module__}.{kind.__qualname__}"


class OneSentence(TyperGroup):
    """The outermost group of commands."""

    def invoke(self, ctx: Any) -> Any:
        try:
            return super().invoke(ctx)
        except Exception as error:
            if isinstance(error, OSError) and error.errno == errno.EPIPE:
                raise  # whoever read our output has gone; typer leaves quietly
            said = sentences(error)
            if said is None or (ctx.obj is not None and ctx.obj.verbose):
                raise
            for sentence in (line for text in said for line in text.splitlines()):
                typer.echo(f"dialer: {sentence}", err=True)
            raise typer.Exit(1) from None
