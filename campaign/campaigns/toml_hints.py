"""Explain the mistakes that beginners make in TOML: on which line, and what to type there.

Whoever writes a bundle need not be a programmer, and tomllib's reasons are for programmers. Its
reason, the position where it gave up and the line itself together show what was meant.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING
from unicodedata import category

from campaign.campaigns.date_hints import date_format_hint, date_hint, quoted_date_hint

if TYPE_CHECKING:
    from collections.abc import Callable

# Every Python from 3.11 on ends its message like this; attributes exist only from 3.14 on.
_MESSAGE = re.compile(r"(.*) \(at (?:line (\d+), column (\d+)|end of document)\)", re.DOTALL)
_CURLY = frozenset("“”„‟«»‘’‚‛‹›`´″＂")  # noqa: RUF001 - these are meant
_SPACE = " \t"
_ASSIGNED = re.compile(r"[\w.\"'-]+[ \t]*=")
_NAME = re.compile(r"[ \t]*([\w.-]+)[ \t]*=")
_DATE_KEY = re.compile(r"[ \t]*(?:\w+_on|date)[ \t]*=")
_LIST = re.compile(r"[ \t]*[\w.-]+[ \t]*=[ \t]*\[")

_ALLOWED = "may only contain letters from a to z, digits, - and _"
_MORE = "Expected newline or end of document after a statement"
_OPEN_LIST = "Unclosed array"
_OPEN_TABLE = "Unclosed inline table"
_NO_VALUE = "Invalid value"


@dataclass(frozen=True)
class _ParseError:
    """Where tomllib gave up: its reason, and the line before and after that position.

    `above`: the lines before it, in order.
    """

    reason: str
    above: list[str]
    before: str
    after: str

    @property
    def line(self) -> str:
        return self.before + self.after

    @property
    def value(self) -> str:
        """Return the value that the line assigns, or the whole line if it is an item of a list."""
        named = _NAME.match(self.line)
        return (self.line[named.end() :] if named else self.line).partition("#")[0].strip(_SPACE)


def explain_toml_error(text: str, error: ValueError) -> str:
    """Return the line of a mistake and what to type there; `error` is tomllib's about this text."""
    stumble = _parse_error(text.replace("\r\n", "\n"), str(error))
    if stumble is None:
        return f"is not valid TOML ({error})"
    said = (slip(stumble) for slip in _EXPLAINERS)
    known = next(filter(None, said), f"is not valid TOML ({stumble.reason[:200]})")
    return f"line {len(stumble.above) + 1}: {known}"


def _parse_error(text: str, message: str) -> _ParseError | None:
    found = _MESSAGE.fullmatch(message)
    if found is None:
        return None
    reason, line, column = found.groups()
    if line is None:
        place = _never_closed(text, reason)
        line, column = text.count("\n", 0, place) + 1, place - text.rfind("\n", 0, place)
    lines, number, before = text.split("\n"), int(line) - 1, int(column) - 1
    return _ParseError(reason, lines[:number], lines[number][:before], lines[number][before:])


def _never_closed(text: str, reason: str) -> int:
    """Return where the text or list that is never closed begins: at its last opening quote."""
    if reason == "Unterminated string":
        return text.rfind('"""' if '"""' in text else '"')
    if reason.startswith("Expected \"'"):
        return text.rfind(reason.removeprefix("Expected ").strip('"'))
    return len(text.rstrip())


def _odd_space(at: _ParseError) -> str | None:
    char = at.after[:1]
    if char and char not in _SPACE and (char.isspace() or category(char) == "Cf"):
        return (
            f"there is a special space (U+{ord(char):04X}) in column {len(at.before) + 1}: "
            "replace it with an ordinary one"
        )
    return None


def _date(at: _ParseError) -> str | None:
    if at.reason == "Invalid date or datetime":
        return date_hint(at.value[:10]) or date_format_hint()
    if at.reason not in (_MORE, _NO_VALUE) or not at.value:
        return None
    wanted = _DATE_KEY.match(at.line)
    if wanted and at.value[0] in _CURLY:
        return quoted_date_hint(at.value.strip("".join(_CURLY)))
    if wanted and at.value[0].isalnum():
        return date_hint(at.value.rstrip(".,;")) or date_format_hint()
    return date_hint(at.value)


def _curly_quotes(at: _ParseError) -> str | None:
    char = at.after[:1]
    if char not in _CURLY or not at.reason.startswith("Invalid"):
        return None
    return f'use straight quotes (") around a text or a name, instead of {char}'


def _list_without_end(at: _ParseError) -> str | None:
    """Recognise an unclosed list by what follows: a table's name, a key, or nothing."""
    before = at.before.strip(_SPACE)
    table = before + at.after if before in ("", "[", "[[") else ""
    next_one = re.match(r"\[\[?[\w.-]+]", table) or (not before and _ASSIGNED.match(at.after))
    if at.reason not in (_OPEN_LIST, _NO_VALUE) or not (next_one or _is_last(at)):
        return None
    for number, line in reversed(list(enumerate(at.above, 1))):
        if _LIST.match(line):
            return f"the list that starts on line {number} is not closed: add ] after its last text"
    return "the list is not closed: add ] after its last text" if _LIST.match(at.line) else None


def _is_last(at: _ParseError) -> bool:
    return not at.after and (at.reason == _OPEN_LIST or at.value.endswith((",", "[")))


def _comma(at: _ParseError) -> str | None:
    if at.reason == _OPEN_TABLE and not at.after:
        return "add } at the end of this line"
    inside = at.before.rstrip(_SPACE).endswith(('"', "'")) and at.after[:1].isalnum()
    if at.reason == _OPEN_TABLE and (_ASSIGNED.match(at.after) or not inside):
        return "a comma is missing before " + _word(at.after, "the next name")
    if at.reason == _OPEN_LIST and not inside:
        return "a comma is missing between this text and the one before it"
    return None


def _quote_inside(at: _ParseError) -> str | None:
    ended = at.before.rstrip(_SPACE)[-1:]
    if at.reason not in (_MORE, _OPEN_LIST, _OPEN_TABLE) or ended not in ('"', "'"):
        return None
    if _ASSIGNED.match(at.after):
        return f"{_word(at.after, 'the next name')} belongs on a line of its own"
    if not re.search(r"\w", at.after):
        return None
    where = f"the text ends before {_word(at.after, 'its end')}: "
    if ended == "'":
        return where + 'put it in double quotes ("), or write ’ for an apostrophe inside it'
    return where + 'for quotation marks inside it, use curly ones (“ ”) or write \\"'


def _text_without_end(at: _ParseError) -> str | None:
    if not re.match(
        r"Unterminated|Expected \"'|(Illegal|Found invalid) character '\\n'", at.reason
    ):
        return None
    opened = re.search(r"\"\"\"|'''|[\"']", at.value)
    quote = opened.group() if opened else '"'
    if len(quote) > 1:
        return f"the text that starts here is not closed: add {quote} after it"
    curly = at.line.rstrip(" \t,")[-1:]
    not_this = f" ({curly} does not close it)" if curly in _CURLY else ""
    return f"the text is not closed on this line: add {quote} at its end{not_this}"


def _twice(at: _ParseError) -> str | None:
    inline = re.fullmatch(r"Duplicate inline table key '([\w-]+)'", at.reason)
    if inline:
        return f"{inline[1]} appears twice on this line: delete one of them"
    if not at.reason.startswith(("Cannot overwrite", "Cannot declare", "Cannot redefine")):
        return None
    header = re.match(r"[ \t]*(\[\[?[\w.-]+)", at.line)
    name = header[1] if header else _last_name([*at.above, at.line])
    shown = name[:80] + "]" * name.count("[")
    hint = ", or write [[demands]] before each" if name == "[demands" else ""
    return f"{shown} appears twice{_first(at.above, name)}: delete one of them{hint}"


def _last_name(lines: list[str]) -> str:
    """Return the key that the last value belongs to: a list ends some lines after its key."""
    return next((found[1] for line in reversed(lines) if (found := _NAME.match(line))), "it")


def _first(above: list[str], name: str) -> str:
    if name.startswith("["):
        same = [n for n, line in enumerate(above, 1) if line.strip(_SPACE).startswith(name + "]")]
    else:
        table = max((n for n, line in enumerate(above) if line.lstrip().startswith("[")), default=0)
        same = [
            n
            for n, line in enumerate(above, 1)
            if n > table and (found := _NAME.match(line)) and found[1] == name
        ]
    return f" (first on line {same[0]})" if same else ""


def _brackets(at: _ParseError) -> str | None:
    if not at.reason.startswith("Expected ']"):
        return None
    if re.search(r"[^\s\]]", at.after):
        return f"a table’s name {_ALLOWED}"
    end = "]]" if "']]'" in at.reason else "]"
    return f"add {end} after the table’s name"


def _equals(at: _ParseError) -> str | None:
    if not at.reason.startswith("Expected '='"):
        return None
    if at.after.startswith(":"):
        return "write = instead of :"
    if "=" in at.after:
        return f"the name before = {_ALLOWED}"
    return 'there is no = after the name: write name = "text", or put # before a note'


def _name(at: _ParseError) -> str | None:
    if at.reason == "Invalid initial character for a key part" and not at.after:
        return "what starts with { must end with } on the same line"
    if at.reason == "Invalid initial character for a key part":
        return f"a name {_ALLOWED}"
    if at.reason == "Invalid statement":
        return 'a line starts with a name, as in name = "text", or with [ or #'
    return None


def _value(at: _ParseError) -> str | None:
    if at.reason == _NO_VALUE and not at.after.partition("#")[0].strip(_SPACE):
        return "nothing follows =: add the value, or delete the line"
    if at.reason == _NO_VALUE and _ASSIGNED.match(at.after.lstrip("( \t")):
        return "write { before several values with names, and } after them"
    if at.reason == _NO_VALUE:
        return 'put straight quotes (") around the text'
    if at.reason != _MORE:
        return None
    if re.match(r"[\"'\[{]", at.value):
        return f"delete what follows {at.before.rstrip()[-1:]} at the end of this line"
    return 'write a number in digits only, like 30, and put straight quotes (") around a text'


def _backslash(at: _ParseError) -> str | None:
    if at.reason.startswith(("Unescaped '\\'", "Invalid hex value", "Escaped character")):
        return "write two backslashes (\\\\) for each one"
    return None


def _word(after: str, otherwise: str) -> str:
    found = re.match(r"\W{0,3}(\w{1,30})", after)
    return f"“{found[1]}”" if found else otherwise


_EXPLAINERS: tuple[Callable[[_ParseError], str | None], ...] = (
    *(_odd_space, _date, _curly_quotes, _list_without_end, _comma, _quote_inside),
    *(_text_without_end, _twice, _brackets, _equals, _name, _value, _backslash),
)
