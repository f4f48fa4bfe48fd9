"""What the site needs of pages that are written to be read in the repository, too."""  # noqa: INP001 - not a package

from __future__ import annotations

import re

_INTO_REPOSITORY = re.compile(r"\[([^\]]+)\]\((?:\.\./)+(?!adr/)[^)]*\)")
_ROLE = re.compile(r":(?:attr|class|func|meth):<code>~?([^<]*)</code>")


def on_page_markdown(markdown: str, *, page: object, **_given: object) -> str:
    """Keep the words of links that leave this folder: the site does not hold the repository's files."""
    del page
    return _INTO_REPOSITORY.sub(r"\1", markdown)


def on_page_content(html: str, **_given: object) -> str:
    """Show what docstrings refer to as code, and the colon before an example once."""
    return _ROLE.sub(r"<code>\1</code>", html).replace("::</p>", ":</p>")
