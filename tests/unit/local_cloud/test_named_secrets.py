"""Secrets that the environment names for a local cloud."""

from __future__ import annotations

from typing import Any

from tool_executor.local.named_secrets import put_named_secrets


class FakeParameterStore:
    def __init__(self) -> None:
        self.put: dict[str, tuple[str, str]] = {}

    def put_parameter(self, *, Name: str, Value: str, Type: str, **_options: Any) -> None:  # noqa: N803 - AWS's
        self.put[Name] = (Value, Type)


def test_variables_become_named_secrets_and_their_origins_and_nothing_else_does() -> None:
    store = FakeParameterStore()
    put_named_secrets(
        store,
        "dev",
        {
            "TOOL_EXECUTOR_SECRET_SHOP__LOGIN": "correct horse",
            "TOOL_EXECUTOR_ORIGINS_SHOP__LOGIN": "https://shop.example",
            "TOOL_EXECUTOR_SECRET_EMPTY": "",
            "TOOL_EXECUTOR_STAGE": "dev",
        },
    )

    assert store.put == {
        "/tool-executor/dev/secrets/shop/login": ("correct horse", "SecureString"),
        "/tool-executor/dev/secret-origins/shop/login": ("https://shop.example", "String"),
    }
