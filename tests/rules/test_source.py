"""Where in a file a key stands."""

from __future__ import annotations

from pathlib import Path

import pytest

from dialer.core.compliance.packs import BadPack
from dialer.rules.source import key_of, read

TEXT = '''\
# a comment with = and [brackets]
version = "1"

[[pack]]
id = "A"
"quoted.name" = 1
note = """
[not a header]
x = 1
"""
windows = { daily = ["08:00-21:00"] }

[pack.abandonment]
limit = 3.0

[[pack]]
id = "B"
modes.research = { daily = [] }
caps = [
  # the first
  { kind = "a" }, { kind = "b" },

  { kind = "c" },
]
[[pack.part]]
one = 1
[[pack.part]]
one = 2
'''


@pytest.mark.parametrize(
    ("key", "line"),
    [
        ("version", 2),
        ("pack[0]", 4),
        ("pack[0].id", 5),
        ("pack[0].note", 7),
        ("pack[0].x", 4),
        ("pack[0].windows.daily", 11),
        ("pack[0].abandonment", 13),
        ("pack[0].abandonment.limit", 14),
        ("pack[0].abandonment.missing", 13),
        ("pack[1].id", 17),
        ("pack[1].modes.research.daily", 18),
        ("pack[1].caps", 19),
        ("pack[1].caps[0].kind", 21),
        ("pack[1].caps[1]", 21),
        ("pack[1].caps[2].kind", 23),
        ("pack[1].caps[9]", 19),
        ("pack[1].part[0].one", 26),
        ("pack[1].part[1].one", 28),
        ("pack[2].id", 1),
        ("nothing", 1),
    ],
)
def test_a_key_is_found_on_its_line(tmp_path: Path, key: str, line: int) -> None:
    (tmp_path / "file.toml").write_text(TEXT)
    assert read(tmp_path / "file.toml").line(key_of(key)) == line


def test_a_quoted_name_is_one_name(tmp_path: Path) -> None:
    (tmp_path / "file.toml").write_text(TEXT)
    assert read(tmp_path / "file.toml").line(("pack", 0, "quoted.name")) == 6


def test_text_in_another_encoding_is_refused_with_the_file(tmp_path: Path) -> None:
    (tmp_path / "file.toml").write_bytes('name = "\xe9"'.encode("latin-1"))
    with pytest.raises(BadPack, match=r"file\.toml"):
        read(tmp_path / "file.toml")


def test_the_end_of_the_file_has_no_line(tmp_path: Path) -> None:
    (tmp_path / "file.toml").write_text("a = [1,")
    with pytest.raises(BadPack, match=r"file\.toml: .*end of document"):
        read(tmp_path / "file.toml")
