"""What Babel says of a language, in the form of `cldr.json`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from babel import Locale, UnknownLocaleError
from babel.core import get_global
from babel.dates import tokenize_pattern

from campaign.language.cldr import Conventions

if TYPE_CHECKING:
    from babel.dates import DateTimePattern

# Languages whose European form is not CLDR's default.
_EUROPEAN = {"en": "en-GB", "pt": "pt-PT"}
# Where Babel 2.18 has the root's space instead of CLDR's own pattern.
_BETWEEN_DATE_AND_TIME = {"da": ", ", "et": ", ", "fi": " klo ", "ga": ", "}

# CLDR's letters and their number (UTS #35, part 4, date field symbols), as `str.format` takes them.
_FIELDS = {
    ("d", 1): "{at.day}",
    ("d", 2): "{at.day:02}",
    ("M", 1): "{at.month}",
    ("M", 2): "{at.month:02}",
    ("M", 3): "{short_month}",
    ("M", 4): "{month}",
    ("y", 1): "{at.year}",
    ("E", 4): "{weekday}",
    ("c", 4): "{weekday}",
    ("H", 1): "{at.hour}",
    ("H", 2): "{at.hour:02}",
    ("h", 1): "{hour}",
    ("h", 2): "{hour:02}",
    ("m", 2): "{at.minute:02}",
    ("s", 2): "{at.second:02}",
    ("a", 1): "{period}",
    ("B", 1): "{period}",
}


def read(language: str) -> Conventions:
    """Return a language's conventions as Babel has them; English ones if it has none."""
    try:
        own = Locale.parse(_EUROPEAN.get(language, language), sep="-")
    except (UnknownLocaleError, ValueError):
        own, native_name = Locale("en", "GB"), language
    else:
        native_name = Locale.parse(language, sep="-").get_display_name(own) or language
    digits = own.number_symbols["latn"]
    weekdays = "stand-alone" if "c" in own.date_formats["full"].pattern else "format"
    return Conventions(
        native_name=native_name,
        open_graph_locale=_with_country(own),
        languages=dict(own.languages),
        territories=dict(own.territories),
        months=[own.months["format"]["wide"][number] for number in range(1, 13)],
        short_months=[own.months["format"]["abbreviated"][number] for number in range(1, 13)],
        weekdays=[own.days[weekdays]["wide"][number] for number in range(7)],
        periods=[own.day_periods["format"]["abbreviated"][name] for name in ("am", "pm")],
        long_date=_template(own.date_formats["long"]),
        full_date=_template(own.date_formats["full"]),
        date_time=_date_time(own),
        time=_template(own.time_formats["short"]),
        group=digits["group"],
        decimal=digits["decimal"],
        minus=digits["minusSign"],
        joints=[
            own.list_patterns["standard"][name].removeprefix("{0}").removesuffix("{1}")
            for name in ("middle", "2", "end")
        ],
    )


def _with_country(own: Locale) -> str:
    likely = get_global("likely_subtags").get(own.language, "").rpartition("_")[2]
    return f"{own.language}_{own.territory or likely}"


def _date_time(own: Locale) -> str:
    between = _BETWEEN_DATE_AND_TIME.get(own.language)
    both = f"{{1}}{between}{{0}}" if between else str(own.datetime_formats["medium"])
    time, date = own.time_formats["short"], own.date_formats["medium"]
    return both.replace("'", "").format(_template(time), _template(date))


def _template(pattern: DateTimePattern) -> str:
    return "".join(
        token if isinstance(token, str) else _FIELDS[token]
        for _, token in tokenize_pattern(pattern.pattern)
    )
