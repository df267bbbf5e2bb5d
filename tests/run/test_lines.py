from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from run.lines import BrokenLine, FileUnreadable, Line, count_lines, read_lines

CSV = 'name,kind\nAnna,person\nBóris,"two\nlines"\nGood,company\n'


def a_file(tmp_path: Path, content: bytes, name: str = "clients.csv") -> Path:
    path = tmp_path / name
    path.write_bytes(content)
    return path


def numbers(path: Path) -> tuple[list[int], list[int]]:
    """The numbers of the good lines, and of the broken ones."""
    lines = list(read_lines(path))
    good = [line.number for line in lines if isinstance(line, Line)]
    return good, [line.number for line in lines if isinstance(line, BrokenLine)]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be"])
def test_a_csv_is_read_in_every_encoding(tmp_path: Path, encoding: str) -> None:
    lines = list(read_lines(a_file(tmp_path, CSV.encode(encoding))))

    assert lines == [
        Line(2, {"name": "Anna", "kind": "person"}),
        Line(3, {"name": "Bóris", "kind": "two\nlines"}),
        Line(5, {"name": "Good", "kind": "company"}),
    ]


@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
def test_a_csv_says_its_delimiter_itself(tmp_path: Path, delimiter: str) -> None:
    path = a_file(tmp_path, f"name{delimiter}kind\r\nAnna{delimiter}person\r\n".encode())

    assert list(read_lines(path)) == [Line(2, {"name": "Anna", "kind": "person"})]


@pytest.mark.parametrize("broken", ["Bad", "Bad,x,y", 'Bad,"open', '"Bad" x,y'])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-16"])
def test_a_broken_line_in_the_middle_spoils_no_other(tmp_path: Path, broken: str, encoding: str) -> None:
    text = f"name,kind\nAnna,person\n{broken}\nBo,person\nCy,person\n"

    assert numbers(a_file(tmp_path, text.encode(encoding))) == ([2, 4, 5], [3])


def test_a_byte_lost_in_utf_16_spoils_its_line_alone(tmp_path: Path) -> None:
    content = "name,kind\nAnna,person\nBad,person\nCy,person\n".encode("utf-16")
    place = content.find("Bad".encode("utf-16-le"))

    assert numbers(a_file(tmp_path, content[:place] + content[place + 1 :])) == ([2, 4], [3])


def test_bytes_that_are_no_utf_8_spoil_their_line_alone(tmp_path: Path) -> None:
    assert numbers(a_file(tmp_path, b"name,kind\nAnna,person\nB\xff,person\nCy,person\n")) == ([2, 4], [3])


def test_json_lines_are_read_and_numbers_kept_exact(tmp_path: Path) -> None:
    path = a_file(tmp_path, '\ufeff{"share": 0.1}\n\n{"name": "Zoë"}'.encode(), "x.jsonl")

    assert list(read_lines(path)) == [Line(1, {"share": Decimal("0.1")}), Line(3, {"name": "Zoë"})]


@pytest.mark.parametrize(
    "broken", ["{", "[1]", "3", '{"a": NaN}', '{"a": 1, "a": 2}', "[" * 100_000, '{"a": ' + "9" * 5000 + "}"]
)
def test_a_broken_json_line_is_reported_with_its_number(tmp_path: Path, broken: str) -> None:
    assert numbers(a_file(tmp_path, f'{{"a": 1}}\n{broken}\n{{"a": 2}}\n'.encode(), "x.jsonl")) == ([1, 3], [2])


def test_a_reason_repeats_nothing_of_the_line(tmp_path: Path) -> None:
    path = a_file(tmp_path, b'name,kind\nSecret Person,x,y\n"Secret\n')

    assert not any("Secret" in line.reason for line in read_lines(path) if isinstance(line, BrokenLine))


@pytest.mark.parametrize("content", [b"", b"\n\n", b"\xef\xbb\xbf"])
def test_an_empty_file_is_a_clear_error(tmp_path: Path, content: bytes) -> None:
    with pytest.raises(FileUnreadable, match="nothing in it"):
        read_lines(a_file(tmp_path, content))


def test_no_file_and_a_folder_are_clear_errors(tmp_path: Path) -> None:
    for path in (tmp_path / "none.csv", tmp_path):
        with pytest.raises(FileUnreadable):
            read_lines(path)


def test_csv_is_refused_where_only_json_is_taken(tmp_path: Path) -> None:
    with pytest.raises(FileUnreadable, match="JSON Lines"):
        read_lines(a_file(tmp_path, CSV.encode()), formats=("jsonl",))


def test_columns_are_named_once(tmp_path: Path) -> None:
    with pytest.raises(FileUnreadable, match="each once"):
        list(read_lines(a_file(tmp_path, b"name,name\na,b\n")))


def test_lines_are_counted_for_the_progress(tmp_path: Path) -> None:
    assert count_lines(a_file(tmp_path, b"a\nb\nc")) == 3
    assert count_lines(Path("-")) is None


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(content=st.binary(max_size=300), name=st.sampled_from(["x.csv", "x.jsonl", "x"]))
def test_any_bytes_are_read_or_refused_clearly(tmp_path: Path, content: bytes, name: str) -> None:
    try:
        for line in read_lines(a_file(tmp_path, content, name)):
            assert line.number >= 1
    except FileUnreadable:
        return
