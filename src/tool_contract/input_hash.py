"""What tells whether two calls with one idempotency key mean the same: a hash of the tool's name and the input."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

from tool_contract import strict_json
from tool_contract.secret_fields import without_one_time_names

if TYPE_CHECKING:
    from collections.abc import Sequence


def input_hash(tool_name: str, tool_input: object, fallback_inputs: Sequence[object] = ()) -> str:
    """Return the hash of a call. ``fallback_inputs`` are those that are not the request's own words alone."""
    # A one-time secret has another name each time: the caller's word that two calls are one covers it.
    said = without_one_time_names([tool_name, tool_input, *([list(fallback_inputs)] if fallback_inputs else [])])
    return hashlib.sha256(strict_json.canonical(said).encode()).hexdigest()
