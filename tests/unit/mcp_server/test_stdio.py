"""Standard input, line by line, from a thread that the end of the program does not wait for."""

from __future__ import annotations

import asyncio
import os

from tool_executor.mcp_server.stdio import InputLines


def lines_of(*chunks: bytes, close: bool = True) -> list[str]:
    async def read() -> list[str]:
        reading, writing = os.pipe()
        lines = InputLines(reading, asyncio.get_running_loop())
        lines.start()
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

    return asyncio.run(read())


def test_lines_come_whole_however_they_were_sent_and_the_last_needs_no_newline() -> None:
    assert lines_of(b'{"a"', b": 1}\n{}\n{", b"}") == ['{"a": 1}', "{}", "{}"]


def test_what_is_no_utf_8_is_read_all_the_same() -> None:
    assert lines_of(b"\xff\n") == ["\N{REPLACEMENT CHARACTER}"]


def test_the_server_can_end_the_lines_while_the_client_holds_its_side_open() -> None:
    assert lines_of(b"{}\n{", close=False) == ["{}"]


def test_a_descriptor_that_is_closed_is_the_end() -> None:
    async def read() -> list[str]:
        reading, writing = os.pipe()
        os.close(writing)
        os.close(reading)
        lines = InputLines(reading, asyncio.get_running_loop())
        lines.start()
        return [line async for line in lines]

    assert asyncio.run(read()) == []
