from pathlib import Path

from dialer.core.compliance.codes import RULES

PAGE = Path(__file__).parents[2] / "docs" / "compliance.md"


def test_the_page_lists_every_refusal_in_the_order_in_which_it_is_asked() -> None:
    rows = [line.split("`")[1] for line in PAGE.read_text(encoding="utf-8").splitlines() if line.startswith("| `")]
    assert [row for row in rows if row.isupper()] == list(RULES)
