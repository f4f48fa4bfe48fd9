"""What detect-secrets finds, less what .secrets.baseline knows: names of settings, made-up passwords of tests.

Its own hook goes by line numbers too, and complains when a file grows above a finding. What is compared here is the
file, the kind and the hash of the value.
"""

from __future__ import annotations

import json
import subprocess
from typing import TYPE_CHECKING, Any, Final

from infra.checks.programs import detect_secrets
from infra.settings import ROOT

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

BASELINE: Final = ROOT / ".secrets.baseline"
#: Hashes of packages, and what the tools themselves wrote.
_NOTHING_BUT_HASHES: Final = (".lock", "package-lock.json", ".secrets.baseline")


def new_secrets(files: Sequence[str]) -> str:
    """Return a line for each secret that the baseline does not hold; of all files that git knows, or of these."""
    found = json.loads(detect_secrets(_looked_at(files)))["results"]
    known = set(_keys(json.loads(BASELINE.read_text(encoding="utf-8"))["results"]))
    new = [(place, key) for place, key in _placed(found) if key not in known]
    return "\n".join(f"{place}: {key[1]}" for place, key in new)


def write_baseline() -> None:
    """Write down all that is found now. Whoever does it looks at the difference: each line says "this is no secret"."""
    BASELINE.write_text(detect_secrets(_looked_at(())), encoding="utf-8")


def _looked_at(files: Sequence[str]) -> list[str]:
    return [name for name in files or _all_files() if not name.endswith(_NOTHING_BUT_HASHES)]


def _keys(results: dict[str, list[dict[str, Any]]]) -> Iterator[tuple[str, str, str]]:
    return (key for _, key in _placed(results))


def _placed(results: dict[str, list[dict[str, Any]]]) -> Iterator[tuple[str, tuple[str, str, str]]]:
    for file, secrets in results.items():
        for each in secrets:
            yield f"{file}:{each['line_number']}", (file, each["type"], each["hashed_secret"])


def _all_files() -> list[str]:
    """Return what git keeps and what it would: a secret is found before it is committed."""
    command = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    listed = subprocess.run(command, cwd=ROOT, capture_output=True, check=True, text=True)
    return [name for name in listed.stdout.split("\0") if name and (ROOT / name).is_file()]


if __name__ == "__main__":
    write_baseline()
