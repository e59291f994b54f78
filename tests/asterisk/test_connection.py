"""The line to Asterisk's manager: kept up, checked, never silent about what was lost, and nothing sent twice."""

from __future__ import annotations

import asyncio
import gc
import random
from dataclasses import replace

import pytest

from dialer.asterisk.action import BadValue
from dialer.asterisk.connection import Ami, AmiSettings, backoff
from dialer.asterisk.protocol import AmiDisconnected, AmiNotConnected, AmiTimeout, Message
from dialer.asterisk.translate import WANTED
from dialer.core.events import LinkDown, LinkUp
from tests.asterisk.line import QUICK, line_to
from tests.support.fake_ami import Block, Visit, block, event, fake_ami

HANGUP = event("Hangup", Uniqueid="call-a-1-1", Cause="16", ChannelState="6")
ORIGINATE = {"Action": "Originate", "ActionID": "call-a-1-1", "ChannelId": "call-a-1-1", "Async": "true"}
SETVAR = {"Action": "Setvar", "ActionID": "call-a-1-1"}


async def test_a_checked_line_is_up_and_knows_the_version() -> None:
    async with fake_ami() as fake, line_to(fake) as line:
        await line.up()
        assert line.ami.connected
        assert (line.ami.version, line.ami.asterisk) == ("11.0.0", "22.10.1")
        assert fake.named("Login")[0]["Events"] == ["on"]


async def test_events_come_in_the_order_they_were_sent() -> None:
    async with fake_ami() as fake, line_to(fake) as line:
        await line.up()
        for n in range(500):
            fake.visit.send(event("Newstate" if n % 2 else "Hangup", N=str(n)))
        assert [m.get("N") for m in await line.heard(500)] == [str(n) for n in range(500)]


async def test_events_in_single_bytes_arrive_whole() -> None:
    async with fake_ami() as fake, line_to(fake) as line:
        await line.up()
        data = event("Hangup", CallerIDName="王小明") * 2
        await fake.visit.send_in_pieces(data, [1] * len(data))
        assert [m.get("CallerIDName") for m in await line.heard(2)] == ["王小明"] * 2


async def test_a_peer_with_bare_line_feeds_works() -> None:
    async with fake_ami() as fake:
        fake.banner = b"Asterisk Call Manager/2.10.4\n"
        fake.bare_lf = True
        async with line_to(fake) as line:
            await line.up()
            fake.visit.send(HANGUP)
            assert (await line.heard(1))[0].get("Cause") == "16"


# --- login and fitness -----------------------------------------------------------------------------------------------


async def test_a_wrong_secret_is_said_and_not_tried_again_soon() -> None:
    async with fake_ami() as fake, line_to(fake, secret="wrong") as line:
        assert await line.down() == "AMI refused the login: Authentication failed"
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.3):
                await fake.visited(2)
        assert not line.ami.connected


async def test_a_wrong_secret_is_tried_again_later_and_said_once() -> None:
    async with fake_ami() as fake, line_to(fake, secret="wrong", refused_retry=0.02) as line:
        await fake.visited(4)
        assert len(line.kinds(LinkDown)) == 1


@pytest.mark.parametrize(
    ("action", "lacking"), [("Originate", "originate"), ("Redirect", "call"), ("CoreShowChannels", "reporting")]
)
async def test_an_account_without_a_write_class_is_refused_by_name(action: str, lacking: str) -> None:
    async with fake_ami() as fake:
        fake.rights.discard(action)
        async with line_to(fake) as line:
            assert await line.down() == f"the AMI account lacks write class {lacking}"


async def test_an_account_without_read_class_system_is_refused_by_name() -> None:
    async with fake_ami() as fake:
        fake.boots = False
        async with line_to(fake) as line:
            assert "read class system" in await line.down()
            assert line.kinds(LinkUp) == []


async def test_an_account_without_read_class_call_is_refused_by_name(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("dialer.asterisk.fitness.PROBE_SECONDS", 0.1)
    async with fake_ami() as fake:
        fake.reports_calls = False
        async with line_to(fake) as line:
            assert "read class call" in await line.down()
            assert line.kinds(LinkUp) == []


async def test_an_account_that_may_not_originate_after_all_is_refused() -> None:
    async with fake_ami() as fake:
        fake.answers["Originate"] = block("Response: Error", "Message: Permission denied")
        async with line_to(fake) as line:
            assert await line.down() == "Asterisk refuses an Originate: Permission denied"


@pytest.mark.parametrize("action", ["Login", "ListCommands", "CoreSettings", "Originate"])
async def test_a_line_that_breaks_while_it_is_checked_is_made_anew(action: str) -> None:
    async with fake_ami() as fake:
        rightly = fake.answers[action]

        def die_once(visit: Visit, sent: Block) -> bytes | None:
            if visit is fake.visits[0]:
                visit.reset()
                return None
            return rightly(visit, sent) if callable(rightly) else rightly

        fake.answers[action] = die_once
        async with line_to(fake) as line:
            await line.down()
            await line.up()
            assert len(line.kinds(LinkUp)) == 1


async def test_a_line_that_breaks_before_asterisk_has_booted_is_made_anew() -> None:
    async with fake_ami() as fake:
        fake.boots = False
        async with line_to(fake, boot_seconds=20.0) as line:
            await fake.saw("Login")
            fake.boots = True
            fake.visit.reset()
            await line.up()


async def test_the_probe_rings_nobody_and_is_not_told() -> None:
    async with fake_ami() as fake, line_to(fake) as line:
        await line.up()
        probes = [a for a in fake.actions if a["Action"] == ["Originate"]]
        assert [a["Channel"] for a in probes] == [["Local/probe@dialer-nowhere"]]
        assert line.messages == []


async def test_a_peer_that_sends_only_its_banner_is_given_up() -> None:
    async with fake_ami() as fake:
        fake.mute = True
        async with line_to(fake) as line:
            assert await line.down() == "Login was not answered in 0.5 s"
            fake.mute = False
            await line.up()


async def test_a_peer_that_sends_nothing_is_given_up() -> None:
    async with fake_ami() as fake:
        fake.banner = b""
        async with line_to(fake, connect_seconds=0.05) as line:
            assert await line.down() == "AMI sent no banner"
            assert fake.actions == []


async def test_something_else_on_the_port_is_not_told_the_secret() -> None:
    async with fake_ami() as fake:
        fake.banner = b"220 mail.example.com ESMTP\r\n"
        async with line_to(fake) as line:
            assert await line.down() == "what answers there is no Asterisk manager"
            assert fake.actions == []


async def test_a_slow_login_is_waited_for() -> None:
    async with fake_ami() as fake:
        login = fake.answers["Login"]
        assert callable(login)

        def slowly(visit: Visit, action: Block) -> None:
            reply = login(visit, action)
            assert reply is not None
            reply = reply.replace(b"\r\n", b"\r\nActionID: %s\r\n" % action["ActionID"][0].encode(), 1)
            asyncio.get_running_loop().call_later(0.3, visit.send, reply)

        fake.answers["Login"] = slowly
        async with line_to(fake) as line:
            await line.up()
            assert line.kinds(LinkDown) == []


async def test_a_pbx_that_is_not_there_yet_is_found_when_it_comes() -> None:
    async with fake_ami() as fake:
        await fake.stop()
        async with line_to(fake) as line:
            assert "Connect call failed" in await line.down()
            await fake.start()
            await line.up()


# --- loss ------------------------------------------------------------------------------------------------------------


async def test_a_mute_peer_is_noticed_and_left() -> None:
    async with fake_ami() as fake, line_to(fake) as line:
        await line.up()
        fake.mute = True
        assert await line.down() == "no answer to a ping in 0.2 s"
        fake.mute = False
        await line.up(2)


async def test_by_default_a_dead_peer_is_noticed_within_three_seconds() -> None:
    settings = AmiSettings(host="h", port=1, user="u", secret="s")
    assert settings.ping_every + settings.ping_deadline <= 3.0


async def test_a_peer_that_reads_nothing_is_left_and_nothing_waits_behind_it() -> None:
    async with fake_ami() as fake, line_to(fake) as line:
        await line.up()
        fake.reading.clear()
        assert await line.down() == "no answer to a ping in 0.2 s"
        with pytest.raises(AmiNotConnected):
            await line.ami.ask(SETVAR)


async def test_an_originate_whose_line_breaks_is_unknown_and_never_sent_again() -> None:
    async with fake_ami() as fake:

        def die(visit: Visit, action: Block) -> bytes | None:
            if action["ActionID"][0].startswith("probe-"):
                return fake.originate(visit, action)
            visit.reset()
            return None

        fake.answers["Originate"] = die
        async with line_to(fake) as line:
            await line.up()
            with pytest.raises(AmiDisconnected):
                await line.ami.ask(ORIGINATE)
            await line.up(2)
            await line.ami.ask(SETVAR)  # what the old line still had would have come before this
            assert len(fake.named("Originate")) == 1


async def test_what_was_asked_while_the_line_was_down_is_never_sent() -> None:
    async with fake_ami() as fake, line_to(fake) as line:
        await line.up()
        await fake.stop()
        await line.down()
        with pytest.raises(AmiNotConnected):
            await line.ami.ask(ORIGINATE)
        await fake.start()
        await line.up(2)
        await line.ami.ask(SETVAR)
        assert fake.named("Originate") == []


async def test_asking_before_the_first_connection_is_refused_cleanly() -> None:
    ami = Ami(QUICK, WANTED)
    with pytest.raises(AmiNotConnected):
        await ami.ask(ORIGINATE)


async def test_every_pending_action_fails_when_the_line_goes() -> None:
    async with fake_ami() as fake:
        fake.default = None
        async with line_to(fake) as line:
            await line.up()
            asks = [asyncio.create_task(line.ami.ask({"Action": "Setvar", "ActionID": str(n)})) for n in range(50)]
            await fake.saw("Setvar", 50)
            fake.visit.reset()
            for ask in asks:
                with pytest.raises(AmiDisconnected):
                    await ask


async def test_an_action_without_answer_times_out_and_the_line_stays() -> None:
    async with fake_ami() as fake:
        fake.answers["Setvar"] = None
        async with line_to(fake) as line:
            await line.up()
            with pytest.raises(AmiTimeout):
                await line.ami.ask(SETVAR, seconds=0.05)
            assert line.ami.connected
            assert (await line.ami.ask({"Action": "Redirect"})).success


async def test_a_reset_is_told_in_its_place_among_the_events() -> None:
    async with fake_ami() as fake, line_to(fake) as line:
        await line.up()
        fake.visit.send(HANGUP)
        await line.heard(1)
        fake.visit.reset()
        await line.up(2)
        fake.visit.send(HANGUP)
        await line.heard(2)
        kinds = [type(i).__name__ if not isinstance(i, Message) else i.name for i in line.items]
        assert kinds == ["FullyBooted", "LinkUp", "Hangup", "LinkDown", "FullyBooted", "LinkUp", "Hangup"]


async def test_a_line_lost_ten_times_comes_back_ten_times() -> None:
    async with fake_ami() as fake, line_to(fake) as line:
        for n in range(1, 11):
            await line.up(n)
            fake.visit.reset()
        await line.up(11)
        assert len(line.kinds(LinkDown)) == 10


async def test_a_flood_nobody_reads_drops_the_line_and_says_so() -> None:
    async with fake_ami() as fake, line_to(fake, queue_limit=100) as line:
        await line.up()
        line.reads.clear()
        fake.visit.send(HANGUP * 500)
        await fake.visit.gone.wait()
        assert line.ami.counts["overflow"] > 0
        line.reads.set()
        assert await line.down() == "more than 100 events were waiting to be read"
        assert 100 <= len(line.messages) <= 102  # what is there came before the gap
        await line.up(2)


async def test_a_storm_of_unwanted_events_is_no_flood() -> None:
    async with fake_ami() as fake, line_to(fake, queue_limit=100) as line:
        await line.up()
        fake.visit.send(event("VarSet", Variable="X", Value="y" * 200) * 20_000)
        fake.visit.send(HANGUP)
        await line.heard(1)
        assert line.kinds(LinkDown) == []
        assert line.ami.connected


async def test_events_doubled_and_shuffled_change_nothing_but_their_order() -> None:
    chance = random.Random(7)
    sent = [event("Hangup", N=str(n)) for n in range(50)] * 2
    chance.shuffle(sent)
    async with fake_ami() as fake, line_to(fake) as line:
        await line.up()
        fake.visit.send(b"".join(sent))
        heard = await line.heard(100)
        assert [event("Hangup", N=m.get("N")) for m in heard] == sent


# --- the end ---------------------------------------------------------------------------------------------------------


async def test_close_ends_the_line_its_reader_and_every_wait() -> None:
    async with fake_ami() as fake:
        fake.answers["Setvar"] = None
        async with line_to(fake) as line:
            await line.up()
            ask = asyncio.create_task(line.ami.ask(SETVAR))
            await fake.saw("Setvar")
            line.ami.close()
            with pytest.raises(AmiDisconnected):
                await ask
        visits = len(fake.visits)
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.2):
                await fake.visited(visits + 1)
        with pytest.raises(AmiNotConnected):
            await line.ami.ask(SETVAR)


async def test_close_ends_while_it_waits_to_connect_again() -> None:
    async with fake_ami() as fake, line_to(fake, secret="wrong") as line:
        await line.down()  # the next try is in thirty seconds; the block's end has to be now


async def test_a_cancelled_run_leaves_no_connection_behind() -> None:
    async with fake_ami() as fake:
        ami = Ami(replace(QUICK, port=fake.port), WANTED)
        task = asyncio.create_task(ami.run())
        await fake.saw("CoreSettings")
        task.cancel()
        await asyncio.wait([task])
        async with asyncio.timeout(5):
            await fake.visit.gone.wait()
        assert [i async for i in ami.messages() if isinstance(i, LinkDown)] == []
        del task, ami
        gc.collect()  # a future that failed unseen would speak up here


@pytest.mark.parametrize("field", ["user", "secret"])
def test_a_login_that_would_write_its_own_headers_is_refused(field: str) -> None:
    with pytest.raises(BadValue, match=field):
        replace(QUICK, **{field: "x\r\nAction: Originate"})


def test_the_secret_is_not_shown() -> None:
    assert QUICK.secret not in repr(QUICK)


def test_back_off_doubles_with_jitter_and_stays_under_two_seconds() -> None:
    assert all(0.05 <= backoff(0) <= 0.1 for _ in range(100))
    assert all(1.0 <= backoff(n) <= 2.0 for n in range(5, 2000))
    assert len({backoff(3) for _ in range(10)}) > 1
