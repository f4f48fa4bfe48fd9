"""What a strict type checker says of programs that use the client."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path


def test_mypy_has_nothing_against_a_natural_program(tmp_path: Path) -> None:
    program = Path(__file__).with_name("typed_program.py")
    command = [sys.executable, "-m", "mypy", "--strict", "--config-file=", f"--cache-dir={tmp_path}", str(program)]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=300, cwd=tmp_path)
    assert (done.returncode, done.stdout) == (0, "Success: no issues found in 1 source file\n"), done.stderr
