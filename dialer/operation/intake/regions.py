"""Regions as people write them, to ISO 3166-2."""

from __future__ import annotations

import re

_CHINA = {
    "北京": "BJ", "天津": "TJ", "上海": "SH", "重庆": "CQ", "河北": "HE", "山西": "SX", "内蒙古": "NM", "辽宁": "LN",
    "吉林": "JL", "黑龙江": "HL", "江苏": "JS", "浙江": "ZJ", "安徽": "AH", "福建": "FJ", "江西": "JX", "山东": "SD",
    "河南": "HA", "湖北": "HB", "湖南": "HN", "广东": "GD", "广西": "GX", "海南": "HI", "四川": "SC", "贵州": "GZ",
    "云南": "YN", "西藏": "XZ", "陕西": "SN", "甘肃": "GS", "青海": "QH", "宁夏": "NX", "新疆": "XJ", "台湾": "TW",
    "香港": "HK", "澳门": "MO",
}  # fmt: skip
_SUFFIX = re.compile(r"(省|市|壮族自治区|回族自治区|维吾尔自治区|自治区|特别行政区)$")
_ISO = re.compile(r"[A-Z]{2}-[A-Z0-9]{1,3}")
# Countries whose regions people write as bare letters.
_BARE = {country: re.compile(letters) for country, letters in {
    "US": "[A-Z]{2}", "CA": "[A-Z]{2}", "AU": "[A-Z]{2,3}", "BR": "[A-Z]{2}", "CN": "[A-Z]{2}",
}.items()}  # fmt: skip


def region_code(text: str, country: str | None) -> str | None:
    """`US-NY`, `广东省`, or `NY` where the country is known; None for what we do not know."""
    plain = text.strip()
    chinese = _CHINA.get(_SUFFIX.sub("", plain))
    if chinese is not None:
        return f"CN-{chinese}"
    upper = plain.upper()
    bare = _BARE.get(country or "")
    if bare is not None and bare.fullmatch(upper):
        return f"{country}-{upper}"
    return upper if _ISO.fullmatch(upper) else None
