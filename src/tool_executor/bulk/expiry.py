"""How long a bulk can be resumed: while the records of all its runs are certainly there."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from tool_contract.timestamps import iso_from_ms, ms_from_iso
from tool_executor.bulk.errors import BulkExpiredError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tool_executor.bulk.manifest import RunManifest

_DAY_MS: Final = 24 * 60 * 60 * 1000
#: What is assumed where neither the run nor the deployment says how long records are kept.
_LEAST_DAYS: Final = 1


def require_records(runs: Sequence[RunManifest], days_now: int | None, now_ms: int) -> None:
    """Raise BulkExpiredError where records of a run may be gone, or be going: its calls would look as if never run.

    ``days_now`` is how long the deployment keeps records now: batches that began after a change go by that.
    """
    for run in runs:
        told = [days for days in (run.history_days, days_now) if days is not None]
        kept_ms = min(told, default=_LEAST_DAYS) * _DAY_MS
        until_ms = ms_from_iso(run.created_at) + kept_ms - min(_DAY_MS, kept_ms // 10)
        if now_ms >= until_ms:
            message = f"The bulk {run.bulk_id} could be resumed until {iso_from_ms(until_ms)}: its records expire."
            hint = "What has run is not known any more. Write the calls that are still wanted to a file, and run that."
            raise BulkExpiredError(message, hint=hint)
