"""A person's copy of all that is kept about them: one JSON document, or a ZIP file with it and their recordings."""

from __future__ import annotations

import json
import os
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, Final

from dialer.core.number import Number
from dialer.store import person
from dialer.store.session import Database

DOCUMENT: Final = "person.json"

# What the parts are, for whoever reads the copy.
_MEANING: Final = {
    "leads": "Entries in our campaigns, with all that was imported about the person; 外呼项目中的客户资料",
    "lead_numbers": "Their numbers; 电话号码",
    "imports": "The lists by which they came to us, with their sources; 资料来源",
    "attempts": "Calls and tries to call, with their outcomes, notes and promised callbacks; 拨打记录",
    "transfers": "Times their number was called for somebody else's conversation; 转接",
    "recordings": "Recorded conversations; 录音",
    "recording_accesses": "Who played or took a recording; 录音调听记录",
    "supervision": "Supervisors who listened in; 监听记录",
    "incidents": "Faults that touched their calls; 异常事件",
    "consents": "What they agreed to; 同意记录",
    "do_not_call": "Their wishes not to be called; 禁呼登记",
    "decisions": "Why each call was, or was not, allowed; 合规判定",
    "erasures": "Earlier erasures; 删除记录",
}

# Ours and not about the person: it only makes the gate's answers hard to guess.
_LEFT_OUT: Final = {"decisions": ("salt",)}


@dataclass(frozen=True, slots=True)
class Copy:
    """`document` holds JSON values and times; `recordings` are paths below the library's folder, by attempt."""

    document: dict[str, Any]
    recordings: Mapping[str, str]

    @property
    def rows(self) -> dict[str, int]:
        return {name: len(rows) for name, rows in self.document["data"].items()}


async def collect(db: Database, number: Number, *, by: str, now: datetime) -> Copy:
    """Everything about the person whose number this is, read in one transaction.

    Raises:
        TooManyLeads:
    """
    async with db.read() as c:
        found = await person.find(c, number)
        rows = await person.everything(c, found)
    for table, columns in _LEFT_OUT.items():
        for row in rows[table]:
            for column in columns:
                row.pop(column, None)
    files = {row["attempt_id"]: row["path"] for row in rows["recordings"] if row["erased_at"] is None}
    document = {
        "made_at": now,
        "made_by": by,
        "numbers": [one.e164 for one in found.numbers],
        "meaning": _MEANING,
        "data": rows,
    }
    return Copy(document, files)


def as_json(copy: Copy) -> str:
    """Times as ISO 8601 text in UTC; letters of every script as they are."""
    return json.dumps(copy.document, ensure_ascii=False, indent=2, default=_plain)


def write(copy: Copy, file: Path, library: Path) -> int:
    """Write the copy where nobody else may read it: a ZIP with the recordings where the name ends in `.zip`, else the
    document alone. Returns how many recordings are in it. Blocks.

    Raises:
        FileExistsError: nothing is written over.
        OSError:
    """
    handle = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(handle, "wb") as out:
        if file.suffix.lower() != ".zip":
            out.write(as_json(copy).encode())
            return 0
        root, added = library.resolve(), 0
        with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
            archive.writestr(DOCUMENT, as_json(copy))
            for attempt_id, name in sorted(copy.recordings.items()):
                path = (root / name).resolve()
                if path.is_relative_to(root) and path.is_file():
                    archive.write(path, f"recordings/{attempt_id}{path.suffix}", zipfile.ZIP_STORED)
                    added += 1
        return added


def _plain(value: object) -> object:
    return value.isoformat() if isinstance(value, datetime) else str(value)
