"""How tools are run unless a call or a tool says otherwise: one object, for callers and for a whole stage.

Example::

    options = replace(PRODUCTION, max_retries=3).validate()
    request = {**options.request_fields(), "calls": [{**call, **options.call_fields()} for call in calls]}
"""

from __future__ import annotations

from dataclasses import asdict, dataclass, fields
from functools import lru_cache
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Final, Self

from tool_contract.errors import ErrorCode
from tool_contract.limits import (
    DEFAULT_CALL_TIMEOUT_SECONDS,
    DEFAULT_CONCURRENCY,
    DEFAULT_RETRIES,
    MAX_CALL_TIMEOUT_SECONDS,
    MAX_CONCURRENCY,
    MAX_DELAY_SECONDS,
    MAX_RETRIES,
)
from tool_contract.problems import Problem, close_names, json_pointer, shortened
from tool_contract.retry import RetryPolicy

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

#: The most that one listing of the history returns.
MAX_HISTORY_SIZE: Final = 1_000

_RANGES: Final[Mapping[str, tuple[int, int]]] = MappingProxyType(
    {
        "max_retries": (0, MAX_RETRIES),
        "initial_retry_delay_ms": (0, MAX_DELAY_SECONDS * 1000),
        "max_retry_delay_ms": (0, MAX_DELAY_SECONDS * 1000),
        "max_concurrent_tools": (1, MAX_CONCURRENCY),
        "timeout_per_tool_ms": (1000, MAX_CALL_TIMEOUT_SECONDS * 1000),
        "max_history_size": (1, MAX_HISTORY_SIZE),
    }
)
_SWITCHES: Final = ("use_exponential_backoff", "enable_detailed_logging")


class InvalidOptionsError(ValueError):
    """Options that cannot be used. ``problems`` names everything that is wrong; each pointer is ``/<option>``."""

    def __init__(self, problems: list[Problem]) -> None:
        self.problems = problems
        super().__init__(" ".join(problem.message for problem in problems))

    def __reduce__(self) -> tuple[type[Self], tuple[list[Problem]]]:
        return type(self), (self.problems,)  # and not the sentence: pickle calls what stands here


@dataclass(frozen=True, slots=True, kw_only=True)
class ToolExecutorOptions:
    """Defaults of retries, timeouts and concurrency. ``_ms`` is milliseconds; :meth:`validate` checks them.

    ``max_retries``: 0 to 10 further attempts after the first.
    ``initial_retry_delay_ms``, ``max_retry_delay_ms``: 0 to 3,600,000; the first delay, and the longest.
    ``use_exponential_backoff``: each delay twice the one before; otherwise all are the first.
    ``max_concurrent_tools``: 1 to 40 calls of a request at once.
    ``timeout_per_tool_ms``: 1,000 to 840,000 for one attempt.
    ``enable_detailed_logging``: in a stage, whether its functions log what went well.
    ``max_history_size``: 1 to 1,000 entries that a client's listing of the history returns unless told otherwise.
    """

    max_retries: int = DEFAULT_RETRIES
    initial_retry_delay_ms: int = 500
    max_retry_delay_ms: int = 10_000
    use_exponential_backoff: bool = True
    max_concurrent_tools: int = DEFAULT_CONCURRENCY
    timeout_per_tool_ms: int = DEFAULT_CALL_TIMEOUT_SECONDS * 1000
    enable_detailed_logging: bool = True
    max_history_size: int = 100

    @classmethod
    def from_json(cls, value: object) -> Self:
        """Return the valid options that a JSON object names; what it leaves out is the default.

        Raises :class:`InvalidOptionsError` with every problem, unknown names among them.
        """
        if not isinstance(value, dict):
            raise InvalidOptionsError([_problem(None, "Options should be a JSON object.")])
        known = {field.name for field in fields(cls)}
        options = cls(**{name: given for name, given in value.items() if name in known})
        problems = [_unknown(name, known) for name in value if name not in known] + list(options.problems())
        if problems:
            raise InvalidOptionsError(problems)
        return options

    def to_json(self) -> dict[str, Any]:
        """Return all options as plain JSON values: what :meth:`from_json` takes."""
        return asdict(self)

    def validate(self) -> Self:
        """Return the same options if all of them can be used.

        Raises :class:`InvalidOptionsError` with every problem.
        """
        problems = list(self.problems())
        if problems:
            raise InvalidOptionsError(problems)
        return self

    def problems(self) -> Iterator[Problem]:
        """Yield everything that is wrong with the options."""
        wrong = set()
        for name, (lowest, highest) in _RANGES.items():
            value = getattr(self, name)
            # type() and not isinstance: True is an int in Python, and none here.
            if type(value) is not int or not lowest <= value <= highest:
                wrong.add(name)
                yield _problem(
                    name, f"{name} must be a whole number from {lowest:,} to {highest:,}, not {_echo(value)}."
                )
        for name in _SWITCHES:
            if type(getattr(self, name)) is not bool:
                yield _problem(name, f"{name} must be true or false, not {_echo(getattr(self, name))}.")
        delays = {"initial_retry_delay_ms", "max_retry_delay_ms"}
        if not delays & wrong and self.initial_retry_delay_ms > self.max_retry_delay_ms:
            yield _problem(
                "initial_retry_delay_ms",
                f"initial_retry_delay_ms ({self.initial_retry_delay_ms:,}) must not be above"
                f" max_retry_delay_ms ({self.max_retry_delay_ms:,}).",
            )

    @property
    def retry_policy(self) -> RetryPolicy:
        """The delays, as the contract has them: in seconds, with its jitter of a quarter to either side."""
        return _retry_policy(self)

    @property
    def timeout_seconds(self) -> float:
        """The time of one attempt."""
        return self.timeout_per_tool_ms / 1000

    def call_fields(self) -> dict[str, Any]:
        """Return the fields of a request's call that these options amount to. There they win over the tool's own."""
        return {
            "timeout_seconds": self.timeout_seconds,
            "max_retries": self.max_retries,
            "retry": self.retry_policy.model_dump(),
        }

    def request_fields(self) -> dict[str, Any]:
        """Return the fields of a request itself that these options amount to."""
        return {"max_concurrency": self.max_concurrent_tools}


#: Quick answers while one builds: one retry, soon; 10 s an attempt.
DEVELOPMENT: Final = ToolExecutorOptions(max_retries=1, initial_retry_delay_ms=200, timeout_per_tool_ms=10_000)
#: Patience with slow sites (a minute an attempt), two retries, a quiet log.
PRODUCTION: Final = ToolExecutorOptions(max_retries=2, timeout_per_tool_ms=60_000, enable_detailed_logging=False)
#: One retry, and a log to find a failed test's cause in.
CI_CD: Final = ToolExecutorOptions(max_retries=1)
#: Fails fast: no retry, 15 s an attempt, a quiet log, short listings.
HIGH_VOLUME: Final = ToolExecutorOptions(
    max_retries=0, timeout_per_tool_ms=15_000, enable_detailed_logging=False, max_history_size=50
)
PRESETS: Final[Mapping[str, ToolExecutorOptions]] = MappingProxyType(
    {"development": DEVELOPMENT, "production": PRODUCTION, "ci_cd": CI_CD, "high_volume": HIGH_VOLUME}
)


@lru_cache(maxsize=8)  # a plan asks for it with each of its calls
def _retry_policy(options: ToolExecutorOptions) -> RetryPolicy:
    return RetryPolicy(
        initial_delay_seconds=options.initial_retry_delay_ms / 1000,
        max_delay_seconds=options.max_retry_delay_ms / 1000,
        backoff="exponential" if options.use_exponential_backoff else "fixed",
    )


def _problem(name: str | None, message: str, hint: str | None = None) -> Problem:
    pointer = "" if name is None else json_pointer((name,))
    return Problem(pointer=pointer, message=message, error_code=ErrorCode.INVALID_REQUEST, hint=hint)


def _unknown(name: object, known: set[str]) -> Problem:
    text = str(name)
    return _problem(text, f"There is no option {shortened(text)!r}.", close_names(text, known))


def _echo(value: object) -> str:
    if type(value) is not int:
        return shortened(repr(value))
    return f"{value:,}" if value.bit_length() <= 64 else "a number of that size"  # noqa: PLR2004 - readable digits
