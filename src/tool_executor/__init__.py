"""Tool Executor's client: asks a deployment, on AWS or on this machine, to run tools."""
