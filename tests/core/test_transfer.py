"""The transfer's table."""

from dialer.core.transfer import TABLE, TransferState


def test_every_fact_has_its_row_and_the_end_is_the_end() -> None:
    for row in TABLE.values():
        assert len(row) == len(TransferState)
        assert row[-1] is TransferState.ENDED
        order = list(TransferState)
        assert all(order.index(after) >= order.index(before) for before, after in zip(order, row, strict=True))
