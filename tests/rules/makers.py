"""Published cases made up for a test: a call to New York on a Tuesday at noon, and what changes it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

FORM = "dialer-compliance-vectors/1"


def vector(**changes: Any) -> dict[str, Any]:
    case = {
        "id": "T1", "number": "+12125550123", "jurisdiction": ["US", "US-NY"], "zones": ["America/New_York"],
        "utc": "2026-11-24T17:00:00Z", "expected": "allow", "code": "OK", "decided_by": None,
        "next_allowed_utc": None,
    }  # fmt: skip
    return case | changes


def denied(code: str, by: str | None, following: str | None = None) -> dict[str, Any]:
    return {"expected": "deny", "code": code, "decided_by": by, "next_allowed_utc": following}


def written(folder: Path, *vectors: object, **file: object) -> Path:
    path = folder / "cases.json"
    path.write_text(json.dumps({"schema": FORM, "vectors": vectors} | file))
    return path
