"""Reads JSON as the production server does, which uses RapidJSON [1].

    body = json_reader.read(content)  # dicts, lists, str, int, float, bool, None

It takes more than the standard library does (NaN, Inf, what follows the document, nesting
of any depth, bytes that are not UTF-8) and less (1e400, half of a surrogate pair), keeps
the first of equal names, and its errors name a byte. Nearly every body is read by `json`
of the standard library; where the two may differ, or it objects, a reader of our own
decides, byte by byte.

[1] https://rapidjson.org, version 1.1.0, include/rapidjson/reader.h: iterative parsing
    with kParseNanAndInfFlag and kParseStopWhenDoneFlag, as json_tensor.cc of
    tensorflow_serving/util asks for.
"""

import json
import math
import re
from collections.abc import Iterable
from typing import Any

# Bytes that are not UTF-8 travel through strings as Python's surrogates.
ENCODING = {"encoding": "utf-8", "errors": "surrogateescape"}
# Where the standard library reads something else: surrogates, numbers beyond a double.
_DOUBTFUL = re.compile(
    rb"\\u[dD][89a-fA-F]|[eE]\+?0*[1-9][0-9]{2}|[0-9]{200}|\x00", re.ASCII
)
_BYTE_ORDER_MARK = b"\xef\xbb\xbf"
_SPACE = re.compile(r"[ \t\n\r]*")
_PLAIN = re.compile(r'[^"\\\x00-\x1f]*')
_DIGITS = re.compile(r"[0-9]*")
_HEX = re.compile(r"[0-9A-Fa-f]{4}")
_ESCAPES = dict(zip('"/\\bfnrt', '"/\\\b\f\n\r\t', strict=True))
_WORDS = {"t": ("true", True), "f": ("false", False), "n": ("null", None)}
# The greatest exponent of a double.
_MAX_EXPONENT = 308
_HIGH, _LOW, _BEYOND = 0xD800, 0xDC00, 0xE000

# What is expected next, and the error where something else comes.
_START = "The document is empty."
_VALUE = "Invalid value."
_NAME = "Missing a name for object member."
_COLON = "Missing a colon after a name of object member."
_AFTER_MEMBER = "Missing a comma or '}' after an object member."
_AFTER_ELEMENT = "Missing a comma or ']' after an array element."


class Invalid(ValueError):
    """Signals a text that is no JSON, in RapidJSON's words and with the byte."""


class Repeated(dict):
    """An object with equal names.

    Attributes:
      last: the last of equal ones, where the dictionary has the first.
    """

    last: dict[str, Any]


def read(content: bytes) -> Any:
    """Reads the first JSON value of a text; what follows it is ignored.

    Raises:
      Invalid: there is none.
    """
    if not content:
        raise Invalid("The document is empty")
    if not _DOUBTFUL.search(content):
        text = content.removeprefix(_BYTE_ORDER_MARK).decode(**ENCODING)
        try:
            value, _ = _DECODER.raw_decode(text, _SPACE.match(text).end())
        except (ValueError, RecursionError):
            value = None
        if isinstance(value, dict):  # 8 is the number of `8e`, too
            return value
    return _Reader(content).document()


def _members(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """Makes an object of names and values, in their order."""
    made = dict(pairs)
    if len(made) < len(pairs):
        last, made = made, Repeated()
        for name, value in pairs:
            made.setdefault(name, value)
        made.last = last
    return made


_DECODER = json.JSONDecoder(object_pairs_hook=_members)


class _Reader:
    """Reads one document without recursion, byte by byte: a character stands for each."""

    def __init__(self, content: bytes) -> None:
        self._text = content.decode("latin-1")
        start = 3 if content.startswith(_BYTE_ORDER_MARK) else 0
        self._place = start

    def document(self) -> Any:
        """Returns the value.

        The arrays and objects around the current place are on a stack, each with what
        has been read of it.
        """
        stack: list[tuple[list[Any], bool]] = []
        expected = _START
        while True:
            self._skip(_SPACE)
            mark = self._mark()
            if not mark or mark == "\0":
                raise self._error(expected)
            if expected is _COLON:
                if mark != ":":
                    raise self._error(expected)
                self._place += 1
                expected = _VALUE
                continue
            if expected in (_AFTER_MEMBER, _AFTER_ELEMENT) and mark == ",":
                self._place += 1
                expected = _NAME if expected is _AFTER_MEMBER else _VALUE
                continue
            if mark in "]}" and self._is_end(stack, expected, mark):
                self._place += 1
                items, is_object = stack.pop()
                value = _members(_paired(items)) if is_object else items
            elif expected in (_AFTER_MEMBER, _AFTER_ELEMENT) or mark in "]},:":
                raise self._error(expected)
            elif expected is _NAME:
                if mark != '"':
                    raise self._error(expected)
                stack[-1][0].append(self._string())
                expected = _COLON
                continue
            elif mark in "[{":
                self._place += 1
                stack.append(([], mark == "{"))
                expected = _NAME if mark == "{" else _VALUE
                continue
            else:
                value = self._scalar(mark)
            if not stack:
                return value
            items, is_object = stack[-1]
            items.append(value)
            expected = _AFTER_MEMBER if is_object else _AFTER_ELEMENT

    def _is_end(
        self, stack: list[tuple[list[Any], bool]], expected: str, mark: str
    ) -> bool:
        """Whether a bracket closes what is open: after a value, or when it is empty."""
        if not stack or stack[-1][1] != (mark == "}"):
            return False
        items, is_object = stack[-1]
        if expected is (_AFTER_MEMBER if is_object else _AFTER_ELEMENT):
            return True
        return not items and expected is (_NAME if is_object else _VALUE)

    def _mark(self) -> str:
        return self._text[self._place : self._place + 1]

    def _skip(self, pattern: re.Pattern[str]) -> str:
        found = pattern.match(self._text, self._place)
        self._place = found.end()
        return found.group()

    def _error(self, text: str, place: int | None = None) -> Invalid:
        place = self._place if place is None else place
        return Invalid(f"{text} at offset: {place}")

    def _takes(self, word: str) -> bool:
        """Takes a word, or as much of it as is there."""
        for mark in word:
            if self._mark() != mark:
                return False
            self._place += 1
        return True

    def _scalar(self, mark: str) -> Any:
        if mark == '"':
            return self._string()
        if mark in _WORDS:
            word, value = _WORDS[mark]
            if not self._takes(word):
                raise self._error(_VALUE)
            return value
        return self._number()

    def _string(self) -> str:
        self._place += 1
        parts: list[bytes] = []
        while True:
            parts.append(self._skip(_PLAIN).encode("latin-1"))
            mark = self._mark()
            if mark == '"':
                self._place += 1
                return b"".join(parts).decode(**ENCODING)
            if mark == "\\":
                parts.append(self._escape())
            elif not mark or mark == "\0":
                raise self._error("Missing a closing quotation mark in string.")
            else:
                raise self._error("Invalid escape character in string.")

    def _escape(self) -> bytes:
        start = self._place
        kind = self._text[start + 1 : start + 2]
        self._place += 2
        if kind in _ESCAPES and kind:
            return _ESCAPES[kind].encode()
        if kind != "u":
            raise self._error("Invalid escape character in string.", start)
        code = self._hex(start)
        if _HIGH <= code < _LOW:
            wrong = self._error("The surrogate pair in string is invalid.", start)
            if self._text[self._place : self._place + 2] != "\\u":
                raise wrong
            self._place += 2
            low = self._hex(start)
            if not _LOW <= low < _BEYOND:
                raise wrong
            code = ((code - _HIGH) << 10 | (low - _LOW)) + 0x10000
        return chr(code).encode("utf-8", "surrogatepass")

    def _hex(self, start: int) -> int:
        found = _HEX.match(self._text, self._place)
        if not found:
            raise self._error("Incorrect hex digit after \\u escape in string.", start)
        self._place = found.end()
        return int(found.group(), 16)

    def _number(self) -> int | float:
        start = self._place
        is_negative = self._takes("-")
        if self._mark() in ("I", "N"):
            return self._odd_number(is_negative)
        if self._takes("0"):
            whole = "0"
        else:
            whole = self._skip(_DIGITS)
        if not whole:
            raise self._error(_VALUE)
        fraction, exponent = None, 0
        if self._takes("."):
            fraction = self._skip(_DIGITS)
            if not fraction:
                raise self._error("Miss fraction part in number.")
        has_exponent = self._takes("e") or self._takes("E")
        if has_exponent:
            exponent = self._exponent()
        text = self._text[start : self._place]
        is_whole = fraction is None and not has_exponent
        if is_whole and len(whole) <= _MAX_EXPONENT:
            return int(text)
        value = float(text)
        most = _MAX_EXPONENT + len(fraction or "")
        if math.isinf(value) or exponent > most:
            text = "Number too big to be stored in double."
            raise self._error(text, start)
        return value

    def _exponent(self) -> int:
        is_negative = not self._takes("+") and self._takes("-")
        digits = self._skip(_DIGITS)
        if not digits:
            raise self._error("Miss exponent in number.")
        # More digits than this are beyond any double.
        number = int(digits.lstrip("0")[:9] or "0")
        return -number if is_negative else number

    def _odd_number(self, is_negative: bool) -> float:
        if self._mark() == "N":
            if not self._takes("NaN"):
                raise self._error(_VALUE)
            return math.nan
        if not self._takes("Inf") or (self._mark() == "i" and not self._takes("inity")):
            raise self._error(_VALUE)
        return -math.inf if is_negative else math.inf


def _paired(items: Iterable[Any]) -> list[tuple[str, Any]]:
    """Returns (name, value) of items that take turns."""
    turns = iter(items)
    return list(zip(turns, turns, strict=True))
