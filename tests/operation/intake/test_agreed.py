"""Consent in a lead list."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from dialer.operation.intake.agreed import Agreed
from dialer.operation.intake.rules import LeadRow, Reading, RowError, read_rows

CN = Reading("CN", frozenset())
DAY = datetime(2026, 11, 23, tzinfo=UTC)


def row(header: str, cells: str) -> LeadRow | RowError:
    _, found = read_rows([f"phone,{header}\n13800138000,{cells}\n".encode()], "utf-8", CN)
    assert not isinstance(found, type(None))
    return found  # type: ignore[return-value]


def agreed(header: str, cells: str) -> Agreed | None:
    found = row(header, cells)
    assert isinstance(found, LeadRow), found
    return found.consent


def refused(header: str, cells: str) -> tuple[str, str | None]:
    found = row(header, cells)
    assert isinstance(found, RowError), found
    return found.code, found.column


@pytest.mark.parametrize("cell", ["", "none", "无"])
def test_nothing_is_no_consent(cell: str) -> None:
    assert agreed("同意", cell) is None


@pytest.mark.parametrize(
    ("cell", "kind"), [("express", "express"), ("合同", "contract"), ("Night", "night"), ("书面", "written")]
)
def test_kinds_are_read_in_both_languages(cell: str, kind: str) -> None:
    assert agreed("同意", cell) == Agreed(kind)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "header",
    [
        "consent,consent_proof,consent_at,consent_until,consent_purpose",
        "Consent,Consent proof,Consent date,Consent expires,Consent purpose",
        "同意,同意凭证,同意时间,同意有效期,同意用途",
    ],
)
def test_the_proof_the_span_and_the_purpose_come_with_it(header: str) -> None:
    found = agreed(header, "express,form 7,2026-11-23,2027-11-23T08:00:00+08:00,insurance")
    assert found == Agreed("express", "form 7", DAY, datetime(2027, 11, 23, tzinfo=UTC), "insurance")


@pytest.mark.parametrize("cell", ["2026-11-23", "2026/11/23", "2026年11月23日", "2026-11-23T08:00:00+08:00"])
def test_a_date_is_the_beginning_of_that_day_in_utc(cell: str) -> None:
    found = agreed("consent,consent_at", f"express,{cell}")
    assert found is not None
    assert found.since == DAY


def test_an_appointment_is_its_span() -> None:
    times = "2026-11-23T20:00:00+08:00,2026-11-23T21:00:00+08:00"
    found = agreed("consent,consent_at,consent_until", f"预约,{times}")
    assert found is not None
    assert (found.kind, found.since) == ("appointment", datetime(2026, 11, 23, 12, tzinfo=UTC))


@pytest.mark.parametrize(
    ("header", "cells", "expected"),
    [
        ("consent", "yes", ("BAD_CONSENT", "consent")),
        ("consent,consent_proof", ",form 7", ("CONSENT_NOT_NAMED", "consent_proof")),
        ("同意时间", "2026-11-23", ("CONSENT_NOT_NAMED", "同意时间")),
        ("consent,consent_at", "express,2026-11-31", ("BAD_CONSENT_TIME", "consent_at")),
        ("consent,consent_at", "express,2026-11-23T10:00:00", ("BAD_CONSENT_TIME", "consent_at")),
        ("consent,consent_at", "express,0001-01-01T00:00:00+08:00", ("BAD_CONSENT_TIME", "consent_at")),
        ("consent,consent_at", "express,yesterday", ("BAD_CONSENT_TIME", "consent_at")),
        ("consent,consent_at,consent_until", "express,2026-11-23,2026-11-23", ("BAD_CONSENT_SPAN", "consent_until")),
        ("consent,consent_at", "appointment,2026-11-23", ("BAD_CONSENT_SPAN", "consent")),
        ("consent,consent_purpose", "express,Life Insurance", ("BAD_PURPOSE", "consent_purpose")),
    ],
)
def test_what_could_not_be_relied_on_is_refused_and_not_guessed(
    header: str, cells: str, expected: tuple[str, str]
) -> None:
    assert refused(header, cells) == expected


@pytest.mark.parametrize("header", ["subject", "标的", "合同号"])
def test_what_the_calls_are_about_is_read(header: str) -> None:
    found = row(header, "C-2026-17")
    assert isinstance(found, LeadRow)
    assert found.subject == "C-2026-17"
