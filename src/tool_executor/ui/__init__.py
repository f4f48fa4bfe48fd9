"""The page to look at: executions, calls, tools, figures and breakers of one deployment, in a browser on loopback."""
