"""The simulated carrier: what each number of the lab's range does, as a table, and the dialplan made from it.

A lab number is `+999 SS TT NNNNN`: country code 999 (assigned to nobody), scenario SS, seconds TT, serial NNNNN.
TT = 00 takes the scenario's own default. `docs/lab.md` shows the same table; a test compares the two.
"""

from dataclasses import dataclass

COUNTRY_CODE = "999"
FOREVER = 99
"""As TT: the person stays until the other side hangs up."""


@dataclass(frozen=True, slots=True)
class Scenario:
    """One row of the table.

    `steps` are dialplan applications; in them `${SECONDS}` is TT, or `seconds` for TT = 00; `@PROMPTS@` is the sounds'
    folder.
    `cause` is what the PBX's Hangup event says when the carrier ends the call, None where it never does.
    """

    code: int
    name: str
    does: str
    cause: int | None
    seconds_mean: str
    seconds: int
    steps: tuple[str, ...]


# Answer's `i`: at once. Without it Asterisk waits half a second for the other side to make a sound first.
def _speech(prompt: str) -> tuple[str, ...]:
    """Answers and talks in a loop until ${SECONDS} have passed, or for ever at 99."""
    return (
        "Answer(,i)",
        f"ExecIf($[${{SECONDS}} != {FOREVER}]?Set(TIMEOUT(absolute)=${{SECONDS}}))",
        f"Playback(@PROMPTS@/{prompt},noanswer)",
        f"Playback(@PROMPTS@/{prompt}-more,noanswer)",
        "Goto($[${PRIORITY} - 1])",
    )


def _heard(what: str) -> str:
    """A CSV row: seconds since 1970 with a fraction, number as dialled, what happened there."""
    return f"Set(FILE(@HEARD@,,,al,u)=${{STRFTIME(,UTC,%s.%6q)}},${{EXTEN}},{what})"


_FOR_A_DAY = "Wait(86400)"

SCENARIOS = (
    Scenario(1, "human", "rings, answers, says hello, waits, talks", 16, "talk", 5, ("Ringing()", *_speech("human"))),
    Scenario(
        2, "slow human", "rings for TT, then a human who stays 3 s", 16, "ring", 8,
        ("Ringing()", "Wait(${SECONDS})", "Set(SECONDS=3)", *_speech("human")),
    ),
    Scenario(3, "no answer", "rings until the caller gives up", None, "-", 0, ("Ringing()", _FOR_A_DAY)),
    Scenario(4, "busy", "486 Busy Here", 17, "-", 0, ("Hangup(17)",)),
    Scenario(
        5, "rejected", "rings for TT, then 603 Decline", 21, "ring", 1,
        ("Ringing()", "Wait(${SECONDS})", "PJSIPHangup(603)"),
    ),
    Scenario(6, "unallocated", "404 Not Found", 1, "-", 0, ("Hangup(1)",)),
    Scenario(7, "congestion", "503 Service Unavailable", 34, "-", 0, ("Hangup(34)",)),
    Scenario(8, "stuck", "100 Trying and nothing more", None, "-", 0, (_FOR_A_DAY,)),
    Scenario(
        9, "announcement", "183 with an announcement of 4 s before any answer, then 480", 19, "-", 0,
        ("Progress()", "Playback(@PROMPTS@/announcement,noanswer)", "Hangup(20)"),
    ),
    Scenario(
        10, "machine", "answers, a greeting of 5 s and a beep, listens for TT, hangs up", 16, "listen", 10,
        ("Ringing()", "Answer(,i)", "Playback(@PROMPTS@/machine,noanswer)", "Wait(${SECONDS})", "Hangup(16)"),
    ),
    Scenario(11, "hang-up", "answers and hangs up at once", 16, "-", 0, ("Answer(,i)", "Hangup(16)")),
    Scenario(
        12, "no audio", "answers and sends no sound at all for TT", 16, "silence", 5,
        ("Answer(,i)", "Wait(${SECONDS})", "Hangup(16)"),
    ),
    Scenario(13, "chinese human", "as 01, in Chinese", 16, "talk", 5, ("Ringing()", *_speech("chinese"))),
    Scenario(
        14, "opt-out", "rings 2 s, says hello, listens; TT after the first sound it hears it presses 9; stays 8 s more",
        16, "listen", 2,
        (
            "Ringing()", "Wait(2)", "Answer(,i)", _heard("answered"), "Playback(@PROMPTS@/hello,noanswer)",
            "WaitForNoise(40,1,15)", _heard("heard"), "Wait(${SECONDS})",
            "SendDTMF(9)", _heard("pressed"), "Wait(8)", "Hangup(16)",
        ),
    ),
)  # fmt: skip


def number(scenario: int, serial: int, seconds: int = 0) -> str:
    """A number of the lab's range in E.164 with its plus: `number(1, 7, seconds=5)` is `+999010500007`."""
    if not (0 < scenario < 100 and 0 <= seconds < 100 and 0 <= serial < 100_000):
        raise ValueError("scenario and seconds have two digits, the serial has five")
    return f"+{COUNTRY_CODE}{scenario:02}{seconds:02}{serial:05}"


def dialplan() -> str:
    """The carrier's contexts as Asterisk text, still with `@PROMPTS@` and `@INVITES@`.

    The first step of every number writes a CSV row (seconds since 1970 with a fraction, number as dialled, caller id,
    scenario), so the log holds the moment an INVITE came in, whatever becomes of the call.
    """
    lines = ["[from-pbx]"]
    for scenario in SCENARIOS:
        seconds = f"${{IF($[${{EXTEN:5:2}} = 0]?{scenario.seconds}:$[0 + ${{EXTEN:5:2}}])}}"
        lines += _extension(
            f"_{COUNTRY_CODE}{scenario.code:02}XXXXXXX", _log(scenario.name), f"Set(SECONDS={seconds})", *scenario.steps
        )
    lines += _extension("_X.", _log("unknown"), "Hangup(1)")
    lines += _extension("T", "Hangup(16)")  # TIMEOUT(absolute) has passed: an ordinary end, with an ordinary cause
    return "\n".join(lines) + "\n"


def _log(name: str) -> str:
    return f"Set(FILE(@INVITES@,,,al,u)=${{STRFTIME(,UTC,%s.%6q)}},${{EXTEN}},${{CALLERID(num)}},{name})"


def _extension(pattern: str, *steps: str) -> list[str]:
    first, *rest = steps
    return [f"exten => {pattern},1,{first}", *(f" same => n,{step}" for step in rest), ""]
