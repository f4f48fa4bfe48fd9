"""Loads records into the tables of a deployment, with this package's errors for whatever AWS says."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

from inventory_data import InventoryDataError, TableNames
from tool_executor.aws import translated_errors
from tool_executor.errors import CredentialsMissingError, ServiceError
from tool_executor.inventory_tables.errors import LoadCutShortError, TablesUnknownError
from tool_executor.inventory_tables.load import Load, plan_load
from tool_executor.inventory_tables.marks import new_mark

if TYPE_CHECKING:
    from tool_executor.aws import Aws
    from tool_executor.deployment import Deployment
    from tool_executor.inventory_tables.load import LoadPlan, LoadProgress, Records


def load_into(
    aws: Aws,
    deployment: Deployment,
    records: Records,
    *,
    replace: bool = False,
    progress: LoadProgress | None = None,
) -> LoadPlan:
    """Load, and return what was planned and is done.

    Raises TablesUnknownError, LoadRefusedError, ServiceError or CredentialsMissingError where nothing was written;
    LoadCutShortError where a part was.
    """
    tables = tables_of(deployment)
    with translated_errors():
        plan = plan_load(aws.dynamodb, tables, records, replace=replace)
    load = Load(aws.dynamodb, tables, plan, new_mark(datetime.now(UTC)))
    try:
        with translated_errors():
            load.run(progress)
    except (ServiceError, CredentialsMissingError, InventoryDataError) as error:
        if not load.begun:
            raise
        raise LoadCutShortError(f"The load was cut short. {error}", hint=what_cut_short_means(records)) from error
    return plan


def tables_of(deployment: Deployment) -> TableNames:
    """Return the names of a deployment's inventory tables. Raises TablesUnknownError."""
    try:
        return TableNames.from_outputs(deployment.outputs)
    except InventoryDataError as error:
        raise TablesUnknownError(str(error), hint="Deploy the stack of this version.") from None


def what_cut_short_means(records: Records) -> str:
    """Return what to know of a load that has not ended."""
    codes = ", ".join(warehouse.warehouse_code for warehouse in records.warehouses)
    return f"The tools refuse {codes} until a load of it is complete. Repeat the load: it begins anew, and mends it."
