"""The programs that check code and templates, as they are called here. Each returns what it found, or nothing."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from infra.settings import ROOT

if TYPE_CHECKING:
    from collections.abc import Sequence

#: The environment of requirements/checks.lock. `make check` makes it.
OWN_ENVIRONMENT: Final = ROOT / ".venv-checks" / "bin"
_CODE: Final = ("app.py", "bench", "examples", "infra", "lambdas", "src")
_SECONDS: Final = 300
_OFFLINE: Final = {
    "SEMGREP_SEND_METRICS": "off",
    "SEMGREP_ENABLE_VERSION_CHECK": "0",
    "SEMGREP_SETTINGS_FILE": str(ROOT / "build" / "checks" / "semgrep.yml"),
    "SEMGREP_VERSION_CACHE_PATH": str(ROOT / "build" / "checks" / "semgrep-version"),
}


def bandit(files: Sequence[str]) -> str:
    """Return what is dangerous in Python: medium and up, since ruff's rules S are the lower ones, with reasons."""
    found = _ended(OWN_ENVIRONMENT / "bandit", "--quiet", "-ll", "--recursive", *(files or _CODE))
    return found.stdout if found.returncode else ""


def semgrep(files: Sequence[str]) -> str:
    """Return what breaks the house's rules in .semgrep/."""
    options = ("--metrics", "off", "--disable-version-check", "--quiet", "--json", "--jobs", "2", "--no-git-ignore")
    found = _ended(OWN_ENVIRONMENT / "semgrep", "scan", "--config", ".semgrep", *options, *(files or _CODE))
    if found.returncode > 1 or not found.stdout.startswith("{"):
        return found.stderr.strip() or found.stdout.strip() or "semgrep ended without a word."
    told = json.loads(found.stdout)
    lines = [_finding(each) for each in told["results"]]
    return "\n".join((*lines, *(str(error.get("message", error)) for error in told["errors"])))


def checkov(template: Path) -> str:
    """Return which of checkov's policies a template breaks, but for those that .checkov.yaml accepts."""
    options = ("--config-file", ".checkov.yaml", "--framework", "cloudformation", "--quiet", "--compact")
    found = _ended(OWN_ENVIRONMENT / "checkov", *options, "--skip-download", "--file", str(template))
    return found.stdout or found.stderr if found.returncode else ""


def cfn_lint(template: Path) -> str:
    """Return what CloudFormation would refuse of a template."""
    # W3005: CDK writes dependencies out that a reference implies already.
    found = _ended(Path(sys.executable).with_name("cfn-lint"), "--ignore-checks", "W3005", "--", str(template))
    return found.stdout or found.stderr if found.returncode else ""


def detect_secrets(files: Sequence[str]) -> str:
    """Return detect-secrets' findings as the JSON that it writes. Raises RuntimeError where it does not end well."""
    found = _ended(OWN_ENVIRONMENT / "detect-secrets", "scan", *files)
    if found.returncode:
        raise RuntimeError(found.stderr.strip() or "detect-secrets ended without a word.")
    return found.stdout


def _finding(result: dict[str, Any]) -> str:
    rule, place = result["check_id"].rsplit(".", 1)[-1], f"{result['path']}:{result['start']['line']}"
    return f"{place}: {rule}\n    {result['extra']['message']}"


def _ended(program: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    own = str(program.parent)
    return subprocess.run(
        [str(program), *arguments],
        cwd=ROOT,
        env={**os.environ, **_OFFLINE, "PATH": f"{own}{os.pathsep}{os.environ.get('PATH', os.defpath)}"},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        errors="replace",
        timeout=_SECONDS,
        check=False,
    )
