"""The agents' and supervisors' softphones, played by the carrier's Asterisk: each registers and answers by itself."""

from collections.abc import Mapping

_TALK = ("Playback(@PROMPTS@/agent,noanswer)", "Goto($[${PRIORITY} - 1])")

SCRIPTS: Mapping[str, tuple[str, ...]] = {
    "hold": ("Answer(,i)", *_TALK),
    "mute": ("Answer(,i)", "Wait(86400)"),
    "refuse": ("Hangup(17)",),
    "ring": ("Ringing()", "Wait(86400)"),
    "hang-up": ("Answer(,i)", "Set(TIMEOUT(absolute)=${SECONDS})", *_TALK),
}
"""What a phone does when it is called. `hang-up:7` hangs up 7 s after it has answered."""


def names(agents: int, supervisors: int) -> list[str]:
    """`agent01` and so on, then `supervisor01` and so on."""
    return [f"agent{n:02}" for n in range(1, agents + 1)] + [f"supervisor{n:02}" for n in range(1, supervisors + 1)]


def dialplan(phones: Mapping[str, str]) -> str:
    """One extension per phone for the carrier's dialplan; `phones` maps a phone to its script.

    Raises ValueError for a script that is not in the table.
    """
    lines = ["[from-pbx](+)"]
    for phone, script in phones.items():
        name, _, seconds = script.partition(":")
        if name not in SCRIPTS or not (seconds.isdigit() or (seconds == "" and name != "hang-up")):
            raise ValueError(f"{phone}: no phone script {script!r}; there are {', '.join(SCRIPTS)} (hang-up:SECONDS)")
        lines += [
            f"exten => {phone},1,Set(SECONDS={seconds or 0})",
            *(f" same => n,{step}" for step in SCRIPTS[name]),
            "",
        ]
    return "\n".join(lines) + "\n"


REGISTRATION = """\
[@PHONE@]
type = registration
transport = phones
outbound_auth = @PHONE@
server_uri = sip:127.0.0.1:@PBX_SIP_PORT@
client_uri = sip:@PHONE@@127.0.0.1:@PBX_SIP_PORT@
contact_user = @PHONE@
expiration = 60
retry_interval = 1
max_retries = 100
max_random_initial_delay = 0

[@PHONE@]
type = auth
auth_type = userpass
username = @PHONE@
password = @PHONE_SECRET@
"""
