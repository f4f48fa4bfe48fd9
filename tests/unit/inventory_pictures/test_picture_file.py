"""Pictures as files: their formats, and that they are whole."""

from __future__ import annotations

import struct
from pathlib import Path
from typing import TYPE_CHECKING
from xml.etree import ElementTree as ET

import pytest

from tests.unit.inventory_pictures.answers import answers
from tool_executor.inventory_pictures import UnknownFormatError, draw_product, format_of, save_picture

if TYPE_CHECKING:
    from matplotlib.figure import Figure


@pytest.fixture
def figure() -> Figure:
    return draw_product(*answers(unit="--a<b>&\x07\n"))


def test_a_png_is_one_of_1200_by_800(figure: Figure, tmp_path: Path) -> None:
    file = tmp_path / "picture.PNG"
    save_picture(figure, file)
    content = file.read_bytes()
    assert content[:8] == b"\x89PNG\r\n\x1a\n"
    assert struct.unpack(">II", content[16:24]) == (1200, 800)
    assert len(content) > 30_000


def test_an_svg_is_xml_whatever_the_unit_is_called(figure: Figure, tmp_path: Path) -> None:
    file = tmp_path / "picture.svg"
    save_picture(figure, file)
    root = ET.fromstring(file.read_text(encoding="utf-8"))  # noqa: S314 - our own
    assert root.tag == "{http://www.w3.org/2000/svg}svg"
    assert sum(1 for _ in root.iter("{http://www.w3.org/2000/svg}path")) > 100


@pytest.mark.parametrize("suffix", ["png", "svg"])
def test_the_same_answers_make_the_same_file(suffix: str, tmp_path: Path) -> None:
    one, other = tmp_path / f"one.{suffix}", tmp_path / f"other.{suffix}"
    for file in (one, other):
        save_picture(draw_product(*answers()), file)
    assert one.read_bytes() == other.read_bytes()


def test_a_picture_is_replaced_and_nothing_else_is_left(figure: Figure, tmp_path: Path) -> None:
    file = tmp_path / "picture.png"
    file.write_text("what was there", encoding="utf-8")
    save_picture(figure, file)
    assert file.read_bytes()[:4] == b"\x89PNG"
    assert list(tmp_path.iterdir()) == [file]


def test_where_drawing_fails_what_was_there_stays(
    figure: Figure, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(partial: Path, **_how: object) -> None:
        partial.write_bytes(b"half a picture")
        raise OSError(28, "No space left on device", str(partial))

    file = tmp_path / "picture.png"
    file.write_text("what was there", encoding="utf-8")
    monkeypatch.setattr(figure, "savefig", fail)
    with pytest.raises(OSError, match="No space left"):
        save_picture(figure, file)
    assert [one.read_text(encoding="utf-8") for one in tmp_path.iterdir()] == ["what was there"]


@pytest.mark.parametrize("name", ["picture.gif", "picture", ".png", "picture.png.txt"])
def test_another_format_is_refused_with_the_list_of_those_there_are(name: str) -> None:
    with pytest.raises(UnknownFormatError) as refused:
        format_of(Path(name))
    assert refused.value.hint is not None
    assert ".png or .svg" in refused.value.hint
