"""Which contract a file is of, and in which of its forms it is written: by the names in its header, or without one by
its number of columns, by what its first records hold, and by its name."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

from orchestration.ingestion.contracts import (
    SURELY_A_HEADER,
    Contract,
    Match,
    match_header,
    match_paths,
    nearest,
    yaml_line,
)
from orchestration.ingestion.inbox import Refused
from orchestration.ingestion.scan import (
    SEPARATORS,
    Beginning,
    Scan,
    Unreadable,
    not_separated,
    told_encoding,
)

ENOUGH_VALUES = 10  # of a column's, to say that it was retyped
MOST_TOKENS = 12  # of a value, that a pattern of it shows
ENCODING_BYTES = 1 << 25  # of a file that ought to be latin-1, looked at to tell that it is UTF-8
MOST = 0.5  # more than this part of a file's first records have to look as the contract says


@dataclass(frozen=True)
class _Tried:
    """A file held against one form of a contract. `fault` says what keeps it from being one; None if nothing does. It is put
    into words only for the form that a refusal is about: there are dozens, and hundreds of files. `whole` is how many of the
    first records have as many columns as the form."""

    match: Match
    scan: Scan
    fault: Callable[[], str] | None
    whole: int = 0


def recognise(path: Path, name: str, contracts: tuple[Contract, ...]) -> tuple[Match, Scan]:
    """The contract and form that a file fits, and what its beginning tells. `name` is what its source called it.

    Raises:
        Refused: it fits none, which is told by the difference to the nearest, or it fits several.
    """
    beginning = Beginning(path)
    of_json = beginning.is_json()
    contracts = tuple(contract for contract in contracts if contract.is_json_lines == of_json)
    headers, faults = (_by_keys(beginning, contracts), []) if of_json else _by_header(beginning, contracts)
    fitting = [tried for tried in headers if not tried.fault]
    others: list[_Tried] = []
    # A line that has names of a contract is a header, and a changed one is no reason to read it as a record.
    if not fitting and not of_json and not any(tried.match.share_known >= SURELY_A_HEADER for tried in headers):
        others = _by_content(beginning, contracts)
        fitting = [tried for tried in others if not tried.fault]
    if len({tried.match.contract.name for tried in fitting}) > 1:
        named = [tried for tried in fitting if re.search(tried.match.contract.file_name, name, re.IGNORECASE)]
        if len({tried.match.contract.name for tried in named}) != 1:
            meant = _meant(others, name)
            if meant and meant.fault:
                raise Refused(meant.fault())
            titles = " or ".join(sorted({tried.match.contract.title for tried in fitting}))
            raise Refused(f"it may be {titles}; give it the name under which the state ships it")
        fitting = named
    if not fitting:
        raise Refused(_why(headers, faults, others, name))
    match, scan = fitting[0].match, fitting[0].scan
    if match.form.trailing_field:
        match = _with_trailing_field(beginning, match, scan)
    if match.contract.encoding == "either":
        scan.encoding = told_encoding(path)
    elif scan.encoding == "latin-1" and told_encoding(path, ENCODING_BYTES) == "utf-8":
        raise Refused(_other_encoding(match))
    retyped = _retyped(beginning, match, scan)
    if retyped:
        raise Refused(retyped)
    return match, scan


def _other_encoding(match: Match) -> str:
    if match.form.widths:
        return "it is UTF-8 text, and its fields are told by their bytes; convert it: iconv -f UTF-8 -t ISO-8859-1//TRANSLIT OLD > NEW"
    return (
        f"it is UTF-8 text, and {match.contract.name} is latin-1. If the state writes it so now, put this into "
        f"{match.contract.file} in place of its `encoding:`\n    encoding: either"
    )


def _retyped(beginning: Beginning, match: Match, scan: Scan) -> str | None:
    """What to say of columns whose first values are not written as the contract says, or None. It quotes no value but says
    of which signs they are made."""
    form = match.form
    if form.json_lines:
        records = beginning.objects()[1]
    else:
        records = beginning.records(form.delimiter, form.quote, form.widths)
    whole = [record for record in records[1 if form.header else 0 :] if len(record) == len(scan.header)]
    retyped, lines = [], []
    for column, pattern in match.contract.written.items():
        if column not in match.loads:  # of another vintage
            continue
        place = match.loads.index(column)
        values = [value for record in whole if (value := record[place].strip())]
        strange = [value for value in values if not re.fullmatch(pattern, value)]
        if len(values) >= ENOUGH_VALUES and len(strange) > MOST * len(values):
            retyped.append(f"{column} (column {place + 1})")
            lines.append(_with_shape(column, pattern, strange))
    if not retyped:
        return None
    return (
        f"what stands in {', '.join(retyped)} is not written as {match.contract.name} says, so it would be read as nothing. If "
        f"the state writes it so now, put this under `written:` in {match.contract.file} and read it in {match.contract.models}:"
        + "".join(f"\n    {line}" for line in lines)
    )


def _with_shape(column: str, pattern: str, values: list[str]) -> str:
    """A line to paste: the pattern of a column, or that which most of the values have."""
    shapes = [_shape(value) for value in values]
    return yaml_line(column, f"{pattern}|{max(sorted({*shapes}), key=shapes.count)}")


def _shape(value: str) -> str:
    """A pattern of the signs that a value is made of, which does not tell the value."""
    tokens = re.findall(r"\d+|[^\W\d_]+|.", value)[:MOST_TOKENS]
    return "".join(rf"\d{{{len(t)}}}" if t.isdigit() else "[A-Za-z]+" if t.isalpha() else re.escape(t) for t in tokens)


def _by_header(beginning: Beginning, contracts: tuple[Contract, ...]) -> tuple[list[_Tried], list[Refused]]:
    """The first line against every contract with a header, split by every separator: a file that has another one than its
    contract's is told so. With it the faults of the separators by which the line cannot be split."""
    forms = [(contract, form) for contract in contracts for form in contract.forms if form.header]
    tried: list[_Tried] = []
    faults: list[Refused] = []
    ways = dict.fromkeys((delimiter, form.quote) for _, form in forms for delimiter in (form.delimiter, *SEPARATORS))
    for delimiter, quote in ways:
        try:
            scan = beginning.header(delimiter, quote)
        except Refused as fault:
            faults.append(fault)
            continue
        for contract, form in forms:
            if form.quote == quote:
                match = match_header(scan.header, contract, form)
                why: Callable[[], str] | None = None if match.fits else match.explain
                if match.fits and delimiter != form.delimiter:
                    why = partial(_otherwise_separated, match, delimiter)
                tried.append(_Tried(match, scan, why))
    return tried, faults


def _otherwise_separated(match: Match, delimiter: str) -> str:
    return not_separated(delimiter.join(match.header), match.form.delimiter) + (
        f". Or if it does so now, add to `forms:` in {match.contract.file}\n    - {yaml_line('delimiter', delimiter)}"
    )


def _by_keys(beginning: Beginning, contracts: tuple[Contract, ...]) -> list[_Tried]:
    """The keys of the first objects against every contract of JSON lines."""
    scan, _ = beginning.objects()
    matches = [match_paths(scan.header, contract) for contract in contracts]
    return [_Tried(match, scan, None if match.fits else match.explain) for match in matches]


def _by_content(beginning: Beginning, contracts: tuple[Contract, ...]) -> list[_Tried]:
    """The first records against every contract whose files have no header."""
    tried = []
    for match in (match for contract in contracts for match in contract.by_place):
        form = match.form
        records = beginning.records(form.delimiter, form.quote, form.widths)
        scan = beginning.scan(form.quote, has_header=False, length=form.length)
        scan.header = form.names or [*match.contract.columns]
        whole = [record for record in records if len(record) == len(match.header)]
        tried.append(_Tried(match, scan, _strange(match, records, whole, scan.encoding), len(whole)))
    return tried


def _strange(match: Match, records: list[list[str]], whole: list[list[str]], encoding: str) -> Callable[[], str] | None:
    """What says what keeps most records from being the contract's, or None. `whole` are those of its number of columns."""
    if len(whole) <= MOST * len(records):
        return partial(_other_width, match, records)
    if match.form.widths and encoding != "latin-1":
        return lambda: (
            "its fields are told by their bytes, and it is UTF-8 text, in which letters differ in that. Export it again as the state ships it"
        )
    unlike = {}
    for column, pattern in match.contract.content.items():
        place = match.loads.index(column)
        values = [value for record in whole if not re.fullmatch(pattern, value := record[place].strip())]
        if len(whole) - len(values) <= MOST * len(whole):
            unlike[column] = values
    return partial(_other_content, match, unlike) if unlike else None


def _other_width(match: Match, records: list[list[str]]) -> str:
    form, width = match.form, len(match.header)
    found = [len(record[0]) if form.widths else len(record) for record in records if len(record) != width]
    common = max(set(found), key=found.count) if found else 0
    shape = (
        f"{form.length} bytes and no separators"
        if form.widths
        else f"{width} columns separated by {SEPARATORS.get(form.delimiter, repr(form.delimiter))} and no header"
    )
    return (
        f"its name says {match.contract.title}, whose records have {shape}; most of its records have {common}. "
        f"Export it again as the state ships it, or give it its right name; or if the state ships it so now, add a form with "
        f"its `names:` to `forms:` in {match.contract.file}"
    )


def _other_content(match: Match, unlike: dict[str, list[str]]) -> str:
    """What to say of columns with values that are not like the contract's."""
    strange = ", ".join(f"{column} (column {match.loads.index(column) + 1})" for column in unlike)
    lines = [_with_shape(column, match.contract.content[column], values) for column, values in unlike.items()]
    return (
        f"its name says {match.contract.title}, and what stands in {strange} does not look like that. Export it "
        "again as the state ships it, or give it its right name; or if the state ships it so now, add a form with its "
        f"`names:` to `forms:` in {match.contract.file}, or where only values have changed put this under its `content:`"
        + "".join(f"\n    {line}" for line in lines)
    )


def _why(headers: list[_Tried], faults: list[Refused], others: list[_Tried], name: str) -> str:
    """Why a file is of no contract: by its header if that is one of a contract, else by its name if that is."""
    separated = [tried for tried in headers if tried.match.fits]
    if separated and separated[0].fault:
        return separated[0].fault()
    near = nearest([tried.match for tried in headers]) if headers else None
    if near is None or near.share_known < SURELY_A_HEADER:
        meant = _meant(others, name)
        if meant and meant.fault:
            return meant.fault()
    if near is None or not near.share_known:
        unreadable = [fault for fault in faults if isinstance(fault, Unreadable)]
        if unreadable or (near is None and faults):
            return str((unreadable or faults)[0])
    return near.explain() if near else "it fits no contract, and its name is none that a state gives its files"


def _meant(others: list[_Tried], name: str) -> _Tried | None:
    """Of what a file's name says that it is the form that most of its records fit."""
    named = [tried for tried in others if re.search(tried.match.contract.file_name, name, re.IGNORECASE)]
    return max(named, key=lambda tried: tried.whole, default=None)


def _with_trailing_field(beginning: Beginning, match: Match, scan: Scan) -> Match:
    """The match with one place more, which is read past, if the records have it and the header does not."""
    records = beginning.records(match.form.delimiter, match.form.quote)
    longer = [record for record in records[1:] if len(record) == len(scan.header) + 1]
    if len(longer) <= MOST * len(records[1:]):
        return match
    scan.header.append("")
    return replace(match, header=(*match.header, ""), loads=(*match.loads, None))
