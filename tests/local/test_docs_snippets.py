"""The Python blocks of README and guides run as they stand, each page's in order, against a real deployment.

A block that cannot run stands behind a comment with the reason: ``<!-- not run: ... -->``. Where a block has lines
``#> ...``, they are what it prints.
"""

from __future__ import annotations

import logging
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pytest

from tests.local.conftest import ROOT
from tool_executor import ConfigurationManager

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.local.conftest import Deployed

PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]
_BLOCK = re.compile(
    r"^(?:<!-- not run: (?P<reason>.+?) -->\n+)?```(?P<language>\w+)[^\n]*\n(?P<code>.*?)^```", re.MULTILINE | re.DOTALL
)


@dataclass(frozen=True)
class Block:
    page: Path
    line: int
    code: str

    @property
    def printed(self) -> list[str]:
        return re.findall(r"^ *#> (.*)$", self.code, re.MULTILINE)

    def run(self, namespace: dict[str, Any]) -> None:
        # Blank lines above: a traceback names the page's own line.
        exec(compile("\n" * self.line + self.code, str(self.page), "exec"), namespace)  # noqa: S102 - our own text


def _blocks(page: Path, language: str) -> Iterator[Block]:
    text = page.read_text(encoding="utf-8")
    for found in _BLOCK.finditer(text):
        if found["language"] == language and found["reason"] is None:
            yield Block(page, text.count("\n", 0, found.start("code")), found["code"])


def _pages_with(language: str) -> list[Any]:
    return [pytest.param(page, id=page.name) for page in PAGES if any(_blocks(page, language))]


@pytest.fixture
def _environment(deployed: Deployed, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """What `tool-executor local up` prints to export, and a folder without a configuration of the developer's."""
    for name, value in deployed.environment.items():
        if name.startswith("AWS_"):
            monkeypatch.setenv(name, value)
    monkeypatch.chdir(tmp_path)


@pytest.fixture
def _logging_as_it_was() -> Iterator[None]:
    loggers = [logging.getLogger(), logging.getLogger("tool_executor")]
    before = [(logger, logger.level, list(logger.handlers)) for logger in loggers]
    yield
    for logger, level, handlers in before:
        logger.setLevel(level)
        logger.handlers[:] = handlers


@pytest.mark.usefixtures("_environment", "_logging_as_it_was")
@pytest.mark.parametrize("page", _pages_with("python"))
def test_every_python_block_runs_and_prints_what_it_says(page: Path, capsys: pytest.CaptureFixture[str]) -> None:
    namespace: dict[str, Any] = {"__name__": "docs"}
    for block in _blocks(page, "python"):
        block.run(namespace)
        printed = capsys.readouterr().out.splitlines()
        if block.printed:
            assert printed == block.printed, f"the block at {page.name}:{block.line}"


@pytest.mark.parametrize("page", _pages_with("toml"))
def test_every_toml_block_is_a_configuration(page: Path, tmp_path: Path) -> None:
    for number, block in enumerate(_blocks(page, "toml")):
        file = tmp_path / f"{number}.toml"
        file.write_text(block.code, encoding="utf-8")
        assert str(file) in {said.source for said in ConfigurationManager(file=file, environment={}).said.values()}


def test_the_guide_to_the_client_is_among_the_pages() -> None:
    assert sum(1 for _ in _blocks(ROOT / "docs" / "client.md", "python")) >= 12
