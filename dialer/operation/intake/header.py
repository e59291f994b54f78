"""Which column is what: header names in Chinese and English, as spreadsheets and other systems write them."""

from __future__ import annotations

import csv
import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

Known = Literal[
    "name", "phone", "region", "zone", "grade", "source", "priority", "external_id", "subject",
    "consent", "consent_proof", "consent_at", "consent_until", "consent_purpose",
]  # fmt: skip

_NAMES: dict[Known, str] = {
    "name": "name fullname customer customername contact contactname lead 姓名 名字 客户 客户姓名 客户名称 联系人",
    "phone": "phone phonenumber tel telephone mobile mobilephone cell cellphone number msisdn 电话 电话号码 联系电话 "
    "手机 手机号 手机号码 联系方式 固话 号码 移动电话",
    "region": "region state province area 地区 省份 省 区域 所在地 归属地",
    "zone": "zone timezone tz 时区",
    "grade": "grade rating 等级 级别 客户等级 意向等级",
    "source": "source channel leadsource 来源 渠道 客户来源 来源渠道",
    "priority": "priority 优先级 优先",
    "consent": "consent permission optin 同意 授权 客户同意 营销同意",
    "consent_proof": "consentproof consentreference proofofconsent 同意凭证 授权凭证 同意书编号",
    "consent_at": "consentat consentdate consenttime consentgiven 同意时间 同意日期 授权时间 授权日期",
    "consent_until": "consentuntil consentexpires consentexpiry 同意有效期 同意到期 授权有效期 授权到期",
    "consent_purpose": "consentpurpose 同意用途 授权用途",
    "subject": "subject leadsubject contract contractnumber casenumber 标的 合同号 合同编号 案件编号",
    "external_id": "id externalid customerid leadid crmid 编号 客户编号 客户id 序号 外部编号",
}
_KNOWN: dict[str, Known] = {name: known for known, names in _NAMES.items() for name in names.split()}
_DELIMITERS = (",", "\t", ";", "|")
_LONGEST_NAME = 64
_MOST_COLUMNS = 200


class BadHeader(ValueError):
    """The first row is no header we can use. `code` is stable; the message says what was expected."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code


@dataclass(frozen=True, slots=True)
class Column:
    """`known` None: a custom field under the header's own name."""

    title: str
    known: Known | None


@dataclass(frozen=True, slots=True)
class Header:
    delimiter: str
    columns: tuple[Column, ...]


def read_header(line: str) -> Header:
    """The header in whichever delimiter makes the most sense of it.

    Raises:
        BadHeader: no column for phone numbers, a name twice, too many columns, or no header at all.
    """
    found = max((_columns(line, delimiter) for delimiter in _DELIMITERS), key=_sense)
    columns = found.columns
    if not any(column.known == "phone" for column in columns):
        if any(re.fullmatch(r"\W*\d[\d\s().+-]{5,}\W*", column.title) for column in columns):
            raise BadHeader("NO_HEADER", "a first row with the columns' names was expected; this one holds a number")
        raise BadHeader("NO_PHONE_COLUMN", "a column named phone, mobile, 电话 or 手机 was expected")
    if len(columns) > _MOST_COLUMNS:
        raise BadHeader("TOO_MANY_COLUMNS", f"at most {_MOST_COLUMNS} columns were expected; there are {len(columns)}")
    titles = [column.title.casefold() for column in columns]
    for column, title in zip(columns, titles, strict=True):
        if titles.count(title) > 1:
            raise BadHeader("DOUBLED_COLUMN", f"each column once was expected; {column.title!r} is there twice")
    return Header(found.delimiter, tuple(_once(columns)))


def _once(columns: tuple[Column, ...]) -> Iterator[Column]:
    """Of two columns that both may be the name (姓名, 联系人) the first is; the other is kept as a custom field."""
    taken: set[Known] = set()
    for column in columns:
        if column.known is None or column.known == "phone" or column.known not in taken:
            yield column
        else:
            yield Column(column.title, None)
        if column.known is not None:
            taken.add(column.known)


def _columns(line: str, delimiter: str) -> Header:
    titles = next(csv.reader([line.rstrip("\r\n")], delimiter=delimiter), [])
    while titles and not titles[-1].strip():
        titles.pop()
    return Header(delimiter, tuple(_column(title, place) for place, title in enumerate(titles, 1)))


def _column(title: str, place: int) -> Column:
    plain = " ".join("".join(mark for mark in title if mark.isprintable()).split())[:_LONGEST_NAME]
    return Column(plain or f"column {place}", _known(plain))


def _known(title: str) -> Known | None:
    """By name, whatever its spacing and width; `phone2` and `电话2` are phones too."""
    bare = re.sub(r"[\s_.\-/:()#*]", "", unicodedata.normalize("NFKC", title).casefold())
    known = _KNOWN.get(bare)
    if known is None:
        known = _KNOWN.get(re.sub(r"[0-9一二三四五]+$", "", bare))
        return known if known == "phone" else None
    return known


def _sense(header: Header) -> tuple[int, int]:
    return sum(column.known is not None for column in header.columns), len(header.columns)
