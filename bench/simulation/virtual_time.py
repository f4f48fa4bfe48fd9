"""A clock that jumps to whatever happens next. What waits is a greenlet: the code that waits need not know."""

from __future__ import annotations

from collections import deque
from heapq import heappop, heappush
from typing import TYPE_CHECKING, Any, Final, Self

from greenlet import getcurrent, greenlet

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

#: 2026-11-20T10:00:00Z, when every simulation begins.
EPOCH_MS: Final = 1_795_168_800_000


class Timeline:
    """Runs greenlets in the order of their times, each up to its next wait. Seconds, from 0."""

    def __init__(self) -> None:
        self.now = 0.0
        self._due: list[tuple[float, int, greenlet]] = []
        self._number = 0
        self._hub = getcurrent()

    def spawn(self, task: Callable[[], object], delay: float = 0.0) -> greenlet:
        """Have a task begin after a delay."""
        begun: greenlet = greenlet(task, self._hub)
        self._at(self.now + delay, begun)
        return begun

    def wait(self, seconds: float) -> None:
        """Let time pass for the greenlet that asks."""
        self._number += 1
        heappush(self._due, (self.now + seconds, self._number, getcurrent()))
        self._hub.switch()

    def park(self) -> None:
        """Wait until somebody wakes the greenlet that asks."""
        self._hub.switch()

    def wake(self, parked: greenlet) -> None:
        """Have a parked greenlet go on now."""
        self._at(self.now, parked)

    def run(self) -> None:
        """Run until nothing is due."""
        due = self._due
        while due:
            self.now, _, task = heappop(due)
            task.switch()

    def now_ms(self) -> int:
        """Return milliseconds since 1970."""
        return EPOCH_MS + int(self.now * 1000)

    def elapsed_ms(self) -> float:
        """Return milliseconds since the beginning."""
        return self.now * 1000

    def _at(self, when: float, task: greenlet) -> None:
        self._number += 1
        heappush(self._due, (when, self._number, task))


class Bucket:
    """Tokens that come back at a rate. Time is whatever the caller says it is, in seconds."""

    __slots__ = ("capacity", "level", "rate", "seen")

    def __init__(self, rate: float, capacity: float | None = None) -> None:
        self.rate = rate
        self.capacity = rate if capacity is None else capacity
        self.level = self.capacity
        self.seen = 0.0

    def take(self, number: float, now: float) -> bool:
        """Take tokens if there are as many."""
        level = min(self.capacity, self.level + (now - self.seen) * self.rate)
        self.seen = now
        if level < number:
            self.level = level
            return False
        self.level = level - number
        return True

    def delay(self, number: float, now: float) -> float:
        """Take tokens that may not be there yet; return in how many seconds they are."""
        self._refill(now)
        self.level -= number
        return max(0.0, -self.level / self.rate)

    def _refill(self, now: float) -> None:
        self.level = min(self.capacity, self.level + (now - self.seen) * self.rate)
        self.seen = now


class Future:
    """What a task of a :class:`Pool` comes to."""

    __slots__ = ("error", "value")

    def __init__(self) -> None:
        self.value: Any = None
        self.error: BaseException | None = None

    def result(self) -> Any:
        """Return the task's result, or raise what it raised. Only of a pool whose tasks have been run."""
        if self.error is not None:
            raise self.error
        return self.value


class Pool:
    """Stands in for ThreadPoolExecutor: its threads are greenlets, as many at once."""

    timeline: Timeline

    def __init__(self, workers: int) -> None:
        self._workers = workers
        self._tasks: deque[tuple[Callable[[], Any], Future]] = deque()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        """Do nothing: tasks are run where their results are asked for."""

    def submit(self, task: Callable[[], Any]) -> _Asked:
        """Put a task in line."""
        future = Future()
        self._tasks.append((task, future))
        return _Asked(self, future)

    def map(self, function: Callable[[Any], Any], values: Iterable[Any]) -> list[Any]:
        """Return a function's results for all values, in their order."""
        asked = [self.submit(lambda value=value: function(value)) for value in values]  # type: ignore[misc]
        return [each.result() for each in asked]

    def run(self) -> None:
        """Run all tasks in line, so many at once."""
        if len(self._tasks) == 1:
            self._work_off()
            return
        waiting, left = getcurrent(), min(self._workers, len(self._tasks))

        def work() -> None:
            nonlocal left
            self._work_off()
            left -= 1
            if not left:
                self.timeline.wake(waiting)

        if not left:
            return
        for _ in range(left):
            child = self.timeline.spawn(work)
            child.invocation = getattr(waiting, "invocation", None)
        self.timeline.park()

    def _work_off(self) -> None:
        while self._tasks:
            task, future = self._tasks.popleft()
            try:
                future.value = task()
            except BaseException as error:  # noqa: BLE001 - it is raised where the result is asked for
                future.error = error


class _Asked:
    """A future that has its pool's tasks run when it is asked."""

    __slots__ = ("_future", "_pool")

    def __init__(self, pool: Pool, future: Future) -> None:
        self._pool = pool
        self._future = future

    def result(self) -> Any:
        self._pool.run()
        return self._future.result()
