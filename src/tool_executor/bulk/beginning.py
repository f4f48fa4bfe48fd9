"""Whether a run begins: whoever began it decides, or whoever ends it. One object in S3, which is written once."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any, Final, Self

from tool_contract.timestamps import iso_from_ms, ms_from_iso
from tool_executor.bulk.errors import BulkGivenUpError

if TYPE_CHECKING:
    from tool_executor.bulk.machine import BulkMachine
    from tool_executor.bulk.manifest import RunManifest
    from tool_executor.bulk.store import BulkStore
    from tool_executor.clock import Clock

STARTED: Final = "started"
GIVEN_UP: Final = "given up"
#: So long an upload is left alone by who only resumes. To be wrong about it is harmless: one of the two stops.
_UPLOAD_MS: Final = 15 * 60_000
#: StartExecution is over a minute after it was decided on, its repetitions included.
_START_MS: Final = 5 * 60_000


@dataclass(frozen=True, slots=True)
class Decision:
    """What was decided of a run: STARTED or GIVEN_UP, and when, as a time in UTC."""

    outcome: str
    at: str

    def to_json(self) -> dict[str, Any]:
        """Return the decision as plain JSON values."""
        return asdict(self)

    @classmethod
    def from_json(cls, told: dict[str, Any]) -> Self:
        """Return the decision that was written so."""
        return cls(**told)


@dataclass(frozen=True, slots=True)
class Beginnings:
    """The beginnings of one deployment's runs. Methods raise what translated_errors raises."""

    store: BulkStore
    machine: BulkMachine
    clock: Clock

    def start(self, run: RunManifest) -> None:
        """Start a run that is uploaded. Raises BulkGivenUpError where somebody has ended it meanwhile."""
        if self._decided(run, STARTED).outcome != STARTED:
            message = f"Run {run.run} of the bulk {run.bulk_id} was given up while it was uploaded; nothing of it ran."
            raise BulkGivenUpError(message, hint="A cancel, or a later resume, ended it: tool-executor bulk status")
        self.machine.start(run)

    def give_up(self, run: RunManifest) -> None:
        """See to it that a run is not started, unless that is decided already."""
        self._decided(run, GIVEN_UP)

    def is_ruled_out(self, run: RunManifest, *, at_once: bool = False) -> bool:
        """Whether a run that Step Functions does not know will never be started; from now on, if nobody has decided.

        False while it may be under way; ``at_once`` ends an upload too, however young it is.
        """
        decision = self.store.decision(run)
        if decision is None:
            if not at_once and self._age_ms(run.created_at) < _UPLOAD_MS:
                return False
            decision = self._decided(run, GIVEN_UP)
        return decision.outcome == GIVEN_UP or self._age_ms(decision.at) >= _START_MS

    def _decided(self, run: RunManifest, outcome: str) -> Decision:
        return self.store.decide(run, Decision(outcome, iso_from_ms(self.clock.now_ms())))

    def _age_ms(self, moment: str) -> int:
        return self.clock.now_ms() - ms_from_iso(moment)
