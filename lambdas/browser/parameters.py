"""The types of the tools' parameters: what a model reads of each, and what is refused before a browser is asked."""

from __future__ import annotations

from typing import Annotated, Final

from pydantic import Field

from tool_contract.secret import X_PLAIN_TEXT, SecretRef

MAX_WAIT_MS: Final = 60_000

Url = Annotated[
    str,
    Field(
        min_length=1,
        max_length=2_000,
        description="Where to go: http or https, no user name or password in it, ports 80 and 443 only.",
    ),
]
Selector = Annotated[
    str,
    Field(
        min_length=1,
        max_length=1_000,
        pattern=r"\S",
        description=(
            "Must match exactly one element. CSS (`#login`, `input[name=email]`), `text=Sign in`, "
            '`role=button[name="Sign in"]` or `xpath=//form//button`. `iframe#pay >>> #card` looks inside a frame. '
            "get_page_state lists selectors that work."
        ),
    ),
]
Text = Annotated[
    str,
    Field(
        max_length=10_000,
        description=(
            "What to type; it replaces what the field holds. Keys in braces: {Enter}, {Tab}, {Escape}, {ArrowDown}, "
            "{Ctrl+A}; {{ is a brace. In a drop-down list the option of this name is chosen."
        ),
        json_schema_extra={X_PLAIN_TEXT: True},
    ),
]
TypedText = Annotated[
    Text | SecretRef,
    Field(
        description=(
            'Text, or a secret by reference: {"secret_ref": "name"}. A password field takes a secret only, '
            "and a named secret is typed at the origins that it is kept for."
        )
    ),
]
ClickRetries = Annotated[
    int, Field(ge=0, le=10, description="How often the dry run is repeated; the click itself happens once.")
]
Force = Annotated[
    bool, Field(description="Click even if the element is covered, moving or disabled: where it is, without a dry run.")
]
WaitMs = Annotated[int, Field(ge=1, le=MAX_WAIT_MS, description="How long to wait, in milliseconds.")]
UrlPattern = Annotated[
    str,
    Field(
        min_length=1,
        max_length=500,
        description="A regular expression that the page's address must match somewhere, e.g. `.*dashboard.*`.",
    ),
]
Origin = Annotated[
    str,
    Field(
        min_length=1,
        max_length=300,
        description="Type only if the field belongs to this origin, e.g. `https://shop.example`.",
    ),
]
