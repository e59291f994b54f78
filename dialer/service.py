"""Builds every part from the configuration and runs them in one task group. The only file that knows all rooms.

Order of the start: one process a node (lock), rules and zone data, database, what was left by the last service; then
the parts, each a named task. Order of the stop: dialing ends, calls may finish for a while, then everything is let go;
a conversation that is still up then goes on without us and is adopted by the next service.
"""

from __future__ import annotations

import asyncio
import fcntl
import logging
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Sequence
from contextlib import asynccontextmanager, contextmanager, suppress
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from importlib.metadata import version
from pathlib import Path

from dialer import counting, reloading, screening, stopping
from dialer.asterisk import translate
from dialer.asterisk.connection import Ami, AmiSettings
from dialer.asterisk.control import ControlSettings
from dialer.config import BadConfig, Settings
from dialer.core import events as ev
from dialer.core.campaign import Campaign
from dialer.core.commands import RaiseIncident
from dialer.core.compliance.packs import Rulebook
from dialer.core.floor.floor import Floor
from dialer.core.pacing.trunk import Trunk
from dialer.engine import Engine, utc_now
from dialer.news import News
from dialer.operation.privacy.erase import Folders, keep_sweeping
from dialer.orders import Orders
from dialer.publish import mqtt
from dialer.recording.formats import of_extension
from dialer.recording.library import Job, Library
from dialer.recording.library import Settings as LibrarySettings
from dialer.registry.shelf import Shelf, folder_of
from dialer.remote import Remote
from dialer.rules.house import Watched, house_rules
from dialer.rules.message import missing
from dialer.store import (
    agents,
    attempts,
    campaigns,
    installation,
    leads,
    outbox,
    recordings,
    sealing,
    stops,
    suspensions,
    transfers,
)
from dialer.store.session import Database, DatabaseUnreachable
from dialer.web.house import House
from dialer.web.live import Live
from dialer.web.server import serve

log = logging.getLogger(__name__)

# How often the tables are read for what others wrote, and how far each look reaches back over the last one: a
# transaction that began before it may have been committed after it.
WATCH_SECONDS = 1.0
WATCH_OVERLAP = timedelta(seconds=5)


class AlreadyRunning(Exception):
    """Another process runs this node."""


class NotWritable(Exception):
    """A folder the service must write to refuses it."""


@dataclass(slots=True)
class Service:
    """All parts of one running node; made by `started`."""

    settings: Settings
    rulebook: Rulebook
    db: Database
    engine: Engine
    orders: Orders
    ami: Ami
    library: Library
    news: News
    house: House
    shelf: Shelf
    started_at: datetime
    publisher: mqtt.Publisher | None = None
    own_packs: Watched = field(default_factory=lambda: Watched(()))
    extra_packs: tuple[Path, ...] = ()
    port: int = 0
    stop: asyncio.Event = field(default_factory=asyncio.Event)
    _known: dict[int, tuple[Campaign, bool]] = field(default_factory=dict)  # as the engine was told

    async def run(self, ready: Callable[[Service], Awaitable[None]] | None = None) -> None:
        """Until `stop` is set: then drain, and return."""
        await self._remember()
        async with (
            serve(self.house, self.settings.http.host, self.settings.http.port) as port,
            asyncio.TaskGroup() as g,
        ):
            self.port = port
            tasks = [
                g.create_task(self.engine.run(), name="engine"),
                g.create_task(self.library.run(), name="recordings"),
                g.create_task(self.ami.run(), name="ami"),
                g.create_task(self._listen(), name="ami events"),
                g.create_task(self._watch(), name="changes from outside"),
                g.create_task(self.house.jobs.run(utc_now), name="jobs"),
                g.create_task(self._sweep(), name="erasures"),
                g.create_task(screening.watch(self.shelf, utc_now, self.incident), name="registries"),
                g.create_task(counting.watch(self.db, self.engine, self.settings, utc_now), name="abandons"),
                g.create_task(sealing.run(self.db, utc_now), name="ledger"),
                g.create_task(stopping.obey(self.db, self.engine, utc_now), name="numbers blocked"),
                g.create_task(
                    reloading.watch(self.own_packs, self.settings, self.extra_packs, self.use_rules, self.incident),
                    name="rule packs",
                ),
            ]
            if self.publisher is not None:
                tasks.append(g.create_task(self.publisher.run(), name="mqtt"))
            if ready is not None:
                await ready(self)
            await self.stop.wait()
            await self._drain()
            for task in reversed(tasks):
                task.cancel()

    async def _drain(self) -> None:
        limit = self.settings.calling.drain_seconds
        log.info("stopping: no new calls, up to %d s for those that are up", limit)
        try:
            async with asyncio.timeout(limit):
                await self.engine.drain()
                await self.library.drain()
        except TimeoutError:
            log.warning(
                "stopped with %d calls up: they go on and will be adopted", len(self.engine.floor.picture.calls)
            )
        with suppress(DatabaseUnreachable):  # the next service seals them
            await sealing.seal(self.db, utc_now)

    async def _listen(self) -> None:
        """AMI's one ordered queue, into the engine's inbox."""
        async for event in self.orders.listener.events(self.ami):
            self.engine.tell(event)

    async def _watch(self) -> None:
        """What others wrote: the command line, another node. Blocked numbers are heard at once, and looked for here
        lest one be missed.
        """
        seen = utc_now()
        while True:
            await asyncio.sleep(WATCH_SECONDS)
            now, since = utc_now(), seen - WATCH_OVERLAP
            with suppress(DatabaseUnreachable):  # the next command finds that out and says so
                async with self.db.read() as c:
                    records = await campaigns.every(c)
                    stopped = await stops.since(c, since)
                    areas = await suspensions.areas(c, now)
                self._tell_changed(records)
                if areas != self.engine.floor.picture.suspended:  # also where the clock alone began or ended one
                    self.engine.tell(ev.SuspensionSet(areas))
                stopping.tell(self.engine, stopped)
                seen = now

    def _tell_changed(self, records: Sequence[campaigns.CampaignRecord]) -> None:
        for record in records:
            running = record.status is campaigns.CampaignStatus.RUNNING
            if self._known.get(record.campaign.id) != (record.campaign, running):
                self._known[record.campaign.id] = (record.campaign, running)
                if running and (sentence := missing(self.settings, self.rulebook, record.campaign, utc_now())):
                    log.error("%s", sentence)
                    self.engine.tell(ev.CampaignSet(record.campaign, running=False))
                    continue
                self.engine.tell(ev.CampaignSet(record.campaign, running))

    async def _sweep(self) -> None:
        """Recordings of erased people, when no rule keeps them any more."""
        folders = Folders(self.settings.recordings.library, self.settings.asterisk.spool)
        await keep_sweeping(self.db, folders, utc_now, self.incident)

    async def _remember(self) -> None:
        """What the last service left: campaigns, sessions, open attempts, recordings not yet finished."""
        now = self.started_at
        async with self.db.begin() as c:
            released = await leads.release_node(c, self.settings.node.name, now)
            records = await campaigns.every(c)
            sessions = await agents.sessions(c)
            open_attempts = await attempts.open_attempts(c, self.settings.node.name)
            handing_over = await transfers.open_transfers(c, self.settings.node.name)
            unfinished = await recordings.unfinished(c)
        self._tell_changed(records)
        running = [one.campaign for one in records if one.status is campaigns.CampaignStatus.RUNNING]
        await counting.tell(self.db, self.engine, self.settings, running, now)
        self.engine.tell(ev.Adopted(sessions, open_attempts, handing_over))
        for attempt_id, ended_at, talk_seconds in unfinished:
            self.library.add(Job(attempt_id, ended_at.date(), timedelta(seconds=talk_seconds), self.orders.notice))
        if released or open_attempts or unfinished:
            log.info(
                "found from before: %d leads held, %d attempts open, %d agents, %d recordings to finish",
                released, len(open_attempts), len(sessions), len(unfinished),
            )  # fmt: skip

    def use_rules(self, rulebook: Rulebook) -> None:
        """From now on: for the floor, for the check in front of each call, and for whoever asks."""
        self.rulebook = self.orders.rulebook = rulebook
        self.engine.tell(ev.RulesSet(rulebook))

    async def incident(self, kind: str, sentence: str) -> None:
        """Something a person must see, found by the service itself."""
        await self.orders.raise_incident(RaiseIncident(kind, sentence, utc_now()))


@asynccontextmanager
async def started(
    settings: Settings, *, extra_packs: tuple[Path, ...] = (), lab: bool = False
) -> AsyncIterator[Service]:
    """Everything built and checked, nothing dialed yet.

    `extra_packs` are the lab's: without them its numbers are refused like any other that no country has.

    Raises:
        BadConfig, BadPack, StaleZoneData, DatabaseUnreachable, AlreadyRunning, NotWritable: one clear sentence each.
    """
    secret = settings.ami.password()
    settings.node.data.mkdir(parents=True, exist_ok=True)
    with _only_one(settings.node.data / f"{settings.node.name}.lock"):
        own_packs = Watched(settings.rules.packs)
        rulebook = house_rules(settings, extra_packs)
        _writable(settings.recordings.library)
        db = Database(settings.database.url)
        try:
            await db.migrate()
            now = utc_now()
            async with db.begin() as c:
                tag = await installation.tag(c, now)
            service = _assembled(settings, rulebook, db, tag, secret, now)
            service.own_packs, service.extra_packs = own_packs, extra_packs
            try:
                yield service
            finally:
                await service.orders.last_look.close()
        finally:
            await db.close()


def _assembled(settings: Settings, rulebook: Rulebook, db: Database, tag: str, secret: str, now: datetime) -> Service:
    trunks = tuple(Trunk(t.name, t.lines, t.calls_per_second, t.overlays) for t in settings.trunks)
    if not trunks:
        raise BadConfig("trunks: at least one [[trunks]] block is expected")
    floor = Floor(tag, rulebook, trunks, settings.calling.purposes)
    shelf = Shelf(folder_of(settings.node.data))
    screen = screening.screen_of(shelf, utc_now)
    ami = Ami(AmiSettings(settings.ami.host, settings.ami.port, settings.ami.username, secret), translate.WANTED)
    orders = Orders(
        db=db,
        ami=ami,
        control=ControlSettings(
            str(settings.asterisk.recordings),
            message=settings.calling.abandon_message,
            opt_out_key=settings.calling.opt_out_key,
            thanks=settings.calling.thanks,
        ),
        rulebook=rulebook,
        node=settings.node.name,
        call_records=settings.asterisk.call_records,
        library_root=settings.recordings.library,
        notice=settings.recordings.notice,
        clock=utc_now,
        campaign=lambda campaign_id: floor.picture.desks[campaign_id].campaign,
        screen=screen,
    )
    news = News(floor.picture, utc_now)
    engine = Engine(floor, orders.table(), news.publish, lost=orders.lost)
    orders.tell = engine.tell
    library = Library(
        LibrarySettings(
            spool=settings.asterisk.spool,
            root=settings.recordings.library,
            format=of_extension(f".{settings.recordings.format}"),
            tolerance=timedelta(seconds=settings.recordings.tolerance),
            at_once=settings.recordings.workers,
        ),
        orders.recording_done,
    )
    orders.library = library
    live = Live(floor.picture)
    news.listeners.append(live.publish)
    house = House(engine=engine, db=db, settings=settings, clock=utc_now, live=live, screen=screen)
    service = Service(settings, rulebook, db, engine, orders, ami, library, news, house, shelf, now)
    if settings.mqtt.host:
        service.publisher = news.publisher = _publisher(service)
        orders.outbox_grew = service.publisher.outbox_grew
    return service


def _publisher(service: Service) -> mqtt.Publisher:
    settings, db = service.settings, service.db
    remote = Remote(
        service.engine,
        db,
        utc_now,
        settings.calling.region,
        lambda campaign: missing(settings, service.rulebook, campaign, utc_now()),
    )

    async def next_batch(limit: int) -> list[mqtt.OutboxRow]:
        async with db.read() as c:
            rows = await outbox.next_batch(c, limit)
        return [mqtt.OutboxRow(row.id, row.topic, dict(row.payload)) for row in rows]  # type: ignore[arg-type]

    async def mark_sent(ids: object) -> None:
        await service.orders.saved(lambda c: outbox.mark_sent(c, ids, utc_now()))  # type: ignore[arg-type]

    password = settings.mqtt.password
    return mqtt.Publisher(
        mqtt.Settings(
            node=settings.node.name,
            host=settings.mqtt.host,
            port=settings.mqtt.port,
            user=settings.mqtt.username,
            password=password.get_secret_value() if password is not None else None,
            tls=settings.mqtt.tls,
            ca_file=str(settings.mqtt.ca_file) if settings.mqtt.ca_file is not None else None,
        ),
        started_at=service.started_at,
        version=version("dialer"),
        next_batch=next_batch,
        mark_sent=mark_sent,
        accept=remote.accept,
    )


@contextmanager
def _only_one(path: Path) -> Iterator[None]:
    """Hold the node's lock file: two services of one node would both own its calls."""
    with path.open("a") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            raise AlreadyRunning(f"another dialer runs this node: {path} is locked") from None
        yield


def _writable(folder: Path) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True)
        probe = folder / ".probe"
        probe.touch()
        probe.unlink()
    except OSError as error:
        raise NotWritable(f"recordings cannot be kept in {folder}: {error.strerror}") from error
