"""Types of the tools' parameters; the input schemas that models and clients see are made from them."""

from __future__ import annotations

from typing import Annotated, Literal, TypeAlias

from pydantic import Field

from inventory_data import CODE_PATTERN, ServiceType

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
        description="Service to hold, of the service type; left out: each product's own service level.",
        examples=[0.95],
    ),
]
WantedServiceType: TypeAlias = Annotated[
    ServiceType,
    Field(
        description="'cycle': probability of no stock-out per order cycle; 'fill_rate': share of demand met from the "
        "shelf; left out: each product's own."
    ),
]
ContinueAfter: TypeAlias = Annotated[
    str,
    Field(
        pattern=CODE_PATTERN,
        description="Go on after this product: the continue_after of an answer that did not get through.",
    ),
]
AbcCutoff: TypeAlias = Annotated[
    list[Annotated[float, Field(gt=0, le=1)]],
    Field(
        min_length=2, max_length=2, description="Shares of annual value at which A and B end.", examples=[[0.8, 0.95]]
    ),
]
XyzCutoff: TypeAlias = Annotated[
    list[Annotated[float, Field(gt=0, le=100)]],
    Field(
        min_length=2,
        max_length=2,
        description="Coefficients of variation of a week's demand at which X and Y end.",
        examples=[[0.5, 1.0]],
    ),
]
Detail: TypeAlias = Annotated[
    Literal["summary", "full"],
    Field(description="'full' adds to each product how its figures came about, or what becomes of it day by day."),
]
DaysAhead: TypeAlias = Annotated[
    int, Field(ge=1, le=90, description="Days to look ahead, from the day after the stock's date.")
]
MinimumProbability: TypeAlias = Annotated[
    float, Field(ge=0, le=1, description="Products with a lower probability of a stock-out are left out; 0: none.")
]
RiskLimit: TypeAlias = Annotated[
    int, Field(ge=1, le=500, description="How many products to return at most, the most value at risk first.")
]
HistoryShown: TypeAlias = Annotated[
    int, Field(ge=0, le=730, description="Days of recorded demand to return with the forecast, for a picture.")
]
HorizonDays: TypeAlias = Annotated[int, Field(ge=1, le=180, description="Days to forecast.")]
