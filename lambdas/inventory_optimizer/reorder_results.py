"""Results of ``calculate_reorder_points``."""

from __future__ import annotations

from datetime import date

from pydantic import Field

from inventory_data import ServiceType
from lambdas.inventory_optimizer.maths.demand.candidates import MethodName
from lambdas.inventory_optimizer.maths.demand.classification import ClassName
from lambdas.inventory_optimizer.maths.distributions import FamilyName
from lambdas.inventory_optimizer.maths.policies.abc_xyz import AbcName, XyzName
from lambdas.inventory_optimizer.results import Caution, Coverage, Notice, Probability, Result, Unusable


class ReorderPointBasis(Result):
    """How a product's reorder point and order came about."""

    method: MethodName
    distribution: FamilyName
    distribution_reason: str
    demand_sd_per_day: float
    protection_days: float = Field(description="Lead time plus review period.")
    protection_demand: float = Field(description="Mean demand over the protection days.")
    protection_demand_sd: float = Field(description="Forecast error and lead time's spread included.")
    service_type: ServiceType
    service_target: Probability
    eoq: float | None = Field(description="Before whole packs, minimum and caps; null where holding costs nothing.")
    order_quantity: int
    order_by_multiples: int = Field(description="What an (s, nQ) policy would order now.")
    annual_demand: float
    annual_ordering_cost: float
    annual_holding_cost: float
    on_hand: float
    allocated: float
    backorders: float
    quarantine: float = Field(description="Not counted.")
    on_order: float = Field(description="Open orders not in transit, overdue ones left out.")
    in_transit: float
    overdue: float = Field(description="Open quantity of overdue orders: not counted as supply.")


class ProductReorderPoint(Result):
    """When and how much to order of one product."""

    product_code: str
    demand_class: ClassName
    abc: AbcName | None = Field(description="By annual value; null where not all products could be compared.")
    xyz: XyzName
    demand_per_day: float = Field(description="Mean of the next 28 days.")
    safety_stock: float = Field(description="May be negative at a low service level.")
    reorder_point: int
    order_up_to: int
    inventory_position: float
    below_reorder_point: bool
    suggested_order: int
    order_date: date | None = Field(description="As of today's stock and mean demand; null if over a year away.")
    service_achieved: Probability | None = Field(
        description="Of the product's service type; null without usable history."
    )
    warnings: tuple[Caution, ...]
    basis: ReorderPointBasis | None


class ClassCutoffs(Result):
    """Where the classes end: A and B as shares of annual value, X and Y as coefficients of variation of a week."""

    a: float
    b: float
    x: float
    y: float


class ReorderPoints(Result):
    """Reorder points of a warehouse's products, in the order of their codes."""

    warehouse_code: str
    as_of: date = Field(description="Close of the day that the stock figures belong to.")
    currency: str | None = Field(description="Of all costs; null if not told, or mixed.")
    below_reorder_point: int = Field(description="How many products are to be ordered now.")
    products: tuple[ProductReorderPoint, ...]
    unusable: tuple[Unusable, ...]
    coverage: Coverage
    notices: tuple[Notice, ...]
    cutoffs: ClassCutoffs
