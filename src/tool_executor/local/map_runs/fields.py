"""A Distributed Map's fields evaluated, within AWS's limits."""

from __future__ import annotations

import re
from typing import Any, Final

from tool_executor.local.moto_patches.jsonata_evaluation import evaluate_in, query_error

#: As many children at once as AWS runs; MaxConcurrency 0 is no limit of the map's own.
MOST_CHILDREN: Final = 10_000
_EXPRESSION: Final = re.compile(r"\{%(.*)%\}", re.DOTALL)


def evaluated(value: Any, env: Any, field: str) -> Any:  # noqa: ANN401 - JSON is any value
    """Return a field's value with each expression in it evaluated. Raises moto's failure of a query."""
    if isinstance(value, dict):
        return {name: evaluated(child, env, field) for name, child in value.items()}
    if isinstance(value, list):
        return [evaluated(child, env, field) for child in value]
    found = _EXPRESSION.fullmatch(value) if isinstance(value, str) else None
    return value if found is None else evaluate_in(env, found.group(1), field)


def number(fields: dict[str, Any], name: str, env: Any, most: float, default: float | None) -> Any:  # noqa: ANN401
    """Return a number from 0 to `most`, whole unless it is a percentage."""
    if name not in fields:
        return default
    value = evaluated(fields[name], env, name)
    whole = isinstance(value, int) or (isinstance(value, float) and name.endswith("Percentage"))
    if isinstance(value, bool) or not whole or not 0 <= value <= most:
        raise query_error(
            env,
            f"The JSONata expression '{fields[name]}' specified for the field '{name}' returned an unexpected result. "
            f"Expected a number from 0 to {most:g}, but was: {str(value)[:100]}",
        )
    return value
