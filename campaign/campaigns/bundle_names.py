"""Read and check what a bundle calls governments in one language, beside the site's own names."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    from campaign.campaigns.rules.campaign import Facts
    from campaign.campaigns.site_words import BundleContext
    from campaign.campaigns.toml_reader import TomlTable

_SITE_FORMS = {"country", "government"}
"""What a table needs in a language that the site has no names in, unless it has `name`."""

_NAMED_SLIPS = 3
"""Unknown forms of one government's name that are reported; more are one slip, not many."""

MAX_CASES = 40
"""Far more than the letters of any language need."""


def read_government_names(
    table: TomlTable,
    language: str,
    needed: Collection[str],
    facts: Facts,
    known: BundleContext,
) -> dict[str, dict[str, str]]:
    """Return what governments are called: the site's names, with what the campaign overrides.

    Report faults to the table, and each of the `needed` governments that has no name. A table with
    `name` in it is all of the campaign's own, as it was before the site had names.
    """
    site_names = _site_names(facts, known, language) if language in known.languages else {}
    row = table.table("governments", needed=not site_names)
    told: dict[str, dict[str, str]] = {}
    for code in row.keys():  # noqa: SIM118 - a Table is no mapping
        if code not in known.governments:
            row.fault(code, f"is not a known government, such as GB{row.top_level_hint(code)}")
            continue
        names = row.table(code)
        told[code] = {case: names.text(case) for case in sorted(names.keys())}
    if not site_names or any("name" in names for names in told.values()):
        _report_missing_names(row, needed, told)
        _compare_cases(row, told)
        return told
    _report_missing_names(row, needed, site_names)
    for code, forms in told.items():
        if code not in site_names:
            row.fault(code, "is not a government that this campaign asks")
            continue
        unknown = sorted(forms.keys() - site_names[code].keys())
        for form in unknown[:_NAMED_SLIPS]:
            listed = ", ".join(site_names[code])
            row.fault(f"{code}.{form}", f"is not a known form of its name (known: {listed})")
        lacking = _forms_left_out(forms, site_names[code])
        if lacking:
            row.fault(code, f"write {' and '.join(lacking)} too: letters would mix both names")
    return {code: {**forms, **told.get(code, {})} for code, forms in site_names.items()}


def _forms_left_out(told: Collection[str], forms: Mapping[str, str]) -> list[str]:
    """Return the other forms of a name of which a campaign overrides one."""
    named = {form.partition("_")[0] for form in told}
    return [form for form in forms if form.partition("_")[0] in named and form not in told]


def _report_missing_names(
    table: TomlTable, needed: Collection[str], named: Collection[str]
) -> None:
    missing = [code for code in needed if code not in named]
    if len(missing) == 1:
        table.fault(missing[0], "is missing")
    elif missing:
        table.fault("", f"{', '.join(missing)} are missing")


def _compare_cases(table: TomlTable, governments: Mapping[str, Mapping[str, str]]) -> None:
    """Report cases that a government lacks and most have, and those that it has and most lack."""
    needed = {"name"} if any("name" in names for names in governments.values()) else _SITE_FORMS
    cases = {case for names in governments.values() for case in names} | needed
    if len(cases) > MAX_CASES:
        table.fault("", f"has more than {MAX_CASES} cases")
        return
    for case in sorted(cases):
        having = {code for code, names in governments.items() if case in names}
        if case not in needed and len(having) < len(governments) / 2:
            for code in sorted(having):
                table.fault(f"{code}.{case}", "most governments do not have this case")
        else:
            for code in sorted(governments.keys() - having):
                table.fault(f"{code}.{case}", "is missing")


def _site_names(facts: Facts, known: BundleContext, language: str) -> dict[str, dict[str, str]]:
    """Return what the site calls the governments that the campaign may ask, on whatever day."""
    names = known.site_words.government_names(language)
    asked = facts.governments.choose_members_ever(known.governments.values())
    return {one.code: names[one.code] for one in asked if one.code in names}
