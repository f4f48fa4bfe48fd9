"""Types of the tools' parameters; the input schemas that models and clients see are made from them."""

from __future__ import annotations

from typing import Annotated, Literal, TypeAlias

from pydantic import Field

from inventory_data import CODE_PATTERN

WarehouseCode: TypeAlias = Annotated[
    str, Field(pattern=CODE_PATTERN, description="Code of the warehouse.", examples=["WH001"])
]
ProductCode: TypeAlias = Annotated[
    str, Field(pattern=CODE_PATTERN, description="Code of the product.", examples=["P001"])
]
ProductCodes: TypeAlias = Annotated[
    list[ProductCode],
    Field(min_length=1, max_length=500, description="Codes of the products wanted; left out: all of the warehouse."),
]
ServiceLevel: TypeAlias = Annotated[
    float,
    Field(
        ge=0.5,
        le=0.9999,
        description="Probability of no stock-out per order cycle; left out: each product's own service level.",
    ),
]
Detail: TypeAlias = Annotated[
    Literal["summary", "full"],
    Field(description="'full' adds to each product how its figures came about: demand, distribution, EOQ, costs."),
]
DaysAhead: TypeAlias = Annotated[
    int, Field(ge=1, le=90, description="Days to look ahead, from the day after the stock's date.")
]
MinimumProbability: TypeAlias = Annotated[
    float, Field(ge=0.001, le=1, description="Products with a lower probability of a stock-out are left out.")
]
RiskLimit: TypeAlias = Annotated[
    int, Field(ge=1, le=500, description="How many products to return at most, the most value at risk first.")
]
HorizonDays: TypeAlias = Annotated[int, Field(ge=1, le=180, description="Days to forecast.")]
