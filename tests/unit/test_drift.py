"""Every kind of file that there is a contract of, changed as states change their files: each change is told by contract and
column, with what to paste, and pasting it mends it. A new contract needs a file in its builder's `FILES`."""

from __future__ import annotations

import csv
import importlib
import io
import itertools
import json
import re
from dataclasses import dataclass, replace
from pathlib import Path

import pytest
import yaml

from orchestration.ingestion.contracts import Contract, Form, all_contracts
from orchestration.ingestion.inbox import Refused
from orchestration.ingestion.recognise import recognise
from orchestration.ingestion.scan import SEPARATORS, Beginning

CONTRACTS = all_contracts()
BUILDERS = sorted({contract.name.split("_")[0] for contract in CONTRACTS})
FILES = [file for name in BUILDERS for file in getattr(importlib.import_module(f"tests.{name}"), "FILES", [])]


@dataclass(frozen=True)
class Table:
    """A file taken apart: what it is called, how it is written, its columns and records."""

    contract: Contract
    name: str
    form: Form
    columns: list[str]  # as the header names them, or as the form does
    loads: tuple[str | None, ...]
    rows: list[list[str]]

    def content(self, encoding: str = "latin-1", **form) -> bytes:
        """Its bytes, written in its form but for what is changed in that."""
        written = self.form.model_copy(update=form)
        if written.widths:
            fields = [zip(row, written.widths, strict=True) for row in self.rows]
            return "".join("".join(f"{v:<{w}}"[:w] for v, w in row) + "\r\n" for row in fields).encode(encoding)
        if written.json_lines:
            objects = (nested(dict(zip(self.columns, row, strict=True))) for row in self.rows)
            return "".join(json.dumps(o, ensure_ascii=False) + "\n" for o in objects).encode(encoding)
        out = io.StringIO()
        quoting = csv.QUOTE_ALL if written.quote else csv.QUOTE_NONE
        writer = csv.writer(out, delimiter=written.delimiter, quoting=quoting, quotechar=written.quote or None)
        writer.writerows(([self.columns] if written.header else []) + self.rows)
        return out.getvalue().encode(encoding)

    def with_values(self, column: str, value: str) -> Table:
        """The same with one value in all of a column."""
        place = self.loads.index(column)
        return replace(self, rows=[[*row[:place], value, *row[place + 1 :]] for row in self.rows])

    def without(self, place: int) -> Table:
        columns, *rows = ([*row[:place], *row[place + 1 :]] for row in (self.columns, *self.rows))
        return replace(self, columns=columns, rows=rows)


def nested(values: dict[str, str]) -> dict:
    """An object that has these values in these places, written as a.b."""
    found: dict = {}
    for place, value in values.items():
        *above, key = place.split(".")
        here = found
        for name in above:
            here = here.setdefault(name, {})
        here[key] = value
    return found


def taken_apart(folder: Path, contract: str, name: str, content: bytes) -> Table:
    file = folder / "file"
    file.write_bytes(content)
    match, _ = recognise(file, name, CONTRACTS)
    assert match.contract.name == contract
    form, text = match.form, content.decode("latin-1")
    if form.json_lines:
        scan, rows = Beginning(file).objects()
        return Table(match.contract, name, form, scan.header, match.loads, rows)
    if form.widths:
        ends = [*itertools.accumulate(form.widths)]
        rows = [[line[e - w : e] for e, w in zip(ends, form.widths, strict=True)] for line in text.splitlines()]
    else:
        quoting = csv.QUOTE_MINIMAL if form.quote else csv.QUOTE_NONE
        rows = [*csv.reader(io.StringIO(text), delimiter=form.delimiter, quoting=quoting)]
    columns = rows.pop(0) if form.header else [*match.header]
    rows = [row[: len(columns)] for row in rows]
    return Table(match.contract, name, form, columns, match.loads[: len(columns)], rows)


@pytest.fixture(params=FILES, ids=lambda file: f"{file[0]}-{file[1]}")
def table(request, tmp_path: Path) -> Table:
    """A file of each contract and form."""
    return taken_apart(tmp_path, *request.param)


def told(folder: Path, table: Table, content: bytes, contracts: tuple[Contract, ...] = CONTRACTS):
    """What recognition says of a file: the match, or why it is refused."""
    file = folder / "changed"
    file.write_bytes(content)
    try:
        return recognise(file, table.name, contracts)[0]
    except Refused as refusal:
        return str(refusal)


def mended(contract: Contract, **words) -> tuple[Contract, ...]:
    """All contracts, this one with some words changed as a person pastes them."""
    changed = Contract(**contract.model_dump() | words)
    return tuple(changed if c.name == contract.name else c for c in CONTRACTS)


def pasted(text: str) -> dict:
    return yaml.safe_load("\n".join(re.findall(r"^    (\w+: .*)$", text, re.MULTILINE)))


@pytest.mark.parametrize("contract", CONTRACTS, ids=lambda c: c.name)
def test_every_contract_has_a_file_here_and_says_how_it_is_written(contract: Contract):
    builder = contract.name.split("_")[0]
    assert contract.name in {name for name, *_ in FILES}, (
        f"add a file of {contract.name} to FILES in tests/{builder}.py"
    )
    assert contract.written, f"say under `written:` in {contract.file} how its dates or numbers are written"
    assert {*contract.written, *contract.listed} <= {*contract.columns}
    if contract.kind == "voters":
        assert contract.listed, f"list the codes of its status under `listed:` in {contract.file}"


def test_a_renamed_column(table: Table, tmp_path: Path):
    if not (table.form.header or table.form.json_lines):
        pytest.skip("it has no names")
    place = next(i for i, c in enumerate(table.loads) if c and c in table.contract.filled and len(c) > 5)
    column, new = table.loads[place], f"{table.columns[place]}X"
    text = told(
        tmp_path, table, replace(table, columns=[*table.columns[:place], new, *table.columns[place + 1 :]]).content()
    )
    assert f"the nearest is {table.contract.name}" in text
    assert f"missing: {column}" in text
    assert f"unknown: {new}" in text
    assert f"put these aliases into {table.contract.file}" in text
    again = mended(table.contract, columns=table.contract.columns | pasted(text))
    changed = replace(table, columns=[*table.columns[:place], new, *table.columns[place + 1 :]])
    assert told(tmp_path, table, changed.content(), again).loads[place] == column


def test_a_missing_column(table: Table, tmp_path: Path):
    wanted = [c for c in table.contract.filled if c in table.loads]
    place = table.loads.index(wanted[-1])
    text = told(tmp_path, table, table.without(place).content(widths=_but(table.form.widths, place)))
    if table.form.header or table.form.json_lines:
        assert f"the nearest is {table.contract.name}" in text
        assert f"missing: {wanted[-1]}" in text
    else:
        assert table.contract.title in text
        assert f"`names:` to `forms:` in {table.contract.file}" in text


def _but(widths: list[int], place: int) -> list[int]:
    return [*widths[:place], *widths[place + 1 :]]


def test_a_new_column(table: Table, tmp_path: Path):
    more = replace(table, columns=[*table.columns, "zzq_new"], rows=[[*row, "1"] for row in table.rows])
    widths = [*table.form.widths, 9] if table.form.widths else []
    text = told(tmp_path, table, more.content(widths=widths))
    if table.form.json_lines:
        assert (text.fits, text.unknown) == (True, ("zzq_new",))
    elif table.form.header:
        assert "unknown: zzq_new" in text
        assert "add to its `ignored:` list: zzq_new" in text
        again = mended(table.contract, ignored=[*table.contract.ignored, "zzq_new"])
        assert told(tmp_path, table, more.content(), again).contract.name == table.contract.name
    else:
        assert table.contract.title in text
        assert f"`names:` to `forms:` in {table.contract.file}" in text


def test_reordered_columns(table: Table, tmp_path: Path):
    turned = replace(table, columns=table.columns[::-1], rows=[row[::-1] for row in table.rows])
    found = told(tmp_path, table, turned.content(widths=table.form.widths[::-1]))
    if table.form.json_lines:
        assert sorted(filter(None, found.loads)) == sorted(filter(None, table.loads))
    elif table.form.header:
        assert [c for c in found.loads if c] == [c for c in table.loads[::-1] if c]
    else:
        assert re.search(rf"{re.escape(table.contract.title)}, and what stands in \w+ \(column \d+\)", found)


def test_another_delimiter(table: Table, tmp_path: Path):
    if not table.form.delimiter:
        pytest.skip("it has none")
    used = {(form.delimiter, form.header) for form in table.contract.forms}
    other = next(d for d in (";", "|", "\t") if (d, table.form.header) not in used)
    text = told(tmp_path, table, table.content(delimiter=other))
    if table.form.header:
        assert f"it has {len(table.columns) - 1} {SEPARATORS[other]}" in text
        assert f"add to `forms:` in {table.contract.file}" in text
        (form,) = yaml.safe_load(text.splitlines()[-1])
        again = mended(table.contract, forms=[form | {"quote": table.form.quote}])
        assert told(tmp_path, table, table.content(delimiter=other), again).form.delimiter == other
    else:
        assert table.contract.title in text
        assert f"`forms:` in {table.contract.file}" in text


def test_another_encoding(table: Table, tmp_path: Path):
    place = next(
        i for i, c in enumerate(table.loads) if c and c not in (*table.contract.written, *table.contract.content)
    )
    changed = table.with_values(table.loads[place], "ÑÉÜ")
    assert "convert it first: iconv" in told(tmp_path, table, changed.content("utf-16"))
    found = told(tmp_path, table, changed.content("utf-8"))
    if table.contract.encoding in ("either", "utf-8") and not table.form.widths:
        assert found.contract.name == table.contract.name
    elif table.form.widths:
        assert "convert it: iconv" in found or "bytes and no separators" in found
    else:
        assert f"it is UTF-8 text, and {table.contract.name} is latin-1" in found
        again = mended(table.contract, **pasted(found))
        assert told(tmp_path, table, changed.content("utf-8"), again).contract.name == table.contract.name


def test_retyped_columns(table: Table, tmp_path: Path):
    value = "ZQXJ" if table.form.widths else "the 3rd of ZQXJ"
    for column in (c for c in table.contract.written if c in table.loads):
        changed = table.with_values(column, value).content()
        text = told(tmp_path, table, changed)
        assert f"{column} (column {table.loads.index(column) + 1})" in text
        assert table.contract.file in text
        assert "ZQXJ" not in text
        # Of a file without a header the same column may also be one by which it is told.
        words = {}
        for word in ("content", "written") if "`content:`" in text else ("written",):
            text = told(tmp_path, table, changed, mended(table.contract, **words))
            assert f"`{word}:`" in text
            words[word] = getattr(table.contract, word) | pasted(text)
        assert told(tmp_path, table, changed, mended(table.contract, **words)).contract.name == table.contract.name
