"""One call: its record, its attempts, what went in and came out, and the files that it kept."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from starlette.responses import Response

from tool_contract import strict_json
from tool_contract.envelope import ResultRef
from tool_contract.record import EXECUTION_CALL_ID, asked_tool, attempt_log_of, envelope_from_record
from tool_executor.artifact_files import ArtifactFile, ArtifactFiles
from tool_executor.attempt_words import outcome_words
from tool_executor.errors import ExecutionNotFoundError, ResultUnavailableError
from tool_executor.result_reader import ResultReader
from tool_executor.ui.errors import PageNotFoundError, RecordUnreadableError
from tool_executor.ui.rendering import render
from tool_executor.ui.strange_records import UNREADABLE
from tool_executor.ui.words import picture_type, pretty

if TYPE_CHECKING:
    from starlette.requests import Request

    from tool_contract.envelope import Envelope
    from tool_executor.history import Record
    from tool_executor.ui.place import Found

#: Larger JSON is cut in the page: a browser would be long at it.
_SHOWN_CHARACTERS: Final = 200_000


@dataclass(frozen=True, slots=True)
class Shown:
    """A JSON value as text. ``note`` says why it is not there, or not whole."""

    text: str | None
    note: str = ""

    @classmethod
    def of(cls, value: Any) -> Shown:  # noqa: ANN401 - JSON is any value
        """Return a value to be shown."""
        text = pretty(value)
        if len(text) <= _SHOWN_CHARACTERS:
            return cls(text)
        return cls(text[:_SHOWN_CHARACTERS], f"Cut: the first {_SHOWN_CHARACTERS:,} of {len(text):,} characters.")


@dataclass(frozen=True, slots=True)
class CallView:
    """All that the page shows of a call."""

    record: Record
    envelope: Envelope
    went_in: Shown
    resolved: Shown | None
    came_out: Shown | None
    fallbacks: Shown | None
    files: list[ArtifactFile]

    @property
    def tool_name(self) -> str:
        """The tool that was asked for."""
        return asked_tool(self.record)

    @property
    def log(self) -> list[tuple[Any, str]]:
        """The attempts, each with its sentence."""
        return [(entry, outcome_words(entry)) for entry in attempt_log_of(self.record)]


async def call(request: Request) -> Response:
    """Show a call: its record, a listing of its files, and a read for a large input or result."""
    execution_id, call_id = request.path_params["execution_id"], request.path_params["call_id"]
    view = await request.app.state.place.ask(lambda found: _view(found, execution_id, call_id))
    return render(request, "call.html", view=view, execution_id=execution_id)


async def artifact(request: Request) -> Response:
    """Send a file that a call has kept: a picture to be shown, anything else to be saved."""
    path = request.path_params
    name = str(path["name"])

    def read(found: Found) -> bytes:
        files = ArtifactFiles(found.aws, found.deployment.artifact_bucket)
        file = next((one for one in files.of_call(path["execution_id"], path["call_id"]) if one.name == name), None)
        if file is None:
            raise PageNotFoundError("The call has kept no such file, or it has expired.")
        return files.read(file)

    body = await request.app.state.place.ask(read)
    kind = picture_type(name)
    if kind is not None:
        return Response(body, media_type=kind)
    saved = {"Content-Disposition": f'attachment; filename="{_file_name(name)}"'}
    return Response(body, media_type="application/octet-stream", headers=saved)


def record_of(found: Found, execution_id: str, call_id: str) -> Record:
    """Return a call's record. Raises ExecutionNotFoundError."""
    record = None
    if not execution_id.startswith("#") and call_id != EXECUTION_CALL_ID:
        record = found.history.call(execution_id, call_id)
    if record is None:
        raise ExecutionNotFoundError("The history holds no such call.", hint="Executions lists what there is.")
    return record


def input_of(found: Found, record: Record, name: str = "input") -> Any:  # noqa: ANN401 - JSON is any value
    """Return what a record keeps inline, or, of a large one, by reference. Raises ResultUnavailableError."""
    if record.get(name):
        return strict_json.parse(record[name])
    ref = record.get(f"{name}_ref")
    return None if ref is None else ResultReader(found.aws).read(ResultRef.model_validate(strict_json.parse(ref)))


def asked_input(found: Found, record: Record) -> Any:  # noqa: ANN401 - JSON is any value
    """Return the input of the tool that was asked for, earlier results in their places if an attempt has put them in.

    Raises ResultUnavailableError.
    """
    return input_of(found, record, "resolved_input" if record.get("resolved_candidate") == 0 else "input")


def asked_beside(record: Record) -> dict[str, str]:
    """Return what a request said beside its calls, as a record of it tells: who asked, and what it belongs to."""
    said = {name: record[name] for name in ("caller", "correlation_id") if isinstance(record.get(name), str)}
    return {name: text for name, text in said.items() if text != record["execution_id"]}


def _view(found: Found, execution_id: str, call_id: str) -> CallView:
    record = record_of(found, execution_id, call_id)
    try:
        envelope, _ = envelope_from_record(record), attempt_log_of(record)
    except UNREADABLE as error:
        raise RecordUnreadableError(
            f"The record of the call {call_id!r} is not as this version writes them: {type(error).__name__}.",
            hint="A newer version may have written it: bring the checkout up to date, and run make.",
        ) from None
    files = ArtifactFiles(found.aws, found.deployment.artifact_bucket).of_call(execution_id, call_id)
    fallbacks = _shown(found, record, "fallbacks") if "fallbacks" in record or "fallbacks_ref" in record else None
    # What the references of a plan came to, if an attempt has looked.
    resolved = _shown(found, record, "resolved_input") if "resolved_candidate" in record else None
    came_out = _shown_result(found, envelope) if envelope.success else None
    return CallView(record, envelope, _shown(found, record, "input"), resolved, came_out, fallbacks, files)


def _shown(found: Found, record: Record, name: str) -> Shown:
    try:
        return Shown.of(input_of(found, record, name))
    except ResultUnavailableError as error:
        return Shown(None, error.sentence)


def _shown_result(found: Found, envelope: Envelope) -> Shown:
    if envelope.result_ref is None:
        return Shown.of(envelope.result)
    try:
        return Shown.of(ResultReader(found.aws).read(envelope.result_ref))
    except ResultUnavailableError as error:
        return Shown(None, error.sentence)


def _file_name(name: str) -> str:
    return "".join(letter if letter.isascii() and (letter.isalnum() or letter in "._-") else "_" for letter in name)
