"""Files with a call a line, however they were written."""

from __future__ import annotations

import io
from pathlib import Path

import pytest

from tests.unit.bulk.bulk_lines import echo, jsonl, read
from tool_contract.limits import MAX_REQUEST_BYTES_BY_REFERENCE
from tool_executor.bulk import source
from tool_executor.bulk.source import lines_of, opened
from tool_executor.errors import RequestUnreadableError

CALLS = [echo("one"), echo("zwei ü")]


@pytest.mark.parametrize(
    "text",
    [
        jsonl(CALLS),
        jsonl(CALLS).rstrip(b"\n"),
        jsonl(CALLS, "\r\n"),
        b"\xef\xbb\xbf" + jsonl(CALLS),
        b"\xef\xbb\xbf" + jsonl(CALLS, "\r\n"),
        jsonl(CALLS, "  \n"),
    ],
    ids=["plain", "no last end", "windows", "bom", "bom and windows", "blanks"],
)
def test_the_calls_are_the_same_however_lines_end(text: bytes) -> None:
    lines = read(text)

    assert [line.value for line in lines] == CALLS
    assert [line.number for line in lines] == [1, 2]
    assert all(line.problem is None for line in lines)


def test_empty_lines_are_passed_over_and_counted() -> None:
    assert [line.number for line in read(b"\n\r\n" + jsonl(CALLS[:1]) + b"   \n\n" + jsonl(CALLS[1:]))] == [3, 6]


def test_an_empty_file_has_no_lines() -> None:
    assert read(b"") == read(b"\n\n") == read(b"\xef\xbb\xbf") == []


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (b"{broken", ""),
        (b'{"a": 1, "a": 2}', "a"),
        (b'{"a": NaN}', "NaN"),
        (b'{"a": "\xff"}', "UTF-8"),
        (jsonl(CALLS).replace(b"\n", b" "), ""),
    ],
    ids=["broken", "twice", "nan", "latin-1", "two on a line"],
)
def test_a_line_that_is_no_json_is_told_and_the_next_is_read(text: bytes, said: str) -> None:
    broken, good = read(text + b"\n" + jsonl(CALLS[:1]))

    assert broken.number == 1
    assert broken.problem is not None
    assert said in str(source.LineProblem(1, broken.problem))
    assert (good.number, good.value) == (2, CALLS[0])


def test_a_huge_line_is_told_without_being_held_and_the_next_is_read(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(source, "MAX_REQUEST_BYTES_BY_REFERENCE", 1_000)
    file = io.BytesIO(b"x" * 100_000 + b"\n" + jsonl(CALLS[:1]))
    huge, good = lines_of(file)

    assert huge.problem is not None
    assert f"{MAX_REQUEST_BYTES_BY_REFERENCE:,} bytes" in huge.problem.message
    assert (huge.number, good.number, good.value) == (1, 2, CALLS[0])


@pytest.mark.parametrize("length", [999, 1_000, 1_001, 1_002, 1_003, 2_004])
def test_a_line_of_any_length_near_the_limit_is_one_line(monkeypatch: pytest.MonkeyPatch, length: int) -> None:
    monkeypatch.setattr(source, "MAX_REQUEST_BYTES_BY_REFERENCE", 1_000)
    text = b'"' + b"x" * (length - 2) + b'"'
    for end in (b"\n", b"\r\n"):
        first, second = read(text + end + b"1\n")
        assert (first.problem is None) is (length <= 1_000)
        assert (first.number, second.number, second.value) == (1, 2, 1)


def test_a_file_that_is_not_there_is_a_sentence(tmp_path: Path) -> None:
    with pytest.raises(RequestUnreadableError, match="There is no file"), opened(str(tmp_path / "nowhere.jsonl")):
        pass


def test_a_folder_is_no_file(tmp_path: Path) -> None:
    with pytest.raises(RequestUnreadableError, match="cannot be read"), opened(str(tmp_path)):
        pass
