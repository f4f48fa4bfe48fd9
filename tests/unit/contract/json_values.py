"""Arbitrary JSON values, and the values that JSON Schemas and parsers stumble over."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from hypothesis import strategies as st

if TYPE_CHECKING:
    from hypothesis.strategies import SearchStrategy

#: Values at the edges of types: numbers as text, dates that are none, booleans for integers.
AWKWARD: Final[tuple[Any, ...]] = (
    None, True, False, 0, 1, 2, -1, 5, 10, 1.0, 1.5, 2**53 - 1, 1e308, -0.0,
    "", " ", "a", "aa", "aaaa", "red", "5", "1.5", "true", "null", "\x00", "ä/~",
    "2026-02-28", "2026-02-30", "2026-02-28T00:00:00", "2026-02-28T10:00:00Z", "10:00:00", "25:00:00", "PT1H",
    "12345678-1234-5678-1234-567812345678",
    [], [1], ["a"], [1, "a"], [1, "a", "b"], [1, 2, 3], [None], [[1]], [{"a": 1}],
    {}, {"a": 1}, {"a": "x"}, {"a": 1, "b": "y"}, {"a": 1, "c": 3}, {"b": 1}, {"x": [{"a": 1}]},
    {"v": 1, "children": [{"v": 2, "children": []}]}, {"v": 1, "children": [{"w": 2}]}, {"int": "x"}, {"0": 0},
)  # fmt: skip

TEXTS: Final = st.text(st.characters(codec="utf-8"), max_size=12)
SCALARS: Final = (
    st.sampled_from([value for value in AWKWARD if not isinstance(value, (list, dict))])
    | st.integers(-(2**53) + 1, 2**53 - 1)
    | st.floats(allow_nan=False, allow_infinity=False)
    | TEXTS
)


def json_values(leaves: SearchStrategy[Any] = SCALARS, max_leaves: int = 12) -> SearchStrategy[Any]:
    """Return a strategy of JSON values, those that are awkward among them."""
    return st.sampled_from(AWKWARD) | st.recursive(
        leaves,
        lambda child: st.lists(child, max_size=4) | st.dictionaries(TEXTS, child, max_size=4),
        max_leaves=max_leaves,
    )
