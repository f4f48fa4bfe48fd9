"""Serves a local cloud with the ledger's tools and programmable faults until its standard input ends."""

from __future__ import annotations

import sys

from tests.local.conftest import ROOT
from tool_executor.local import LocalCloud

LEDGER = "tests/tool_groups/ledger"

if __name__ == "__main__":
    with LocalCloud(ROOT, extra_groups=(LEDGER,), sample_data=False, faults=True) as cloud:
        print(cloud.deployment.ready_line(), flush=True)  # noqa: T201 - the line that the tests wait for
        sys.stdin.read()
