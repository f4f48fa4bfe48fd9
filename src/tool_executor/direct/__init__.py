"""The direct route: this process plays the state machine's part, with the same planner, tools and finisher."""

from tool_executor.direct.route import DirectRoute

__all__ = ["DirectRoute"]
