"""Lines, checkers and preparations for tests of bulks: the tools of the probe, no AWS."""

from __future__ import annotations

import io
import json
from functools import cache
from typing import TYPE_CHECKING, Any

from lambdas.runtime.catalog_builder import build_catalog
from tool_contract.catalog import Catalog
from tool_executor.bulk.checking import Checker
from tool_executor.bulk.preparation import Preparation, RunIdentity
from tool_executor.bulk.settings import BulkSettings
from tool_executor.bulk.source import Line, lines_of

if TYPE_CHECKING:
    from collections.abc import Iterable

    from tool_executor.bulk.preparation import PreparedRun


@cache
def catalog() -> Catalog:
    groups = {"probe": "tests.tool_groups.probe.handler", "vault": "tests.tool_groups.vault.handler"}
    return Catalog.model_validate(build_catalog(groups))


def checker() -> Checker:
    return Checker(catalog(), lambda call: call.to_json())


def echo(text: str = "", **fields: Any) -> dict[str, Any]:
    return {"tool_name": "echo", "input": {"text": text}, **fields}


def read(text: bytes) -> list[Line]:
    return list(lines_of(io.BytesIO(text)))


def jsonl(calls: Iterable[Any], end: str = "\n") -> bytes:
    return "".join(json.dumps(call) + end for call in calls).encode()


def preparation(run: int = 1, *, express: bool = False, **settings: Any) -> Preparation:
    return Preparation(
        RunIdentity("bulk-x", run), BulkSettings(**settings), checker(), bucket="artifacts", express=express
    )


def prepare(calls: Iterable[Any], **settings: Any) -> PreparedRun:
    """Prepare calls as lines from 1 on. The folder is left to the test."""
    with preparation(**settings) as prepared:
        for number, call in enumerate(calls, 1):
            prepared.add(Line(number, call))
        return prepared.prepared()


def batches(prepared: PreparedRun) -> list[dict[str, Any]]:
    return [json.loads(line) for line in prepared.batches.read_text("utf-8").splitlines()]
