"""How fast a history of demand is read and checked, and in how much memory: ``python -m bench.inventory_files``.

Each measurement is a process of its own, so that the peak is its own. The memory of a process that has imported the
package and read nothing is told beside it.
"""

from __future__ import annotations

import argparse
import json
import random
import re
import subprocess
import sys
import tempfile
import time
from dataclasses import asdict, dataclass
from datetime import date, timedelta
from pathlib import Path
from typing import Final

from bench.runs import print_json

_DAYS: Final = 730
_AS_OF: Final = date(2026, 10, 31)
_ITEMS: Final = "warehouse_code,product_code,unit_cost,ordering_cost,holding_rate,lead_time_mean_days"
_STOCK: Final = "warehouse_code,product_code,as_of,on_hand"
_HISTORY: Final = "warehouse_code,product_code,day,qty_demanded,stockout,promotion,returns"


@dataclass(frozen=True, slots=True)
class Reading:
    """One reading. Memory is the process's peak, in MB."""

    kind: str
    rows: int
    seconds: float
    rows_a_second: int
    peak_mb: int
    imported_mb: int


def write(folder: Path, rows: int, *, fractions: bool, shuffled: bool) -> int:
    """Write the files and return how many rows the history has: whole products alone."""
    drawn = random.Random(4711)  # noqa: S311 - not for secrets
    products = [f"P{number:05d}" for number in range(max(1, rows // _DAYS))]
    days = [_AS_OF - timedelta(days=offset) for offset in reversed(range(_DAYS))]
    (folder / "items.csv").write_text("\n".join([_ITEMS, *(f"W,{code},10,40,0.2,7" for code in products)]))
    (folder / "stock.csv").write_text("\n".join([_STOCK, *(f"W,{code},{_AS_OF},5" for code in products)]))
    places = [(code, day) for code in products for day in days]
    if shuffled:
        drawn.shuffle(places)
    with (folder / "history.csv").open("w", encoding="utf-8") as file:
        file.write(_HISTORY + "\n")
        for code, day in places:
            quantity = round(drawn.random() * 100, 6) if fractions else int(drawn.random() ** 4 * 60)
            file.write(f"W,{code},{day},{quantity},{'true' if drawn.random() < 0.03 else ''},,\n")  # noqa: PLR2004
    return len(places)


def read(folder: Path) -> dict[str, float]:
    """Read the files in this process."""
    from tool_executor.inventory_files import Complaints, read_inventory  # noqa: PLC0415 - its cost is measured apart

    imported = _peak_mb()
    began = time.perf_counter()
    with Complaints() as complaints:
        inventory = read_inventory(folder, complaints)
    seconds = time.perf_counter() - began
    if inventory is None:
        raise SystemExit(f"{complaints.shown[:3]}")
    return {"seconds": seconds, "peak": _peak_mb(), "imported": imported}


def _peak_mb() -> float:
    """Return the peak as Linux tells it; getrusage counts that of the process which started this one."""
    status = Path("/proc/self/status").read_text(encoding="ascii")
    return int(re.search(r"VmHWM:\s+(\d+)", status)[1]) / 1024  # type: ignore[index]


def measure(rows: int) -> list[Reading]:
    """Read whole numbers, fractions, and rows in no order."""
    kinds = {"whole": (False, False), "fractions": (True, False), "shuffled": (False, True)}
    readings = []
    for kind, (fractions, shuffled) in kinds.items():
        with tempfile.TemporaryDirectory() as name:
            written = write(Path(name), rows, fractions=fractions, shuffled=shuffled)
            command = [sys.executable, "-m", "bench.inventory_files", "--read", name]
            done = subprocess.run(command, check=True, capture_output=True, text=True)
        told = json.loads(done.stdout)
        seconds = told["seconds"]
        memory = (round(told[which]) for which in ("peak", "imported"))
        readings.append(Reading(kind, written, round(seconds, 2), round(written / seconds), *memory))
    return readings


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=1_000_000, help="rows of the history")
    parser.add_argument("--json", action="store_true", help="print JSON")
    parser.add_argument("--read", type=Path, help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.read is not None:
        print(json.dumps(read(given.read)))
        return
    readings = measure(given.rows)
    if given.json:
        print_json({"inventory_files": [asdict(reading) for reading in readings]})
        return
    for one in readings:
        print(f"{one.kind}: {one.rows:,} rows in {one.seconds} s, {one.rows_a_second:,} a second;", end=" ")
        print(f"peak {one.peak_mb} MB, {one.imported_mb} MB of them before the first row")


if __name__ == "__main__":
    main()
