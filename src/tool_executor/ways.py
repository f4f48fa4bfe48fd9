"""The ways of running an execution that a program may choose among."""

from __future__ import annotations

from enum import StrEnum


class Route(StrEnum):
    """How executions are run.

    ``auto``: by the state machine, and directly where that definitely did not start one; such results are marked
    ``degraded``. ``state_machine`` and ``direct``: that way or not at all.
    """

    AUTO = "auto"
    STATE_MACHINE = "state_machine"
    DIRECT = "direct"


class Wait(StrEnum):
    """How the state machine is waited for.

    ``poll``: the Standard one is asked again and again; an execution may take a day. ``sync``: the Express one answers
    when the execution has ended; its timeout is below 290 s, 270 s where nothing is said.
    """

    POLL = "poll"
    SYNC = "sync"
