"""The one substitution of the lab's and the product's Asterisk files: `@NAME@` becomes a value."""

import re
from collections.abc import Mapping

_NAME = re.compile(r"@([A-Z][A-Z0-9_]*)@")
_UNSAFE = re.compile(r"[\x00-\x1f;]")


def render(text: str, values: Mapping[str, str]) -> str:
    """`text` with every `@NAME@` outside comments replaced; comment lines stay as they are.

    Raises KeyError for a name without a value and ValueError for a value that would end its line or start a comment.
    """

    def value_of(found: re.Match[str]) -> str:
        value = values[found[1]]
        if _UNSAFE.search(value):
            raise ValueError(f"the value of {found[1]} would break out of its line")
        return value

    lines = (line if line.lstrip().startswith(";") else _NAME.sub(value_of, line) for line in text.splitlines())
    return "\n".join(lines) + "\n"
