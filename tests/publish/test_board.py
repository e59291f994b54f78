import asyncio

from dialer.publish.board import Board


async def test_while_nobody_takes_only_the_newest_of_each_topic_is_kept() -> None:
    board = Board()
    for number in range(100):
        board.show("a", b"%d" % number)
    board.show("b", b"x")
    assert await board.take(10) == {"a": b"99", "b": b"x"}


async def test_what_is_known_already_is_not_sent_again() -> None:
    board = Board()
    board.show("a", b"1")
    board.confirmed(await board.take(10))
    board.show("a", b"1")
    board.show("b", b"2")
    assert await board.take(10) == {"b": b"2"}


async def test_after_a_new_connection_everything_is_sent_again() -> None:
    board = Board()
    board.show("a", b"1")
    board.confirmed(await board.take(10))
    board.all_again()
    assert await board.take(10) == {"a": b"1"}


async def test_a_cleared_topic_is_sent_until_it_is_confirmed_and_then_forgotten() -> None:
    board = Board(limit=1)
    board.show("a", b"1")
    board.show("a", None)
    taken = await board.take(10)
    assert taken == {"a": None}
    board.all_again()  # the connection broke before the broker confirmed
    taken = await board.take(10)
    assert taken == {"a": None}
    board.confirmed(taken)
    board.show("b", b"2")
    assert await board.take(10) == {"b": b"2"}


async def test_a_topic_shown_again_while_its_clearing_was_under_way_stays() -> None:
    board = Board()
    board.show("a", None)
    taken = await board.take(10)
    board.show("a", b"back")
    board.confirmed(taken)
    assert "a" in board
    assert await board.take(10) == {"a": b"back"}


async def test_a_topic_too_many_is_refused_and_counted_and_the_known_ones_live_on() -> None:
    board = Board(limit=2)
    for name in ("a", "b", "c"):
        board.show(name, b"1")
    board.show("a", b"2")
    assert board.refused == 1
    assert await board.take(10) == {"a": b"2", "b": b"1"}


async def test_taking_waits_for_a_change_and_keeps_to_its_limit() -> None:
    board = Board()
    waiting = asyncio.create_task(board.take(1))
    await asyncio.sleep(0)
    assert not waiting.done()
    board.show("a", b"1")
    board.show("b", b"1")
    assert await waiting == {"a": b"1"}
    assert await board.take(1) == {"b": b"1"}
