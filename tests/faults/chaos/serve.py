"""Serves a local cloud with the ledger's tools and faults until its standard input ends; says where its logs lie."""

from __future__ import annotations

import json
import sys

from tests.faults.serve import LEDGER
from tests.local.conftest import ROOT
from tool_executor.local import LocalCloud

if __name__ == "__main__":
    with LocalCloud(ROOT, extra_groups=(LEDGER,), sample_data=False, faults=True) as cloud:
        ready = json.loads(cloud.deployment.ready_line()) | {"logs": str(cloud.run_folder / "logs")}
        print(json.dumps(ready), flush=True)  # noqa: T201 - the line that the runner waits for
        sys.stdin.read()
