"""How a Distributed Map fails, by Step Functions' own names."""

from __future__ import annotations

from typing import Any

from moto.stepfunctions.parser.api import HistoryEventType, MapRunFailedEventDetails
from moto.stepfunctions.parser.asl.component.common.error_name.failure_event import FailureEvent, FailureEventException
from moto.stepfunctions.parser.asl.component.common.error_name.states_error_name import StatesErrorName
from moto.stepfunctions.parser.asl.component.common.error_name.states_error_name_type import StatesErrorNameType

from tool_executor.local.moto_patches.jsonata_evaluation import event_details

TOO_MANY_FAILED = StatesErrorNameType.StatesExceedToleratedFailureThreshold
READER_FAILED = StatesErrorNameType.StatesItemReaderFailed
WRITER_FAILED = StatesErrorNameType.StatesResultWriterFailed


def map_failure(env: Any, kind: StatesErrorNameType, cause: str) -> FailureEventException:  # noqa: ANN401 - moto's
    """Return the failure of a Distributed Map."""
    return FailureEventException(
        FailureEvent(
            env=env,
            error_name=StatesErrorName(typ=kind),
            event_type=HistoryEventType.MapRunFailed,
            event_details=event_details(
                mapRunFailedEventDetails=MapRunFailedEventDetails(error=kind.to_name(), cause=cause)
            ),
        )
    )
