"""Where a recording is: the attempt's id is its name, the day it was made is its folder."""

from __future__ import annotations

import re
from datetime import date
from pathlib import PurePosixPath

# Narrower than a file system allows: the same id is a channel's id, an MQTT topic level and an argument of a program.
_ATTEMPT_ID = re.compile(r"[a-z0-9][a-z0-9-]{0,63}")

RAW = ".raw"
FACTS = ".json"
PART = ".part"


def checked(attempt_id: str) -> str:
    """The id itself.

    Raises:
        ValueError: anything but 1 to 64 of `a-z`, `0-9` and `-`, not beginning with `-`.
    """
    if not _ATTEMPT_ID.fullmatch(attempt_id):
        raise ValueError(f"not an attempt id: {attempt_id!r}")
    return attempt_id


def raw_name(attempt_id: str) -> str:
    """What Asterisk calls the audio in the spool. Raises ValueError for a bad id."""
    return checked(attempt_id) + RAW


def library_path(attempt_id: str, day: date, extension: str) -> PurePosixPath:
    """`2026/11/23/<attempt id>.<extension>`, below the library's root. `day` is the attempt's UTC date.

    Raises:
        ValueError: a bad id.
    """
    return PurePosixPath(f"{day:%Y/%m/%d}", f"{checked(attempt_id)}.{extension}")


def attempt_of(name: str) -> str | None:
    """The attempt a file in the spool or the library belongs to, also half-written ones; None where it is not ours."""
    attempt_id = name.removesuffix(PART).removeprefix(".").partition(".")[0]
    return attempt_id if _ATTEMPT_ID.fullmatch(attempt_id) else None
