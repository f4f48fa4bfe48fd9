"""Whatever the files hold: clear problems or records, and never anything else."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from inventory_data.tables import TableNames
from tests.unit.inventory_files.folders import USUAL, fill, read
from tool_executor.inventory_files import FORMATS
from tool_executor.inventory_tables.load import _puts

if TYPE_CHECKING:
    from tests.unit.inventory_files.folders import Read

NAMES = sorted(USUAL)
COLUMNS = {file_format.name: tuple(file_format.by_name) for file_format in FORMATS}
#: Cells as they occur, and as they should not.
CELLS = st.one_of(
    st.sampled_from(["W1", "W2", "A", "B", "2026-01-09", "2026-01-10", "5", "0", "", "true", "1", "0.5", "EUR"]),
    st.sampled_from(["nan", "-1", "1e999", "2026-02-30", "1926-01-01", "1,5", '"', "\0", "\ud800", "#", "x" * 11_000]),
    st.text(max_size=6),
    st.integers().map(str),
    st.floats().map(repr),
    st.dates().map(str),
)


def outcome(files: dict[str, str | bytes]) -> Read:
    with tempfile.TemporaryDirectory() as folder:
        fill(Path(folder), {**USUAL, **files})
        return read(Path(folder))


def check(found: Read) -> None:
    """Hold an outcome to what is promised of all: no records, or all of them with nothing wrong."""
    assert (found.inventory is None) == bool(found.problems)
    if found.inventory is not None:
        tables = TableNames("items", "stock", "demand")
        inventory = found.inventory
        written = list(_puts(tables, inventory))  # every record is one that the models take
        assert len(written) == len(inventory.items) + len(inventory.stock) + len(inventory.demand)
    for problem in found.problems:
        assert problem["error_code"] == "InvalidInput"
        assert problem["pointer"].startswith(tuple(f"/{name}" for name in NAMES))
        assert problem["message"].endswith(".")
        assert len(problem["message"]) < 400
        assert (problem["message"] + problem.get("hint", "")).isprintable()
        assert problem["message"] != "The row cannot be used.", "a row that is not right says why"


@pytest.mark.parametrize("name", NAMES)
@given(content=st.binary(max_size=300))
def test_any_bytes_are_records_or_problems(name: str, content: bytes) -> None:
    found = outcome({name: content})
    assert found.problems
    check(found)


@pytest.mark.parametrize("name", NAMES)
@given(data=st.data())
def test_any_bytes_in_the_middle_of_a_file_are_records_or_problems(name: str, data: st.DataObject) -> None:
    usual = USUAL[name].encode()
    begin = data.draw(st.integers(0, len(usual)))
    end = data.draw(st.integers(begin, len(usual)))
    check(outcome({name: usual[:begin] + data.draw(st.binary(max_size=20)) + usual[end:]}))


@pytest.mark.parametrize("name", NAMES)
@given(data=st.data())
def test_any_cells_are_records_or_problems(name: str, data: st.DataObject) -> None:
    required = [column.name for one in FORMATS if one.name == name for column in one.columns if column.required]
    more = [column for column in COLUMNS[name] if column not in required]
    header = data.draw(st.permutations([*required, *data.draw(st.lists(st.sampled_from(more), unique=True))]))
    rows = data.draw(st.lists(st.lists(CELLS, min_size=len(header), max_size=len(header)), max_size=4))
    text = "\n".join(",".join(row) for row in [header, *rows])
    check(outcome({name: text.encode("utf-8", "surrogatepass")}))


@given(
    st.lists(
        st.tuples(
            st.sampled_from("AB"),
            st.dates().map(str) | st.sampled_from([f"2026-01-{day:02d}" for day in range(1, 12)]),
            st.floats(0, 1e12) | st.floats() | st.integers(0, 50),
            st.sampled_from(["", "0", "1", "true", "False"]),
            st.floats(0, 1e12).map(repr) | st.just(""),
        ),
        max_size=20,
    )
)
def test_rows_of_the_history_are_taken_and_counted_or_told(rows: list[tuple[object, ...]]) -> None:
    header = "warehouse_code,product_code,day,qty_demanded,stockout,returns"
    text = "\n".join([header, *(",".join(map(str, ("W1", *row))) for row in rows)])
    found = outcome({"history.csv": text})
    check(found)
    if found.inventory is not None:
        (counts, _) = (one.counts() for one in found.inventory.by_warehouse())
        assert counts["history_rows"] == len(rows)
        days = sum(len(year.quantities) for year in found.inventory.demand)
        assert counts["filled_days"] == days - len(rows)
        assert sum(map(float, (row[2] for row in rows))) == pytest.approx(
            sum(sum(year.quantities) for year in found.inventory.demand)
        )
