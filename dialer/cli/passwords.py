"""A new password: asked for, read from standard input, or made up. There is none by default."""

from __future__ import annotations

import sys
from typing import Annotated, NamedTuple

import typer

from dialer.cli.failures import Refused

FromStdin = Annotated[bool, typer.Option("--password-stdin", help="Read the password from standard input, one line.")]
Generate = Annotated[bool, typer.Option("--generate", help="Make up a password and print it, this once.")]


class NewPassword(NamedTuple):
    """`made` is the password in clear where we made it up and somebody must be told; else None."""

    hash: str
    made: str | None


def new_password(from_stdin: bool, generate: bool, of: str) -> NewPassword:
    """`of` is whose it is, for the question.

    Raises:
        Refused: too short or too long, or nobody there to be asked.
    """
    from dialer.web import passwords

    if from_stdin and generate:
        raise typer.BadParameter("give either --password-stdin or --generate")
    if generate:
        made = passwords.generate()
        return NewPassword(passwords.hash_of(made), made)
    try:
        return NewPassword(passwords.hash_of(_asked(from_stdin, of)), None)
    except ValueError as error:
        raise Refused(f"password: {error}") from None


def _asked(from_stdin: bool, of: str) -> str:
    if from_stdin:
        return sys.stdin.readline().rstrip("\r\n")
    if not sys.stdin.isatty():
        raise Refused(f"a password for {of} is needed: give --password-stdin, or run this in a terminal")
    answer: str = typer.prompt(f"Password for {of} (12 characters or more)", hide_input=True, confirmation_prompt=True)
    return answer
