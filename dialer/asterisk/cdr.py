"""What the PBX's own call records say of an attempt: the witness for what happened while we were away."""

from __future__ import annotations

import csv
import os
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

from dialer.core.events import Witnessed
from dialer.core.outcome import Cause

# The columns of asterisk_conf/cdr_custom.conf, in order.
COLUMNS = (
    "uniqueid", "sequence", "disposition", "start", "answer", "end", "billsec", "channel", "dstchannel",
    "userfield",
)  # fmt: skip
# What the dialplan writes into the last one when the customer pressed the key. A file begun before there was that
# column has shorter rows.
OPT_OUT = "opt-out"

BLOCK = 64 * 1024
LIMIT = 32 * 1024 * 1024  # bytes read at most, about 200,000 calls: an older attempt is past asking

_DISPOSITIONS = {
    "ANSWERED": Cause.NORMAL,
    "BUSY": Cause.BUSY,
    "NO ANSWER": Cause.NO_ANSWER,
    "CONGESTION": Cause.CONGESTION,
    "FAILED": Cause.OTHER,
}


def find(path: Path, attempt_id: str, limit: int = LIMIT) -> Witnessed | None:
    """What is recorded of the attempt, or None where nothing is (yet). Blocks on the disk: call it off the loop.

    Reads backwards, for what is asked about has just happened. A call that was offered to a second agent has two rows
    side by side; they are put together.

    Raises:
        OSError: the file cannot be read; one that does not exist is only a PBX that has recorded nothing.
    """
    rows: list[dict[str, str]] = []
    key = attempt_id.encode()
    try:
        for line in _lines_backwards(path, limit):
            if key not in line:
                if rows:
                    break
                continue
            values = next(csv.reader([line.decode("utf-8", "replace")]), [])
            if len(values) in (len(COLUMNS) - 1, len(COLUMNS)) and values[0] == attempt_id:
                rows.append(dict(zip(COLUMNS, [*values, ""], strict=False)))
    except FileNotFoundError:
        return None
    return _join(attempt_id, rows) if rows else None


def _join(attempt_id: str, rows: list[dict[str, str]]) -> Witnessed:
    answers = [at for row in rows if (at := _moment(row["answer"])) is not None]
    bridged = [at for row in rows if row["dstchannel"] and (at := _moment(row["answer"])) is not None]
    ends = [at for row in rows if (at := _moment(row["end"])) is not None]
    return Witnessed(
        attempt_id=attempt_id,
        ended_at=max(ends, default=None),
        answered_at=min(answers, default=None),
        # The record does not say when the legs met, only that they did. Without machine detection and notice that is
        # within a millisecond of the answer.
        bridged_at=min(bridged, default=None),
        cause=_DISPOSITIONS.get(rows[0]["disposition"], Cause.OTHER),
        opted_out=any(row["userfield"] == OPT_OUT for row in rows),
    )


def _moment(text: str) -> datetime | None:
    try:
        seconds = float(text)
        return datetime.fromtimestamp(seconds, UTC) if seconds > 0 else None
    except (ValueError, OverflowError, OSError):
        return None


def _lines_backwards(path: Path, limit: int) -> Iterator[bytes]:
    """Whole lines, last one first; a last line without an end is still being written and is left out."""
    with path.open("rb") as file:
        end = file.seek(0, os.SEEK_END)
        oldest = max(0, end - limit)
        rest, ended = b"", False  # a line whose beginning is not read yet; the last line end has been seen
        while end > oldest:
            start = max(oldest, end - BLOCK)
            file.seek(start)
            rest, *lines = (file.read(end - start) + rest).split(b"\n")
            if lines and not ended:
                lines.pop()
                ended = True
            yield from reversed(lines)
            end = start
        if ended and oldest == 0:
            yield rest
