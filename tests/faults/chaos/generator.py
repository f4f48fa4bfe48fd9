"""Scenarios from seeds: the same seed always gives the same one."""

from __future__ import annotations

from copy import deepcopy
from random import Random
from typing import Any, Final

from tests.faults.chaos.fault_generator import draw_faults
from tests.faults.chaos.scenario import LEDGER, LONG_NOTE, NONCE, SECRET_NAME, Action, ActionKind, PlannedRun, Scenario

_TOOLS: Final = {"look": 20, "look_rarely": 8, "put_line": 36, "add_line": 36}
_SIZES: Final = (1, 1, 2, 2, 3, 3, 4, 5, 6, 8, 10, 12)
#: How a line's writing goes, by the fields of the tool's input.
_TROUBLES: Final[tuple[tuple[int, dict[str, Any]], ...]] = (
    (38, {}),
    (12, {"trouble": "unavailable", "troubled_attempts": 1}),
    (5, {"trouble": "unavailable", "troubled_attempts": 2}),
    (5, {"trouble": "unavailable"}),
    (5, {"trouble": "refuses_input"}),
    (2, {"trouble": "dies_before", "troubled_attempts": 1}),
    (1, {"trouble": "dies_before"}),
    (3, {"trouble": "dies_after", "troubled_attempts": 1}),
    (1, {"trouble": "dies_after"}),
    (1, {"trouble": "unavailable_after_death"}),
    (3, {"answers_nan": True}),
    (6, {"seconds": 4}),
    (16, {"seconds": 0.5}),
    (8, {"answer_size": 9_000}),
    (2, {"answer_size": 120_000}),
)


def scenario(seed: int) -> Scenario:
    """Return the scenario of a seed."""
    random = Random(seed)  # noqa: S311 - repeatable, no secret
    keys = {f"k{number}": _candidate(random, f"k{number}") for number in (1, 2)}
    runs = [_run(random, "a", keys)]
    if random.random() < 0.15:
        runs.append(_run(random, "b", keys, starts_after=random.choice([0, 0.5, 2])))
    # Drawn apart: a seed's scenario is otherwise what it was before there were secrets in it.
    _add_secrets(Random(f"secrets of {seed}"), runs)  # noqa: S311 - as above
    return Scenario(seed, tuple(runs))


def _add_secrets(random: Random, runs: list[PlannedRun]) -> None:
    """Give some calls and fallbacks a secret; not those that a key or the cache must find equal."""
    for planned in runs:
        for call in planned.request["calls"]:
            for candidate in (call, *call.get("fallbacks", [])):
                shared = "idempotency_key" in candidate or candidate["tool_name"] == "look_rarely"
                if random.random() < 0.3 and not shared:
                    candidate["input"]["password"] = {"secret_ref": SECRET_NAME}


def _run(random: Random, name: str, keys: dict[str, dict[str, Any]], starts_after: float = 0) -> PlannedRun:
    calls = [_call(random, f"c{number}", name, keys) for number in range(1, random.choice(_SIZES) + 1)]
    request: dict[str, Any] = {
        "calls": calls,
        "mode": random.choice(["parallel", "parallel", "sequence"]),
        "timeout_seconds": _weighed(random, ((60, 30), (20, 20), (20, random.choice([1, 2, 3, 4, 5, 8])))),
        **random.choice([{}, {}, {"max_concurrency": random.randint(1, 5)}]),
        **random.choice([{}, {"correlation_id": f"order-{random.randint(1, 9)}"}]),
    }
    refused = random.random() < 0.03
    if refused:
        random.choice(calls)["input"]["line"] |= {"seconds": "soon"}
    return PlannedRun(request, draw_faults(random, len(calls)), _actions(random), starts_after, refused=refused)


def _call(random: Random, call_id: str, run_name: str, keys: dict[str, dict[str, Any]]) -> dict[str, Any]:
    call = {"call_id": call_id, **_candidate(random, f"{run_name}-{call_id}"), **_policy(random)}
    if random.random() < 0.15:
        key = random.choice(list(keys))
        call["idempotency_key"] = f"{NONCE}-{key}"
        if random.random() < 0.85:  # else the key comes with another input
            call |= deepcopy(keys[key])
    if call["input"]["line"].get("seconds", 0) > 1:
        call["timeout_seconds"] = random.choice([1, 2])
    count = _weighed(random, ((72, 0), (20, 1), (8, 2)))
    if count:
        call["fallbacks"] = [
            {**_candidate(random, f"{run_name}-{call_id}-f{number}"), **_policy(random), "timeout_seconds": 2}
            for number in range(1, count + 1)
        ]
    return call | random.choice([{}, {}, {"use_cache": False}, {"metadata": {"row": 7}}, {"reasoning": "because"}])


def _candidate(random: Random, text: str) -> dict[str, Any]:
    tool_name = random.choices(list(_TOOLS), list(_TOOLS.values()))[0]
    if tool_name == "look_rarely":
        text = random.choice([text, "shared"])  # equal calls, for the cache
    note = {"note": LONG_NOTE} if random.random() < 0.06 else {}
    line = {"file": LEDGER, "text": text, **note, **_weighed(random, _TROUBLES)}
    return {"tool_name": tool_name, "input": {"line": line}}


def _policy(random: Random) -> dict[str, Any]:
    policy: dict[str, Any] = {"max_retries": _weighed(random, ((25, 0), (35, 1), (25, 2), (15, 3)))}
    if random.random() < 0.8:  # else the default's delays, which are longer
        policy["retry"] = {
            "initial_delay_seconds": random.choice([0.5, 1]),
            "max_delay_seconds": random.choice([1, 2]),
            "backoff": random.choice(["fixed", "exponential"]),
            "jitter": random.choice([0, 0.25, 1]),
        }
    return policy


def _actions(random: Random) -> tuple[Action, ...]:
    kind = _weighed(
        random,
        (
            (68, None),
            (9, ActionKind.STOP),
            (8, ActionKind.CANCEL),
            (9, ActionKind.START_AGAIN),
            (6, ActionKind.PLAN_AGAIN),
        ),
    )
    if kind is None:
        return ()
    return (Action(kind, random.choice([0.0, 0.1, 0.2, 0.4, 0.7, 1.0, 1.5, 2.0, 3.0])),)


def _weighed(random: Random, choices: tuple[tuple[int, Any], ...]) -> Any:
    return random.choices([value for _, value in choices], [weight for weight, _ in choices])[0]
