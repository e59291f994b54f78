"""What is asked most often answers at once and says enough."""

import importlib
import subprocess
import sys
from collections.abc import Iterator
from typing import get_args

import pytest
import typer
from typer.testing import CliRunner

from dialer.cli import options
from dialer.cli.app import app
from dialer.cli.failures import KNOWN
from dialer.core.campaign import DialMode, MachinePolicy, PreviewPolicy
from dialer.store.people import Role

# What commands import when they run.
HEAVY = ("aiohttp", "sqlalchemy", "phonenumbers", "holidays", "numpy", "pydantic", "panoramisk", "rich.console")


def _commands() -> Iterator[list[str]]:
    def walk(command: object, path: list[str]) -> Iterator[list[str]]:
        children = getattr(command, "commands", None)
        if children is None:
            yield path
            return
        for name, child in children.items():
            yield from walk(child, [*path, name])

    yield from walk(typer.main.get_command(app), [])


@pytest.mark.parametrize("path", list(_commands()), ids=" ".join)
def test_every_command_shows_how_it_is_used(path: list[str]) -> None:
    shown = CliRunner().invoke(app, [*path, "--help"])
    assert shown.exit_code == 0
    assert "Example" in shown.output
    assert f"dialer {path[0]}" in shown.output or "dialer --config" in shown.output


def test_help_imports_nothing_that_takes_time() -> None:
    program = (
        "import sys; from dialer.cli.app import app; from typer.testing import CliRunner;"
        "assert CliRunner().invoke(app, ['--help']).exit_code == 0;"
        f"print([name for name in {HEAVY!r} if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_a_word_that_is_no_command_is_a_usage_error() -> None:
    assert CliRunner().invoke(app, ["dance"]).exit_code == 2


@pytest.mark.parametrize(
    ("shown", "meant"),
    [
        (options.Mode, DialMode),
        (options.PreviewPolicy, PreviewPolicy),
        (options.MachinePolicy, MachinePolicy),
        (options.Role, Role),
    ],
)
def test_the_words_of_the_options_are_those_of_the_core(shown: object, meant: type) -> None:
    assert set(get_args(shown)) == {one.value for one in meant}  # type: ignore[attr-defined]


@pytest.mark.parametrize("name", list(KNOWN))
def test_every_known_failure_exists(name: str) -> None:
    module, _, kind = name.rpartition(".")
    assert issubclass(getattr(importlib.import_module(module), kind), Exception)
