"""What a bulk's run costs, added up batch by batch. Pure."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

from tool_contract.options import ToolExecutorOptions
from tool_contract.request import ExecutionRequest
from tool_executor.costs.assumptions import Assumptions
from tool_executor.costs.bill import bill_of
from tool_executor.costs.comparison import by_express
from tool_executor.costs.execution_usage import parts_of
from tool_executor.costs.request_work import best_and_worst
from tool_executor.costs.usage import Part, Usage

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tool_contract.catalog import Catalog
    from tool_executor.bulk.checking import CheckedCall
    from tool_executor.bulk.settings import BulkSettings

#: JudgeBatch, and BatchEnded or BatchFailed.
TRANSITIONS_OF_A_BATCH: Final = 2
#: RunBatches itself.
TRANSITIONS_OF_A_RUN: Final = 1
#: Batches that are counted one by one; of more only each so-many-th is, and stands for as many.
_COUNTED: Final = 200
_EACH: Final = 20


@dataclass(slots=True)
class Estimate:
    """The usage of the batches so far: when all calls succeed at once, and at worst.

    ``express``: batches run as Express executions, which are paid by request and duration and not by transition.
    """

    catalog: Catalog
    settings: BulkSettings
    express: bool = False
    assumed: Assumptions = field(default_factory=Assumptions)
    options: ToolExecutorOptions = field(default_factory=ToolExecutorOptions)
    calls: int = 0
    batches: int = 0
    _best: Usage = field(default_factory=Usage)
    _worst: Usage = field(default_factory=Usage)

    def add(self, batch: Sequence[CheckedCall], request_bytes: int) -> None:
        """Count a batch."""
        number, self.batches, self.calls = self.batches, self.batches + 1, self.calls + len(batch)
        if number >= _COUNTED and number % _EACH:
            return
        request = ExecutionRequest(calls=[each.request for each in batch], **self.settings.request_fields)
        works = best_and_worst(request, self.catalog, self.options, self._assumed, request_bytes)
        best, worst = (self._usage(work) for work in works)
        factor = _EACH if number >= _COUNTED else 1
        self._best, self._worst = self._best + best.times(factor), self._worst + worst.times(factor)

    @property
    def best(self) -> Usage:
        """What all takes when every call succeeds at once."""
        return self._whole(self._best)

    @property
    def worst(self) -> Usage:
        """What all takes when everything fails that can."""
        return self._whole(self._worst)

    @property
    def dollars(self) -> tuple[float, float]:
        """The best and the worst in US dollars, at list prices."""
        best, worst = (bill_of([Part("", usage)]).dollars for usage in (self.best, self.worst))
        return best, worst

    def to_json(self) -> dict[str, Any]:
        """Return the estimate as plain JSON values."""
        best, worst = self.dollars
        transitions = {"best": round(self.best.state_transitions), "worst": round(self.worst.state_transitions)}
        return {"dollars": {"best": best, "worst": worst}, "state_transitions": transitions}

    def _usage(self, work: Any) -> Usage:  # noqa: ANN401 - ExecutionWork
        return sum((part.usage for part in parts_of(work, self._assumed)), Usage())

    @property
    def _assumed(self) -> Assumptions:
        return by_express(self.assumed) if self.express else self.assumed

    def _whole(self, batches: Usage) -> Usage:
        around = 0 if self.express else TRANSITIONS_OF_A_BATCH * self.batches
        children = batches + Usage(state_transitions=around)
        files = Usage(s3_puts=_PUTS_OF_A_RUN, s3_gets=_GETS_OF_A_RUN)
        # A child's start counts as a transition of its parent.
        return children + files + Usage(state_transitions=TRANSITIONS_OF_A_RUN + self.batches)


#: Batches, index, two manifests, a mark, a decision; results and their manifest. Read: batches, and results once.
_PUTS_OF_A_RUN: Final = 9
_GETS_OF_A_RUN: Final = 6
