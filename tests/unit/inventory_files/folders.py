"""A small folder of files that are right, and what becomes of it when something is changed."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from tool_executor.inventory_files import Complaints, read_inventory

if TYPE_CHECKING:
    from pathlib import Path

    from tool_executor.inventory_files import Inventory

ITEMS = """warehouse_code,product_code,unit_cost,ordering_cost,holding_rate,lead_time_mean_days
W1,A,10,40,0.2,7
W1,B,2.50,40,0.2,7
W2,A,10,40,0.2,7
"""
STOCK = """warehouse_code,product_code,as_of,on_hand
W1,A,2026-01-10,5
W1,B,2026-01-10,-1
W2,A,2026-01-10,0.5
"""
ORDERS = """warehouse_code,product_code,po,qty_open,eta
W1,A,PO-1,5,2026-01-20
"""
HISTORY = """warehouse_code,product_code,day,qty_demanded
W1,A,2026-01-09,5
W1,A,2026-01-10,6.5
W1,B,2026-01-10,0
"""
USUAL: dict[str, Any] = {"items.csv": ITEMS, "stock.csv": STOCK, "orders.csv": ORDERS, "history.csv": HISTORY}


@dataclass(frozen=True)
class Read:
    """What reading a folder has come to."""

    inventory: Inventory | None
    problems: list[dict[str, Any]] = field(default_factory=list)

    @property
    def told(self) -> dict[str, str]:
        """The sentences by their pointers."""
        return {problem["pointer"]: problem["message"] for problem in self.problems}

    @property
    def right(self) -> Inventory:
        assert self.problems == []
        assert self.inventory is not None
        return self.inventory


def fill(folder: Path, files: dict[str, Any]) -> None:
    """Write files into a folder; None is a file that is not there."""
    folder.mkdir(exist_ok=True)
    for name, content in files.items():
        path = folder / name
        if content is None:
            path.unlink(missing_ok=True)
        elif isinstance(content, bytes):
            path.write_bytes(content)
        else:
            path.write_text(content, encoding="utf-8")


def read(folder: Path, **options: Any) -> Read:
    with Complaints() as complaints:
        inventory = read_inventory(folder, complaints, **options)
        return Read(inventory, complaints.to_json())


def read_with(folder: Path, files: dict[str, Any], **options: Any) -> Read:
    """Read the usual files with some changed."""
    fill(folder, {**USUAL, **files})
    return read(folder, **options)


def with_cell(name: str, column: str, cell: str) -> str:
    """Change a cell of the first row; the column is added if it is not there."""
    header, row, *others = USUAL[name].splitlines()
    names, cells = header.split(","), row.split(",")
    if column not in names:
        names.append(column)
        cells.append("")
        others = [other + "," for other in others]
    cells[names.index(column)] = cell
    return "\n".join([",".join(names), ",".join(cells), *others])
