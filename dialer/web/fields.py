"""The small types that bodies and queries are made of."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated, Any

from pydantic import AfterValidator, AwareDatetime, BaseModel, BeforeValidator, ConfigDict, Field

from dialer.core.number import Number


class Body(BaseModel):
    """What a client sends: an unknown key is a mistake and is said to be one."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class Page(BaseModel):
    """Ends every list: `next` is the `cursor` of the following page, null on the last."""

    next: str | None = None


class Nothing(BaseModel):
    """Done; there is nothing to say about it."""


def _text_only(value: Any) -> Any:
    if isinstance(value, datetime):
        return value
    if not isinstance(value, str) or "T" not in value.upper():
        raise ValueError("expected an ISO 8601 time with its zone, such as 2026-11-23T09:30:00+08:00")
    return value


def _visible(text: str) -> str:
    if not text.isprintable():
        raise ValueError("expected visible characters only")
    return text


def _lines(text: str) -> str:
    if any((ord(mark) < 32 and mark not in "\n\t") or ord(mark) == 127 for mark in text):
        raise ValueError("expected text without control characters")
    return text


# Aware: a time without a zone would be taken for somebody else's hour.
Moment = Annotated[
    AwareDatetime, BeforeValidator(_text_only), AfterValidator(lambda moment: moment.astimezone(UTC)),
    Field(ge=datetime(1970, 1, 2, tzinfo=UTC), le=datetime(9000, 1, 1, tzinfo=UTC)),
]  # fmt: skip
Id = Annotated[int, Field(ge=1, le=2**63 - 1)]
Login = Annotated[str, Field(pattern=r"^[a-z][a-z0-9]{1,31}$")]
AttemptId = Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9-]{0,63}$")]
Word = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]{0,63}$")]
Line = Annotated[str, Field(max_length=200), AfterValidator(_visible)]
Text = Annotated[str, Field(max_length=4000), AfterValidator(_lines)]
Limit = Annotated[int, Field(ge=1, le=500)]
NumberText = Annotated[str, Field(min_length=1, max_length=40, description="as people write it, or E.164")]


def ends(number: Number | str) -> str:
    """All that a screen shows of a number; nothing where the person's data was erased."""
    if isinstance(number, Number):
        return number.last3
    return number[-3:] if number.startswith("+") else ""
