"""The command line: ``tool-executor``."""
