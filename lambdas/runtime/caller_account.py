"""The account of a caller in the tool state table: which item it is, and what of it others than the planner know.

``caller#named#<name>`` is that of a caller with a policy of its own, ``caller#default`` that of all others together.
Its ``open`` holds, by execution id, the calls of executions that have not ended; each counts until its own ``until``.
"""

from __future__ import annotations

from typing import Final

DEFAULT_ACCOUNT: Final = "caller#default"
#: The attribute of an execution's own record that says in which account its calls stand as open.
ACCOUNT_ATTRIBUTE: Final = "caller_account"


def account_of(caller: str) -> str:
    """Return the id of the account of a caller with a policy of its own."""
    return f"caller#named#{caller}"
