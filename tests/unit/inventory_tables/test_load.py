"""A load marks, writes, unmarks: whole, or refused by the tools until it is repeated."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date
from typing import TYPE_CHECKING, Any

import pytest
from botocore.exceptions import ClientError

from inventory_data import DemandYear, InventoryDataError, Item, Stock, Warehouse
from lambdas.inventory_optimizer.dynamodb_reader import DynamoDBReader
from tests.unit.inventory_tables.tables import Watched
from tool_executor.errors import ServiceError
from tool_executor.inventory import generate
from tool_executor.inventory_tables import (
    Load,
    LoadCutShortError,
    LoadRefusedError,
    LoadsCrossedError,
    TablesUnknownError,
    load_into,
    plan_load,
)

if TYPE_CHECKING:
    from tests.unit.inventory_tables.tables import Tables
    from tool_executor.inventory_tables import Records

SAMPLE = generate(products=4)
MARK = "load 1 since 2026-11-20T10:00:00Z"
OTHER_MARK = "load 2 since 2026-11-20T10:00:01Z"


@dataclass(frozen=True)
class Some:
    """Records of one warehouse."""

    items: tuple[Item, ...]
    stock: tuple[Stock, ...]
    demand: tuple[DemandYear, ...] = ()

    @property
    def warehouses(self) -> tuple[Warehouse, ...]:
        return (Warehouse(warehouse_code="W1", products=len(self.items)),)


def some(*codes: str, currency: str | None = None, years: tuple[int, ...] = (2025,)) -> Some:
    costs = {"unit_cost": 1.0, "ordering_cost": 1.0, "holding_rate": 0.2, "lead_time_mean_days": 5.0}
    return Some(
        tuple(Item(warehouse_code="W1", product_code=code, currency=currency, **costs) for code in codes),
        tuple(Stock(warehouse_code="W1", product_code=code, as_of=date(2026, 1, 1), on_hand=1.0) for code in codes),
        tuple(
            DemandYear(warehouse_code="W1", product_code=code, first_day=date(year, 1, 1), quantities=(1.0,))
            for code in codes
            for year in years
        ),
    )


def load(tables: Tables, records: Records, *, client: Any = None, mark: str = MARK, replace: bool = False) -> Load:
    client = client or tables.aws.dynamodb
    made = Load(client, tables.names, plan_load(client, tables.names, records, replace=replace), mark)
    made.run()
    return made


def held(tables: Tables) -> list[str]:
    return sorted(item.product_code for item in tables.items())


def test_everything_is_written_once_and_the_mark_is_gone(tables: Tables) -> None:
    client = Watched(tables.aws.dynamodb)
    load(tables, SAMPLE, client=client)
    assert sorted(tables.items(), key=repr) == sorted(SAMPLE.items, key=repr)
    assert sorted(tables.stock(), key=repr) == sorted(SAMPLE.stock, key=repr)
    assert sorted(tables.demand(), key=repr) == sorted(SAMPLE.demand, key=repr)
    assert sorted(tables.warehouses(), key=repr) == sorted(SAMPLE.warehouses, key=repr)
    assert len(client.requests) == len(SAMPLE.items) + len(SAMPLE.stock) + len(SAMPLE.demand)


def test_the_mark_stands_before_the_first_write_and_until_the_last(tables: Tables) -> None:
    marks: list[set[str | None]] = []
    client = Watched(tables.aws.dynamodb, lambda _: marks.append({one.loading for one in tables.warehouses()}))
    load(tables, SAMPLE, client=client)
    assert len(marks) > 2
    assert marks == [{MARK}] * len(marks)
    assert {one.loading for one in tables.warehouses()} == {None}


def test_progress_tells_what_is_written_and_how_much_there_is(tables: Tables) -> None:
    seen: list[tuple[int, int]] = []
    plan = plan_load(tables.aws.dynamodb, tables.names, SAMPLE)
    Load(tables.aws.dynamodb, tables.names, plan, MARK).run(lambda done, total: seen.append((done, total)))
    assert seen[-1] == (plan.total, plan.total)
    assert [done for done, _ in seen] == sorted(done for done, _ in seen)


def test_what_dynamodb_leaves_over_is_written_again(tables: Tables, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tool_executor.inventory_tables.batches._FIRST_PAUSE_SECONDS", 0.0)
    client = Watched(tables.aws.dynamodb, leave_over=3)
    load(tables, SAMPLE, client=client)
    assert len(tables.demand()) == len(SAMPLE.demand)
    assert len(tables.items()) == len(SAMPLE.items)


def die_at(number: int, error: BaseException) -> Any:
    def before(batch: int) -> None:
        if batch >= number:
            raise error

    return before


def dies(code: str = "InternalServerError") -> ClientError:
    return ClientError({"Error": {"Code": code, "Message": "It broke."}}, "BatchWriteItem")


@pytest.mark.parametrize("error", [dies(), KeyboardInterrupt()])
@pytest.mark.parametrize("batch", [1, 3])
def test_a_load_that_dies_leaves_the_mark_and_repeating_it_mends(
    tables: Tables, error: BaseException, batch: int
) -> None:
    load(tables, generate(seed=1, products=4))
    with pytest.raises(type(error)):
        load(tables, SAMPLE, client=Watched(tables.aws.dynamodb, die_at(batch, error)))
    reader = DynamoDBReader(tables.aws.dynamodb, tables.names)
    entry = reader.warehouse("WH001")
    assert entry is not None
    assert entry.loading == MARK

    load(tables, SAMPLE, mark=OTHER_MARK)
    assert {one.loading for one in tables.warehouses()} == {None}
    assert sorted(tables.items(), key=repr) == sorted(SAMPLE.items, key=repr)


def test_two_loads_at_once_both_fail_and_the_mark_stays(tables: Tables) -> None:
    def another(batch: int) -> None:
        if batch == 1:
            with pytest.raises(LoadsCrossedError):
                load(tables, some("A"), mark=OTHER_MARK, client=Watched(tables.aws.dynamodb, third))

    def third(batch: int) -> None:
        """The first load comes to its end while the second one still writes."""
        if batch == 1:
            with pytest.raises(LoadsCrossedError, match="Another load of W1"):
                first._clear_marks()

    plan = plan_load(tables.aws.dynamodb, tables.names, some("A"))
    first = Load(Watched(tables.aws.dynamodb, another), tables.names, plan, MARK)  # type: ignore[arg-type]
    with pytest.raises(LoadsCrossedError):
        first.run()
    assert [one.loading for one in tables.warehouses()] == [MARK]


def test_a_load_that_began_while_this_one_ran_is_noticed_even_if_it_has_ended(tables: Tables) -> None:
    def another(batch: int) -> None:
        if batch == 1:
            load(tables, some("A"), mark=OTHER_MARK)

    with pytest.raises(LoadsCrossedError, match="what the tables hold may be of both"):
        load(tables, some("A"), client=Watched(tables.aws.dynamodb, another))
    assert [one.loading for one in tables.warehouses()] == [MARK]


def test_products_that_are_not_loaded_stay_and_are_counted(tables: Tables) -> None:
    load(tables, some("A", "B"))
    again = load(tables, some("B", "C"))
    assert again.plan.left == {"W1": ("A",)}
    assert held(tables) == ["A", "B", "C"]
    assert tables.warehouses() == [Warehouse(warehouse_code="W1", products=3, as_of=date(2026, 1, 1))]


def test_replace_deletes_items_stock_and_years_that_are_not_loaded(tables: Tables) -> None:
    load(tables, SAMPLE)
    load(tables, some("A", "B", years=(2024, 2025)))
    client = Watched(tables.aws.dynamodb)
    again = load(tables, some("B", "C"), client=client, replace=True)
    assert again.plan.deleted == 5
    assert held(tables) == ["B", "C", *sorted(item.product_code for item in SAMPLE.items)]
    own = {(year.product_code, year.year) for year in tables.demand() if year.warehouse_code == "W1"}
    assert own == {("B", 2025), ("C", 2025)}
    assert {one.product_code for one in tables.stock() if one.warehouse_code == "W1"} == {"B", "C"}
    assert Warehouse(warehouse_code="W1", products=2) in tables.warehouses()
    deleted = [next(iter(request["DeleteRequest"]["Key"])) for request in client.requests if "DeleteRequest" in request]
    assert deleted[:3] == ["location"] * 3, "the items tell what there is to delete, and so go last"


def test_replace_finds_stock_and_demand_whose_item_is_gone_already(tables: Tables) -> None:
    load(tables, some("A", "B"))
    key = {"warehouse_code": {"S": "W1"}, "product_code": {"S": "A"}}
    tables.aws.dynamodb.delete_item(TableName=tables.names.items, Key=key)
    load(tables, some("B"), replace=True)
    assert [one.product_code for one in tables.stock()] == [one.product_code for one in tables.demand()] == ["B"]


def test_products_that_stay_have_the_currency_of_what_is_loaded(tables: Tables) -> None:
    load(tables, some("A", currency="USD"))
    for records in (some("B", currency="USD"), some("C"), some("A", "B", "C", currency="EUR")):
        load(tables, records)
    with pytest.raises(LoadRefusedError, match=r"of W1 in EUR that .*, in CHF") as caught:
        load(tables, some("D", currency="CHF"))
    assert "--replace" in (caught.value.hint or "")
    assert held(tables) == ["A", "B", "C"]
    assert {one.loading for one in tables.warehouses()} == {None}
    load(tables, some("D", currency="CHF"), replace=True)
    assert held(tables) == ["D"]


# With a deployment.


def test_a_load_that_is_cut_short_says_so_and_what_to_do(tables: Tables) -> None:
    aws = tables.aws
    aws.__dict__["dynamodb"] = Watched(aws.dynamodb, die_at(1, dies()))
    with pytest.raises(LoadCutShortError, match=r"cut short\. AWS refused BatchWriteItem: It broke.") as caught:
        load_into(aws, tables.deployment, some("A"))
    assert "refuse W1 until" in (caught.value.hint or "")


def test_tables_that_refuse_for_ever_cut_it_short(tables: Tables, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tool_executor.inventory_tables.batches._FIRST_PAUSE_SECONDS", 0.0)
    tables.aws.__dict__["dynamodb"] = Watched(tables.aws.dynamodb, leave_over=10**6)
    with pytest.raises(LoadCutShortError, match="keep refusing") as caught:
        load_into(tables.aws, tables.deployment, some("A"))
    assert isinstance(caught.value.__cause__, InventoryDataError)


def test_tables_that_are_not_there_are_told_and_nothing_was_begun(tables: Tables) -> None:
    outputs = dict.fromkeys(tables.deployment.outputs, "nowhere")
    with pytest.raises(ServiceError, match="AWS refused Query"):
        load_into(tables.aws, replace(tables.deployment, outputs=outputs), some("A"))


def test_a_stack_without_the_tables_is_told(tables: Tables) -> None:
    with pytest.raises(TablesUnknownError, match="InventoryStockTable"):
        load_into(tables.aws, replace(tables.deployment, outputs={"InventoryItemsTable": "i"}), some("A"))
