"""Standard input, line by line, from a thread that the end of the program does not wait for."""

from __future__ import annotations

import asyncio
import os
from typing import TYPE_CHECKING

import pytest

from tool_executor.mcp_server.input_lines import InputLines, refusal_of

if TYPE_CHECKING:
    from mcp_types import JSONRPCError

PING = '{"jsonrpc":"2.0","id":1,"method":"ping"}'


def read(*chunks: bytes, close: bool = True) -> tuple[list[str], list[JSONRPCError]]:
    """Return the messages and the answers to what was none."""
    answered: list[JSONRPCError] = []

    async def answer(refusal: JSONRPCError) -> None:
        answered.append(refusal)

    async def lines_of() -> list[str]:
        reading, writing = os.pipe()
        lines = InputLines(reading, asyncio.get_running_loop())
        lines.start(answer)
        for chunk in chunks:
            os.write(writing, chunk)
            await asyncio.sleep(0.01)
        if close:
            os.close(writing)
        else:
            lines.end()
        try:
            return [line async for line in lines]
        finally:
            if not close:
                os.close(writing)

    return asyncio.run(lines_of()), answered


def test_messages_come_whole_however_they_were_sent_and_the_last_needs_no_newline() -> None:
    text = PING.encode()
    assert read(text[:7], text[7:] + b"\n" + text + b"\n\n" + text[:3], text[3:]) == ([PING, PING, PING], [])


def test_a_line_that_is_no_message_is_answered_and_the_next_one_is_taken() -> None:
    messages, (refusal,) = read(b"\xff\n" + PING.encode() + b"\n")
    assert messages == [PING]
    assert (refusal.id, refusal.error.code) == (None, -32700)


@pytest.mark.parametrize(
    ("line", "id_", "code"),
    [
        ('{"jsonrpc":"2.0","id":7,"method":"tools/call","params":{"text":"\\ud800"}}', 7, -32700),
        ('{"jsonrpc":"2.0","id":"a","params":{}}', "a", -32600),
        ('{"jsonrpc":"2.0","id":true}', None, -32600),
        ("[]", None, -32600),
        ("[" * 5000, None, -32700),
    ],
)
def test_an_answer_has_the_id_that_the_line_seems_to_have_so_that_nobody_waits_for_one(
    line: str, id_: object, code: int
) -> None:
    refusal = refusal_of(line)
    assert refusal is not None
    assert (refusal.id, refusal.error.code) == (id_, code)


def test_the_server_can_end_the_lines_while_the_client_holds_its_side_open() -> None:
    assert read(PING.encode() + b"\n{", close=False) == ([PING], [])


def test_a_descriptor_that_is_closed_is_the_end() -> None:
    async def lines_of() -> list[str]:
        reading, writing = os.pipe()
        os.close(writing)
        os.close(reading)
        lines = InputLines(reading, asyncio.get_running_loop())
        lines.start(lambda _: asyncio.sleep(0))
        return [line async for line in lines]

    assert asyncio.run(lines_of()) == []
