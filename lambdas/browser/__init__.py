"""The tool group ``browser``: nine tools that drive a page, one session per sequence."""
