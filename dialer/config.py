"""`config.toml` and the environment, to frozen settings. A wrong key or value stops the start and is named.

Order of precedence: environment (`DIALER_AMI__SECRET`, two underscores between section and key), then the file.
"""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Annotated, Literal
from zoneinfo import available_timezones

from pydantic import BaseModel, ConfigDict, Field, SecretStr, ValidationError, field_validator, model_validator
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource, SettingsConfigDict, TomlConfigSettingsSource

# A sound as Asterisk names it: a path without extension.
Sound = Annotated[str, Field(pattern=r"^(/?[A-Za-z0-9_-]+(?:[/.][A-Za-z0-9_-]+)*)?$")]
Name = Annotated[str, Field(pattern=r"^[A-Za-z0-9_-]{1,40}$")]


class BadConfig(Exception):
    """The configuration cannot be used; the text names file, key, and what was expected."""


class _Section(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Node(_Section):
    """This dialer and its Asterisk."""

    name: Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9-]{0,31}$")] = "node1"
    data: Path = Path("data")  # lock file, generated secrets


class DatabaseSettings(_Section):
    """Where the truth is kept."""

    url: str = "sqlite+aiosqlite:///data/dialer.db"

    @field_validator("url")
    @classmethod
    def _driver(cls, url: str) -> str:
        if not url.startswith(("sqlite+aiosqlite:///", "postgresql+asyncpg://")):
            raise ValueError("expected sqlite+aiosqlite:///PATH or postgresql+asyncpg://USER@HOST/NAME")
        return url


class AmiSettings(_Section):
    """The manager account of `asterisk_conf/manager.conf`."""

    host: str = "127.0.0.1"
    port: Annotated[int, Field(ge=1, le=65535)] = 5038
    username: str = "dialer"
    secret: SecretStr | None = None
    secret_file: Path | None = None

    def password(self) -> str:
        """The secret, from the setting or its file.

        Raises:
            BadConfig: neither is there.
        """
        if self.secret is not None:
            return self.secret.get_secret_value()
        if self.secret_file is None:
            raise BadConfig("ami.secret_file: expected a file with the manager account's secret, or ami.secret")
        try:
            return self.secret_file.read_text().strip()
        except OSError as error:
            raise BadConfig(f"ami.secret_file: cannot read {self.secret_file}: {error.strerror}") from error


class AsteriskSettings(_Section):
    """Paths and dialplan values shared with Asterisk."""

    recordings: Path = Path("/var/spool/asterisk/dialer")  # as Asterisk sees it
    recordings_here: Path | None = None  # the same folder as this service sees it, where that differs
    call_records: Path = Path("/var/log/asterisk/cdr-custom/dialer.csv")

    @property
    def spool(self) -> Path:
        """Where this service finds what Asterisk recorded."""
        return self.recordings_here or self.recordings


class TrunkSettings(_Section):
    """A PJSIP endpoint that leads out."""

    name: Name
    lines: Annotated[int, Field(ge=1, le=10_000)] = 30
    calls_per_second: Annotated[int, Field(ge=1, le=1_000)] = 5
    overlays: tuple[str, ...] = ()  # compliance packs of the carrier, on top of the law


class RecordingSettings(_Section):
    """What becomes of recordings."""

    library: Path = Path("recordings")
    format: Literal["mp3", "flac", "wav"] = "mp3"
    notice: Path | None = None  # a short prompt joined in front of every recording
    tolerance: Annotated[float, Field(ge=0.1, le=10)] = 0.5  # seconds of length against talk time
    workers: Annotated[int, Field(ge=1, le=32)] = 2


class MqttSettings(_Section):
    """The broker; empty host: off."""

    host: str = ""
    port: Annotated[int, Field(ge=1, le=65535)] = 1883
    username: str | None = None
    password: SecretStr | None = None
    tls: bool = False
    ca_file: Path | None = None  # none: the system's authorities


class HttpSettings(_Section):
    """The API and the pages. Beyond this machine put a TLS proxy in front."""

    host: str = "127.0.0.1"
    port: Annotated[int, Field(ge=0, le=65535)] = 8080
    token_hours: Annotated[int, Field(ge=1, le=24 * 30)] = 12
    origins: tuple[str, ...] = ()  # further origins a browser may come from


class CallingSettings(_Section):
    """How numbers are read and which rules apply everywhere."""

    region: Annotated[str, Field(pattern=r"^[A-Z]{2}$")] = "CN"  # of numbers written without a country code
    purposes: tuple[str, ...] = ()  # such as insurance or debt: their packs apply to every campaign
    drain_seconds: Annotated[int, Field(ge=0, le=3600)] = 30  # how long a stop waits for calls to end
    zone: str = "Asia/Shanghai"  # of the house: its days and months, in which abandons are counted
    abandon_message: Sound = ""  # said to a person for whom no agent was there in time
    thanks: Sound = ""  # said once the key has been obeyed
    opt_out_key: Annotated[str, Field(pattern=r"^[0-9*]?$")] = "9"  # empty: no key
    amd_false_positives: Annotated[float, Field(ge=0, le=100)] = 1.0  # percent of its machines that are people

    @field_validator("zone")
    @classmethod
    def _zone(cls, zone: str) -> str:
        if zone not in available_timezones():
            raise ValueError("expected a zone's IANA name, such as Asia/Shanghai")
        return zone


class RulesSettings(_Section):
    """Which rules there are besides the shipped ones."""

    packs: tuple[Path, ...] = ()  # files or folders of the site's own rule packs; they add, and replace none


class CalendarSettings(_Section):
    """A year of a holiday calendar, entered by the operator before the official data ships."""

    name: Annotated[str, Field(pattern=r"^[A-Za-z0-9-]{2,40}$")]
    off: tuple[date, ...] = ()
    workdays: tuple[date, ...] = ()


class Settings(BaseSettings):
    """Everything in `config.toml`."""

    model_config = SettingsConfigDict(
        extra="forbid", frozen=True, env_prefix="DIALER_", env_nested_delimiter="__", toml_file=None
    )

    node: Node = Node()
    database: DatabaseSettings = DatabaseSettings()
    ami: AmiSettings = AmiSettings()
    asterisk: AsteriskSettings = AsteriskSettings()
    trunks: tuple[TrunkSettings, ...] = ()
    recordings: RecordingSettings = RecordingSettings()
    mqtt: MqttSettings = MqttSettings()
    http: HttpSettings = HttpSettings()
    calling: CallingSettings = CallingSettings()
    rules: RulesSettings = RulesSettings()
    calendars: tuple[CalendarSettings, ...] = ()

    def overlays(self, trunk: str) -> tuple[str, ...]:
        """The rule packs of a trunk's carrier; none for a trunk that is not configured."""
        return next((one.overlays for one in self.trunks if one.name == trunk), ())

    @model_validator(mode="after")
    def _trunk_names_differ(self) -> Settings:
        names = [trunk.name for trunk in self.trunks]
        for name in names:
            if names.count(name) > 1:
                raise ValueError(f"trunks: the name {name!r} stands twice")
        return self

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        return init_settings, env_settings, TomlConfigSettingsSource(settings_cls)


def load(path: Path) -> Settings:
    """Read the file and the environment.

    Raises:
        BadConfig: no file, no TOML, a key nobody knows, or a value out of its range; each named, all at once.
    """
    if not path.is_file():
        raise BadConfig(f"{path}: there is no such file; `dialer init` writes one")

    class FromFile(Settings):
        model_config = SettingsConfigDict(toml_file=path)

    try:
        return FromFile()
    except ValidationError as error:
        lines = [f"{path}: {_key(e['loc'])}: {e['msg']}" for e in error.errors(include_url=False, include_input=False)]
        raise BadConfig("\n".join(lines)) from None
    except ValueError as error:  # tomllib names line and column
        raise BadConfig(f"{path}: not TOML: {error}") from None


def _key(location: tuple[int | str, ...]) -> str:
    return ".".join(str(part) for part in location) or "file"
