"""A modelled Lambda: concurrency, how fast it grows, cold starts, processes that die. What runs in it is real."""

from __future__ import annotations

import random
from collections import Counter, defaultdict
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final, Self

from greenlet import getcurrent

from bench.simulation.dynamodb import Died
from bench.simulation.virtual_time import Bucket
from tool_executor.direct.function_answer import FunctionAnswer

if TYPE_CHECKING:
    from bench.simulation.scenario import Scenario
    from bench.simulation.virtual_time import Timeline

#: What an invocation adds on its way, in seconds: supposed.
_INVOKE_SECONDS: Final = 0.008
#: A process that is to die does so at one of its first calls of DynamoDB.
_LAST_CALL: Final = 12
#: Each environment counts for ten requests a second.
_REQUESTS_AN_ENVIRONMENT: Final = 10
_HTTP_THROTTLED: Final = 429
Handler = Callable[[Any, str], Any]


@dataclass(slots=True)
class Invocation:
    """What an invocation's greenlets share: at which call of DynamoDB its process dies, if it does."""

    fuse: int = 0

    def burns(self) -> bool:
        """Count a call; whether the process dies at it."""
        self.fuse -= 1
        return self.fuse == 0


class Answer(FunctionAnswer):
    """A function's answer with its value as it is: what JSON does to it is not simulated."""

    given: Any

    @classmethod
    def of(cls, value: Any) -> Self:
        """Return the answer of a function that returned."""
        answer = cls(200, b"")
        object.__setattr__(answer, "given", value)
        return answer

    @property
    def value(self) -> Any:
        """What the function returned."""
        return self.given


@dataclass(slots=True)
class Function:
    """One function: ``make`` makes what an environment holds, a handler."""

    name: str
    make: Callable[[], Handler]
    growth: Bucket
    idle: list[Handler] = field(default_factory=list)


class Lambda:
    """The functions of one account."""

    def __init__(self, timeline: Timeline, scenario: Scenario) -> None:
        self._timeline = timeline
        self._scenario = scenario
        self._functions: dict[str, Function] = {}
        self._requests = Bucket(_REQUESTS_AN_ENVIRONMENT * scenario.lambda_concurrency)
        self._running = 0
        self._number = 0
        self.most_at_once = 0
        self.counts: Counter[str] = Counter()
        self.seconds: defaultdict[str, float] = defaultdict(float)

    def add(self, name: str, make: Callable[[], Handler], warm: int) -> None:
        """Add a function that has so many environments ready."""
        per_10_s = self._scenario.environments_per_10_s
        function = Function(name, make, Bucket(per_10_s / 10, per_10_s))
        function.idle = [make() for _ in range(warm)]
        self._functions[name] = function

    def invoke(self, name: str, event: Any) -> FunctionAnswer:
        """Invoke a function and return Lambda's answer."""
        self._timeline.wait(_INVOKE_SECONDS)
        function = self._functions[name]
        handler = self._environment(function)
        if handler is None:
            self.counts[f"{name} throttled"] += 1
            return FunctionAnswer(_HTTP_THROTTLED, b"", error_type="TooManyRequestsException")
        self._number += 1
        self.counts[f"{name} invoked"] += 1
        self._running += 1
        self.most_at_once = max(self.most_at_once, self._running)
        began = self._timeline.now
        try:
            return self._answered(function, handler, event)
        finally:
            self._running -= 1
            self.seconds[name] += self._timeline.now - began

    def _environment(self, function: Function) -> Handler | None:
        now = self._timeline.now
        if self._running >= self._scenario.lambda_concurrency or not self._requests.take(1, now):
            return None
        if function.idle:
            return function.idle.pop()
        if not function.growth.take(1, now):
            return None
        self.counts[f"{function.name} cold"] += 1
        self._timeline.wait(self._scenario.cold_seconds)
        return function.make()

    def _answered(self, function: Function, handler: Handler, event: Any) -> FunctionAnswer:
        current = getcurrent()
        current.invocation = Invocation(self._fuse())
        try:
            value = handler(event, f"request-{self._number}")
        except Died:
            self.counts[f"{function.name} died"] += 1
            return FunctionAnswer(200, b'{"errorType": "Runtime.ExitError"}', function_error="Unhandled")
        except Exception as error:  # noqa: BLE001 - Lambda tells of it, whatever it is
            self.counts[f"{function.name} raised"] += 1
            function.idle.append(handler)
            body = f'{{"errorType": "{type(error).__name__}", "errorMessage": ""}}'
            return FunctionAnswer(200, body.encode(), function_error="Unhandled")
        finally:
            current.invocation = None
        function.idle.append(handler)
        return Answer.of(value)

    def _fuse(self) -> int:
        # Half of what dies does so in a tool, the other half as it asks DynamoDB for something.
        dies = random.random() < self._scenario.crashes / 2  # noqa: S311 - a model
        return random.randint(1, _LAST_CALL) if dies else 0  # noqa: S311 - as above
