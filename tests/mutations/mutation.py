"""A mutation: one deliberate fault in the product's code, and the tests that must notice it."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from tests.mutations.trials import BadList, DoesNotApply

if TYPE_CHECKING:
    from collections.abc import Mapping

_FOLDER: Final = Path(__file__).parent

#: What a mutation breaks: a promise that the project was built on, or else what docs/semantics.md says.
PROMISES: Final = {
    "P1": "An accepted execution ends in time, and says how.",
    "P2": "A call has one terminal record, written once, never changed.",
    "P3": "A call whose success is stored is not run again.",
    "P4": "What may have had an effect is repeated only where the tool's marks allow it.",
    "P5": "A candidate is attempted at most 1 + max_retries times, by one layer, and the count is true.",
    "P6": "What cannot succeed on a second try is tried once.",
    "P7": "An answer that is not fresh, or not of the first choice, is marked.",
    "P8": "One call's fate does not change another's, and results keep the order of the calls.",
    "P9": "A large result comes whole, with its hash checked, or as an error.",
    "P10": "A secret that is given by reference is written down nowhere, and gone with its execution.",
    "P11": "The browser reaches no address that is not public, unless allowed by name, and no scheme but http(s).",
    "P12": "A caller calls what its policy allows, no more than it allows, and sees no other caller's answers.",
    "metrics": "What docs/observability.md says of metrics, logs and traces.",
    "agents": "What docs/mcp.md and docs/agents.md say of what agents may use, and of what they are told.",
    "page": "What docs/ui.md says of who may use the page, and of what it shows.",
    "docs": "What docs/semantics.md says of sequences, waits, keys, the cache, the breaker and the retry budget.",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Mutation:
    """`old` becomes `new` in `file`, and each of `tests` must fail. `why` says what would befall a user.

    `promise` is a key of PROMISES. `count` is how often `old` stands in the file; with `through`, all from `old` to the
    end of that text is replaced.
    """

    name: str
    promise: str
    why: str
    file: str
    old: str
    new: str
    tests: tuple[str, ...]
    count: int = 1
    through: str = ""

    @classmethod
    def from_table(cls, table: Mapping[str, Any]) -> Mutation:
        """Return the mutation of a `[[mutation]]` table. Raises BadList."""
        try:
            return cls(**{**table, "tests": tuple(table["tests"])})
        except (KeyError, TypeError) as error:
            raise BadList(f"The mutation {table.get('name')!r} is incomplete or misspelt: {error}.") from error

    def applied(self, text: str) -> str:
        """Return the file's text with the fault in it. Raises DoesNotApply."""
        found = text.count(self.old)
        if found != self.count:
            raise DoesNotApply(f"{self.file} holds the old text {found} times, not {self.count}")
        if not self.through:
            return text.replace(self.old, self.new)
        before, _, after = text.partition(self.old)
        _, end, rest = after.partition(self.through)
        if not end:
            raise DoesNotApply(f"{self.file} does not hold the text through which to replace")
        return before + self.new + rest


def load_mutations(folder: Path = _FOLDER) -> tuple[Mutation, ...]:
    """Return all mutations of the `*.toml` files in a folder. Raises BadList."""
    tables = (table for file in sorted(folder.glob("*.toml")) for table in _tables(file))
    return tuple(Mutation.from_table(table) for table in tables)


def _tables(file: Path) -> list[dict[str, Any]]:
    try:
        tables: list[dict[str, Any]] = tomllib.loads(file.read_text(encoding="utf-8"))["mutation"]
    except (tomllib.TOMLDecodeError, KeyError) as error:
        raise BadList(f"{file.name} is no list of mutations: {error}.") from error
    return tables
