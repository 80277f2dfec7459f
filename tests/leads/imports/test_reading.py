import contextlib
import csv
import gzip
import io
import re
import tracemalloc

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from leads.imports.encoding import UnreadableFile
from leads.imports.reading import MAX_COLUMNS, open_table
from leads.imports.records import MAX_CELL, MAX_LINES, MAX_ROW
from tests.conftest import FULL


@pytest.fixture
def send(tmp_path):
    """Return a function that opens the bytes or text as a table."""

    def opened(content, encoding="utf-8"):
        path = tmp_path / "sent.csv"
        path.write_bytes(content if isinstance(content, bytes) else content.encode(encoding))
        return open_table(path)

    return opened


UNREADABLE = {
    "empty": (b"", "empty"),
    "only blank lines": (b"\n\r\n  \n", "empty"),
    "only a mark": ("\ufeff".encode(), "no header"),
    "header only": (b"a,b\n", "no rows under it"),
    "header and blank lines": (b"a,b\n\n\n", "no rows under it"),
    "workbook named csv": (b"PK\x03\x04" + bytes(100), "Excel workbook"),
    "old workbook": (b"\xd0\xcf\x11\xe0" + bytes(100), "old Excel"),
    "gzip": (gzip.compress(b"a,b\n1,2\n"), "gzip"),
    "pdf": (b"%PDF-1.7\n", "PDF"),
    "web page": (b"  <!DOCTYPE html><html>", "web page"),
    "utf-32": ("a,b\n1,2\n".encode("utf-32"), "UTF-32"),
    "picture": (bytes(range(256)) * 20, "not text"),
    "empty name": (b"a,,c\n1,2,3\n", "Column 2 of the header has no name"),
    "blank name": (b"a,b, \n1,2,3\n", "Column 3 of the header has no name"),
    "repeated name": (b"Id,Name, Id\n1,2,3\n", 'Columns 1 and 3 are both called "Id"'),
    "excel's width": (
        ",".join(f"c{n}" for n in range(16_384)).encode() + b"\n1\n",
        f"16384 columns, at most {MAX_COLUMNS}",
    ),
    "open quote in header": (b'a,"b\n1,2\n3,4\n', "never closed"),
    "endless header": (b"a" * (MAX_ROW + 5) + b"\n1\n", "header is too long"),
    "NUL in header": (b"a,b\0\n1,2\n", "Save the file as CSV"),
}


@pytest.mark.parametrize(("content", "sentence"), UNREADABLE.values(), ids=UNREADABLE)
def test_what_is_no_table_is_refused_with_a_sentence(send, content, sentence):
    with pytest.raises(UnreadableFile, match=sentence) as refused:
        send(content)
    assert str(refused.value).endswith((".", "?"))


SPELLED = "Id;Name\n1;Müller\n2;Žižek\n"
LATIN = "Id;Name\n1;Müller\n2;Straße – 5 €\n"


@pytest.mark.parametrize(
    ("text", "codec", "expected"),
    [
        (SPELLED, "utf-8", "utf-8"),
        (SPELLED, "utf-8-sig", "utf-8-sig"),
        (SPELLED, "utf-16", "utf-16"),
        ("\ufeff" + SPELLED, "utf-16-be", "utf-16"),
        (SPELLED, "utf-16-le", "utf-16-le"),
        (SPELLED, "utf-16-be", "utf-16-be"),
        (LATIN, "cp1252", "cp1252"),
        ("Id;Name\n1;plain\n2;text\n", "ascii", "utf-8"),
    ],
)
def test_encodings_are_recognised(send, text, codec, expected):
    table = send(text, codec)
    assert table.encoding == expected
    assert table.header == ["Id", "Name"]
    names = [line.split(";")[1] for line in text.splitlines()[1:]]
    assert [row.cells[1] for row in table.rows()] == names


def test_the_first_umlaut_far_down_decides_the_encoding(send):
    rows = "".join(f"{n};plain\n" for n in range(200_000))
    table = send(("Id;Name\n" + rows + "x;Müller\n").encode("cp1252"))
    assert table.encoding == "cp1252"


def test_one_damaged_byte_costs_one_row_and_not_every_umlaut(send):
    table = send("Id;Name\n1;Müller\n2;J\udcf6rg\n3;Zoë\n".encode("utf-8", "surrogateescape"))
    first, damaged, last = table.rows()
    assert table.encoding == "utf-8"
    assert (first.cells, last.cells) == (["1", "Müller"], ["3", "Zoë"])
    assert "bytes that are no letters" in damaged.problem
    assert damaged.raw == "2;J\ufffdrg\n"


@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_delimiters_and_line_ends_are_recognised(send, delimiter, end):
    lines = [["Id", "Note", "Size"], ["1", '"a, b; c\td"', "2,5"], ["2", "x", "3.500"]]
    if delimiter == ",":
        lines[1][2] = '"2,5"'
    table = send(end.join(delimiter.join(line) for line in lines) + end)
    assert table.delimiter == delimiter
    assert [row.cells for row in table.rows()] == [["1", "a, b; c\td", "2,5"], ["2", "x", "3.500"]]


def test_the_delimiter_that_fits_the_rows_wins_over_the_one_in_a_name(send):
    assert send("Id;Name, first, last;Size\n1;x;2\n").delimiter == ";"


def test_a_line_that_names_the_delimiter_is_followed(send):
    table = send("sep=;\r\nId;a,b\r\n1;2\r\n")
    assert table.header == ["Id", "a,b"]
    assert next(table.rows()) == (1, 3, ["1", "2"], None, "1;2\r\n")


BROKEN_ROWS = {
    "too few cells": ("2,b\n", "has 2 cells, the header has 3"),
    "too many cells": ("2,b,c,d\n", "has 4 cells, the header has 3"),
    "quote never closed": ('2,"b,c\n', "never closed"),
    "text after a quote": ('2,"b"x,c\n', "Text follows a closing quote"),
    "nothing but delimiters": (",,\n", "Every cell of this row is empty"),
    "NUL": ("2,b\0,c\n", "NUL"),
    "long cell": ("2," + "b" * (MAX_CELL + 1) + ",c\n", "Cell 2 has 100001 characters"),
    "ten megabytes": ("2," + "b" * 10_000_000 + ",c\n", "longer than 1000000 characters"),
    "ten quoted megabytes": ('2,"' + "b" * 10_000_000 + '",c\n', "longer than 1000000 characters"),
}


@pytest.mark.parametrize(("bad", "sentence"), BROKEN_ROWS.values(), ids=BROKEN_ROWS)
@pytest.mark.parametrize("after", ["3,x,y\n4,x,y\n", '3,"x",y\n4,x,"y"\n'], ids=["plain", "quoted"])
def test_a_broken_row_is_reported_and_costs_no_other(send, bad, sentence, after):
    rows = list(send("a,b,c\n1,x,y\n" + bad + after).rows())
    assert [row.number for row in rows] == [1, 2, 3, 4]
    assert [row.line for row in rows] == [2, 3, 4, 5]
    assert [row.cells for row in rows if not row.problem] == [[n, "x", "y"] for n in "134"]
    assert sentence in rows[1].problem
    assert rows[1].cells is None
    assert rows[1].raw == bad[: MAX_ROW + 1].replace("\0", "␀")


def test_a_quote_open_to_the_end_of_a_long_file_costs_one_row(send):
    rows = list(send('a,b\n1,"x\n' + "".join(f"{n},y\n" for n in range(2, 5_000))).rows())
    assert [row.number for row in rows if row.problem] == [1]
    assert len(rows) == 4_999


def test_a_quote_that_swallowed_rows_gives_them_back(send):
    rows = list(send('a,b,c\n1,"x,y\n2,x,y\n3,x,y"\n4,x,y\n').rows())
    assert [bool(row.problem) for row in rows] == [True, False, False, False]
    assert rows[0].raw == '1,"x,y\n'


def test_a_ragged_row_over_several_lines_is_one_row(send):
    rows = list(send('a,b\n1,"x\ny",z\n2,x\n').rows())
    assert [row.line for row in rows] == [2, 4]
    assert rows[0].raw == '1,"x\ny",z\n'
    assert "has 3 cells" in rows[0].problem


def test_empty_lines_are_no_rows_but_count_as_lines(send):
    rows = list(send("\na,b\n\n1,x\n\n\n2,y\n").rows())
    assert [(row.number, row.line) for row in rows] == [(1, 4), (2, 7)]


def test_a_quote_reaches_over_a_thousand_lines_and_no_more(send):
    def rows_of(lines):
        return list(send('a,b\n1,"' + "x\n" * lines + 'z"\n2,y\n').rows())

    assert len(rows_of(MAX_LINES - 2)) == 2
    assert len(rows_of(MAX_LINES)) > MAX_LINES


def test_reading_goes_on_after_a_row(send):
    table = send('a,b\n1,"x\ny"\nbroken\n3,z\n4,z\n')
    rows = list(table.rows())
    assert [row.number for row in rows] == [1, 2, 3, 4]
    for done in range(5):
        assert list(table.rows(after=done)) == rows[done:]


def test_memory_does_not_grow_with_the_file(tmp_path):
    path = tmp_path / "long.csv"
    with path.open("w") as file:
        file.write("a,b,c\n")
        file.writelines(f'{n},"some text",more text\n' for n in range(150_000))
    tracemalloc.start()
    try:
        assert sum(1 for _row in open_table(path).rows()) == 150_000
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert peak < 4 * 1024 * 1024


# A file full of control characters is no text, and refused as a whole.
LETTERS = st.characters(exclude_categories=["Cs", "Cc"], include_characters="\t\r\n")
LATIN_LETTERS = st.characters(
    codec="cp1252", exclude_categories=["Cc"], include_characters="\t\r\n"
)
CELL = {"cp1252": st.text(LATIN_LETTERS, max_size=12)}
SHAPES = st.tuples(
    st.sampled_from(["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "cp1252"]),
    st.sampled_from([",", ";", "\t"]),
    st.sampled_from(["\n", "\r\n", "\r"]),
    st.sampled_from([csv.QUOTE_MINIMAL, csv.QUOTE_ALL]),
)


@given(data=st.data(), shape=SHAPES, width=st.integers(2, 5))
@settings(max_examples=150 if FULL else 60, deadline=None)
def test_what_a_csv_writer_writes_is_read_back_equal(tmp_path_factory, data, shape, width):
    encoding, delimiter, end, quoting = shape
    cell = CELL.get(encoding, st.text(LETTERS, max_size=12))
    if encoding.startswith("utf-16"):
        cell = cell.filter(lambda text: "\ufffd" not in text)
    if quoting == csv.QUOTE_MINIMAL:  # this writer quotes only the line end it writes itself
        cell = cell.filter(lambda text: not {"\r", "\n"}.difference(end).intersection(text))
    row = st.lists(cell, min_size=width, max_size=width).filter(any)
    written = data.draw(st.lists(row, min_size=1, max_size=6))
    header = [f"column {n}" for n in range(width)]
    out = io.StringIO(newline="")
    csv.writer(out, delimiter=delimiter, lineterminator=end, quoting=quoting).writerows(
        [header, *written]
    )
    path = tmp_path_factory.mktemp("round") / "trip.csv"
    text = out.getvalue()
    if encoding == "cp1252":
        text = text.replace(header[0], "Grüße", 1)
        header[0] = "Grüße"
    path.write_bytes(text.encode(encoding))
    table = open_table(path)
    if encoding != table.encoding:
        # Random characters can look like another encoding only where no mark names the right one.
        assert encoding in ("utf-16-le", "utf-16-be", "cp1252")
        return
    assert table.header == header
    assert table.delimiter == delimiter
    assert [row.cells for row in table.rows()] == written


@given(st.text(st.sampled_from('ab,;\t"\n\r\0é '), max_size=80))
@settings(max_examples=400 if FULL else 160, deadline=None)
def test_whatever_stands_in_a_file_every_character_of_it_is_in_some_row(tmp_path_factory, text):
    path = tmp_path_factory.mktemp("fuzz") / "any.csv"
    path.write_bytes(("h1,h2\nx,y\n" + text).encode())
    rows = list(open_table(path).rows())
    kept = "".join(row.raw for row in rows).replace("␀", "\0")
    assert re.sub(r"[\r\n]", "", kept) == "x,y" + re.sub(r"[\r\n]", "", text)
    assert [row.number for row in rows] == list(range(1, len(rows) + 1))
    assert all((row.cells is None) != (row.problem is None) for row in rows)
    assert all(len(row.cells) == 2 for row in rows if row.cells)


@given(st.binary(max_size=200))
@settings(max_examples=300 if FULL else 120, deadline=None)
def test_no_bytes_crash_the_reader(tmp_path_factory, content):
    path = tmp_path_factory.mktemp("fuzz") / "any.csv"
    path.write_bytes(content)
    with contextlib.suppress(UnreadableFile):
        assert list(open_table(path).rows())
