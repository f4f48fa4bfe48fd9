"""A process whose tool never returns to Python is ended, with a traceback of where it stands."""

from __future__ import annotations

import signal
import subprocess
import sys
from pathlib import Path

import pytest

PROJECT = Path(__file__).resolve().parents[3]
#: It looks for longer than anybody lives, and holds the interpreter lock meanwhile.
NEVER_RETURNS = "import re; re.match('(a+)+$', 'a' * 60 + 'b')"
RESORTS = [
    pytest.param(
        "KernelTimer", marks=pytest.mark.skipif(sys.platform != "linux", reason="the kernel's timers are Linux's")
    ),
    "TracebackThread",
]


def run(code: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-c", f"from lambdas.runtime import last_resort\n{code}"],
        cwd=PROJECT,
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )


@pytest.mark.parametrize("resort", RESORTS)
def test_native_code_that_never_returns_is_ended_with_a_traceback(resort: str) -> None:
    ended = run(f"last_resort.{resort}().arm(0.2)\n{NEVER_RETURNS}")

    assert ended.returncode in {-signal.SIGABRT, 1}
    assert "most recent call first" in ended.stderr
    assert "in match" in ended.stderr


@pytest.mark.parametrize("resort", RESORTS)
def test_what_was_disarmed_does_not_strike(resort: str) -> None:
    lived = run(
        f"import time\nresort = last_resort.{resort}()\nresort.arm(0.2)\nresort.disarm()\n"
        "time.sleep(0.5)\nprint('lives')"
    )

    assert (lived.returncode, lived.stdout) == (0, "lives\n")


@pytest.mark.parametrize("resort", RESORTS)
def test_to_arm_anew_counts_from_then(resort: str) -> None:
    lived = run(
        f"import time\nresort = last_resort.{resort}()\nresort.arm(0.3)\nresort.arm(60)\n"
        "time.sleep(0.6)\nprint('lives')"
    )

    assert (lived.returncode, lived.stdout) == (0, "lives\n")


def test_a_fork_has_a_last_resort_of_its_own() -> None:
    code = (
        "import os, sys\n"
        "last_resort.last_resort().disarm()\n"
        "child = os.fork()\n"
        "if child == 0:\n"
        "    last_resort.last_resort().arm(0.2)\n"
        f"    {NEVER_RETURNS}\n"
        "_, status = os.waitpid(child, 0)\n"
        "print(os.waitstatus_to_exitcode(status))"
    )

    assert run(code).stdout in {f"{-signal.SIGABRT}\n", "1\n"}
