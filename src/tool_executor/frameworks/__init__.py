"""An executor's tools for agent frameworks: Strands, and LangChain with LangGraph.

Each needs its extra, ``strands`` or ``langchain``, and is imported when first asked for.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from tool_executor.frameworks.langchain import tools_for_langchain
    from tool_executor.frameworks.strands import tools_for_strands

_HOMES = {
    "tools_for_langchain": "tool_executor.frameworks.langchain",
    "tools_for_strands": "tool_executor.frameworks.strands",
}

__all__ = ["tools_for_langchain", "tools_for_strands"]


def __getattr__(name: str) -> Any:  # noqa: ANN401 - a module's attribute is any value
    home = _HOMES.get(name)
    if home is None:
        message = f"module {__name__!r} has no attribute {name!r}"
        raise AttributeError(message)
    value = globals()[name] = getattr(import_module(home), name)
    return value


def __dir__() -> list[str]:
    return __all__
