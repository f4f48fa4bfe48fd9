"""Serves the small stack until its stdin closes. argv: work folder, Lambda runtime. Prints one JSON line when ready."""

from __future__ import annotations

import json
import sys
from pathlib import Path

from tests.unit.local_cloud.small_stack import write_assembly
from tool_executor.local import LocalCloud


def main(folder: Path, runtime: str) -> None:
    sys.setswitchinterval(0.00005)  # threads take turns a hundred times as often as usual: races show
    assembly = write_assembly(folder / "assembly")
    with LocalCloud(folder, assembly=assembly, runtime=runtime) as cloud:
        ready = {"endpoint_url": cloud.endpoint_url, "run_folder": str(cloud.run_folder)}
        sys.stdout.write(json.dumps(ready) + "\n")
        sys.stdout.flush()
        sys.stdin.read()


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2])
