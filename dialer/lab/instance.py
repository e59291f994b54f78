"""The configuration of the lab's two Asterisks: the product's files with site files of ours, and the carrier's."""

import shutil
import socket
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import dialer
from dialer.lab import carrier, phones
from dialer.lab.rendering import render

PBX_ADDRESS = "127.0.0.1"
TRUNK_ADDRESS = "127.0.0.2"
"""The carrier's trunk side has its own address: a PBX knows a trunk by its address and a phone by its name."""

SILENT_ADDRESS, UNREACHABLE_ADDRESS = "127.0.0.3", "127.0.0.4"

TRUNKS = {
    "carrier": (TRUNK_ADDRESS, "trunk_sip", ""),
    "silent": (SILENT_ADDRESS, "silent", "qualify_frequency = 0\n"),
    "unreachable": (UNREACHABLE_ADDRESS, "silent", ""),
}
"""The way to the carrier, and two that end where nobody answers: one is dialled in vain, one is known to be down."""

_RTP = {"RTP_START": "12000", "RTP_END": "31999"}
"""All labs share one range: Asterisk takes the next port when one is in use. Linux's own begins at 32768."""


@dataclass(frozen=True, slots=True)
class Settings:
    """What the files are made from. `seen` is the lab's directory as Asterisk sees it.

    `secrets` and `scripts` are by phone; `site_files` are those of `dialer.d.example` that are needed besides trunks
    and phones.
    """

    directory: Path
    seen: Path
    site_files: tuple[str, ...]
    events: str
    ami_user: str
    ports: Mapping[str, int]
    ami_secret: str
    carrier_secret: str
    secrets: Mapping[str, str]
    scripts: Mapping[str, str]


def configuration() -> Path:
    """`asterisk_conf/`: beside the package in a source tree, inside it in an installed wheel."""
    package = Path(dialer.__file__).parent
    return next(folder for folder in (package.parent / "asterisk_conf", package / "asterisk_conf") if folder.is_dir())


def write(settings: Settings) -> None:
    _write_names(settings.directory)
    (settings.directory / "spool").mkdir()
    _write_pbx(settings)
    _write_carrier(settings)


def _write_pbx(settings: Settings) -> None:
    etc = _folders(settings, "pbx")
    source = configuration()
    for path in source.glob("*.conf"):
        shutil.copyfile(path, etc / path.name)
    examples, ports = source / "dialer.d.example", settings.ports
    site = etc / "dialer.d"
    (site / "pjsip").mkdir(parents=True)
    values = {
        "AMI_PORT": str(ports["pbx_ami"]),
        "AMI_USER": settings.ami_user,
        "AMI_SECRET": settings.ami_secret,
        "EVENTS": settings.events,
        "MACHINE_MESSAGE": f"{settings.seen}/prompts/message",
        "SIP_BIND": PBX_ADDRESS,
        "SIP_PORT": str(ports["pbx_sip"]),
        **_RTP,
    }
    for name in settings.site_files:
        (site / name).write_text(render((examples / name).read_text(), values))
    for trunk, (host, port, more) in TRUNKS.items():
        values = {"TRUNK": trunk, "TRUNK_HOST": host, "TRUNK_PORT": str(ports[port])}
        text = render((examples / "pjsip/trunk.conf").read_text(), values)
        (site / f"pjsip/trunk-{trunk}.conf").write_text(text + more)
    template = (examples / "pjsip/phone.conf").read_text()
    text = "\n".join(
        render(template, {"PHONE": phone, "PHONE_SECRET": secret, "TEMPLATE": phone.rstrip("0123456789")})
        for phone, secret in settings.secrets.items()
    )
    (site / "pjsip/phones.conf").write_text(text)


def _write_carrier(settings: Settings) -> None:
    etc = _folders(settings, "carrier")
    source, ports = configuration(), settings.ports
    for name in ("logger.conf", "http.conf", "amd.conf", "pjproject.conf"):
        shutil.copyfile(source / name, etc / name)
    other = "load = func_timeout.so\nload = app_senddtmf.so"
    modules = (source / "modules.conf").read_text().replace("load = cdr_custom.so", other)
    (etc / "modules.conf").write_text(modules)
    values = {
        "PROMPTS": f"{settings.seen}/prompts",
        "INVITES": f"{settings.seen}/invites.csv",
        "HEARD": f"{settings.seen}/heard.csv",
        "PBX_ADDRESS": PBX_ADDRESS,
        "PBX_SIP_PORT": str(ports["pbx_sip"]),
        "TRUNK_ADDRESS": TRUNK_ADDRESS,
        "TRUNK_PORT": str(ports["trunk_sip"]),
        "PHONES_PORT": str(ports["phones_sip"]),
        "AMI_PORT": str(ports["carrier_ami"]),
        "AMI_SECRET": settings.carrier_secret,
        **_RTP,
    }
    registrations = "\n".join(
        render(phones.REGISTRATION, {**values, "PHONE": phone, "PHONE_SECRET": secret})
        for phone, secret in settings.secrets.items()
    )
    for name, text in _CARRIER.items():
        (etc / name).write_text(render(text, values))
    with (etc / "pjsip.conf").open("a") as pjsip:
        pjsip.write(registrations)
    (etc / "extensions.conf").write_text(render(carrier.dialplan() + phones.dialplan(settings.scripts), values))


def _folders(settings: Settings, name: str) -> Path:
    home = settings.directory / name
    for folder in ("etc", "run", "db", "log/cdr-custom", "spool"):
        (home / folder).mkdir(parents=True)
    for file, text in _DISTRIBUTION.items():
        (home / f"etc/{file}.conf").write_text(text)
    (home / "etc/asterisk.conf").write_text(render(_ASTERISK, {"HOME": f"{settings.seen}/{name}", "NAME": name}))
    return home / "etc"


def _write_names(directory: Path) -> None:
    host = socket.gethostname()
    (directory / "hosts").write_text(f"127.0.0.1 localhost {host}\n")
    (directory / "resolv.conf").write_text("")


# A distribution's package brings these; Asterisk complains where one is missing and is content with an empty one.
_DISTRIBUTION = dict.fromkeys(("acl", "ccss", "cel", "features", "stasis", "udptl"), "; nothing\n")
_DISTRIBUTION["indications"] = (
    "[general]\ncountry = us\n\n[us]\ndescription = tones\nringcadence = 2000,4000\nring = 440+480/2000,0/4000\n"
)

_ASTERISK = """\
[directories]
astetcdir => @HOME@/etc
astrundir => @HOME@/run
astdbdir => @HOME@/db
astlogdir => @HOME@/log
astspooldir => @HOME@/spool

[options]
systemname = lab-@NAME@
"""

_CARRIER = {
    "manager.conf": """\
[general]
enabled = yes
webenabled = no
bindaddr = 127.0.0.1
port = @AMI_PORT@

[lab]
secret = @AMI_SECRET@
read = system,call,user
write = system,call,originate,reporting
writetimeout = 5000
""",
    "cdr.conf": "[general]\nenable = no\n",
    "rtp.conf": "[general]\nrtpstart = @RTP_START@\nrtpend = @RTP_END@\n",
    "pjsip.conf": """\
[global]
type = global
taskprocessor_overload_trigger = pjsip_only
endpoint_identifier_order = ip,username

[trunk]
type = transport
protocol = udp
bind = @TRUNK_ADDRESS@:@TRUNK_PORT@

[phones]
type = transport
protocol = udp
bind = @PBX_ADDRESS@:@PHONES_PORT@

[pbx]
type = endpoint
context = from-pbx
disallow = all
allow = ulaw
direct_media = no
aors = pbx
transport = trunk

[pbx]
type = aor
contact = sip:@PBX_ADDRESS@:@PBX_SIP_PORT@

[pbx]
type = identify
endpoint = pbx
match = @PBX_ADDRESS@

""",
}
