"""Recognise how a file's bytes spell text, and refuse with a sentence what is no text at all."""

import codecs
import re
from pathlib import Path

from django.utils.translation import gettext as _

_HEAD = 64 * 1024  # bytes
_CHUNK = 1024 * 1024  # bytes
_ENOUGH = 1_000  # characters beyond ASCII after which the choice is made
_CONTROLS = bytes(set(range(32)) - set(b"\t\n\r\f\v"))

# What an undecodable byte becomes, for each encoding: see the error handlers in records.py.
_ESCAPED = re.compile("[\udc80-\udcff]")
_REPLACED = re.compile("\N{REPLACEMENT CHARACTER}")
DAMAGED = {
    "utf-8": _ESCAPED,
    "utf-8-sig": _ESCAPED,
    "cp1252": _ESCAPED,
    "utf-16": _REPLACED,
    "utf-16-le": _REPLACED,
    "utf-16-be": _REPLACED,
}


class UnreadableFile(ValueError):
    """The file cannot be read as a table; the message is a sentence that says what to do."""


def detect_encoding(path: Path) -> str:
    """Return the Python codec that reads the file. Raises UnreadableFile.

    The file is read until 1,000 characters beyond ASCII have been seen, so that one damaged byte,
    or the first umlaut far down, does not decide how every other row is read.
    """
    with path.open("rb") as file:
        head = file.read(_HEAD)
    _refuse_other_formats(head)
    if head.startswith(codecs.BOM_UTF8):
        return "utf-8-sig"
    if head.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return "utf-16"
    wide = _utf16_without_mark(head)
    if wide:
        return wide
    controls = len(head) - len(head.translate(None, _CONTROLS))
    if controls >= 8 and controls > len(head) / 10:
        raise UnreadableFile(
            _("The file is not text. Save the table as CSV (UTF-8) and send that file.")
        )
    return _utf8_or_cp1252(path)


def _refuse_other_formats(head: bytes) -> None:
    start = head.lstrip()[:9].lower()
    if not start:
        raise UnreadableFile(_("The file is empty. Send a CSV file with a header and rows."))
    if head.startswith(b"PK\x03\x04"):
        raise UnreadableFile(
            _(
                "The file is an Excel workbook or a zip archive, whatever its name says. "
                "Open it, save the sheet as CSV (UTF-8) and send that file."
            )
        )
    if head.startswith(b"\x1f\x8b"):
        raise UnreadableFile(
            _("The file is packed with gzip. Unpack it and send the CSV file inside.")
        )
    if head.startswith(b"\xd0\xcf\x11\xe0"):
        raise UnreadableFile(
            _("The file is an old Excel workbook. Save the sheet as CSV (UTF-8) and send that.")
        )
    if start.startswith((b"%pdf-", b"<html", b"<!doctype", b"<?xml")):
        raise UnreadableFile(_("The file is a PDF or a web page, not a table. Send a CSV file."))
    if head.startswith((codecs.BOM_UTF32_LE, codecs.BOM_UTF32_BE)):
        raise UnreadableFile(_("The file is in UTF-32. Save it as CSV (UTF-8) and send that file."))


def _utf16_without_mark(head: bytes) -> str | None:
    """Tell UTF-16 by its zero bytes: every second byte of Latin text is one."""
    pairs = len(head) // 2
    zero_first = head[0::2].count(0)
    zero_second = head[1::2].count(0)
    if pairs >= 4 and zero_second > pairs * 0.4 and zero_first < pairs * 0.05:
        return "utf-16-le"
    if pairs >= 4 and zero_first > pairs * 0.4 and zero_second < pairs * 0.05:
        return "utf-16-be"
    return None


def _utf8_or_cp1252(path: Path) -> str:
    decoder = codecs.getincrementaldecoder("utf-8")("surrogateescape")
    good = bad = 0
    with path.open("rb") as file:
        while good + bad < _ENOUGH:
            chunk = file.read(_CHUNK)
            text = decoder.decode(chunk, final=not chunk)
            if not text.isascii():
                damaged = len(_ESCAPED.findall(text))
                bad += damaged
                good += sum(not char.isascii() for char in text) - damaged
            if not chunk:
                break
    return "utf-8" if good >= bad else "cp1252"
