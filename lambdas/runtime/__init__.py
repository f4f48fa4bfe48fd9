"""What every function of this project shares; writing a tool needs :class:`~lambdas.runtime.tool_group.ToolGroup`."""
