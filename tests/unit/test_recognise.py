"""Which contract a file is of: forms with several delimiters, with and without a header, and vintages of other widths.

The contracts here are made up, so that each word of the language is tested by itself.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from orchestration.ingestion.contracts import Contract, Form
from orchestration.ingestion.inbox import Refused
from orchestration.ingestion.recognise import recognise
from orchestration.ingestion.scan import told_encoding


def contract(name: str = "one", **values) -> Contract:
    given = {
        "name": name, "title": name.title(), "state": "XX", "cadence_days": 7, "kind": "voters", "encoding": "latin-1",
        "forms": [{"delimiter": "|"}], "file_name": name, "scope": {"column": "county"},
        "sample": {"column": "id", "prefix": "ZZ"}, "profile": [], "filled": [],
        "columns": {"id": ["VoterID"], "county": [], "name": []},
    }  # fmt: skip
    return Contract(**given | values)


def tell(tmp_path: Path, content: str | bytes, *contracts: Contract, name: str = "x.txt"):
    file = tmp_path / "file"
    file.write_bytes(content if isinstance(content, bytes) else content.encode("latin-1"))
    return recognise(file, name, contracts)


PIPE_OR_TAB = [{"delimiter": "|"}, {"delimiter": "\t", "quote": ""}]


@pytest.mark.parametrize(("delimiter", "quote"), [("|", '"'), ("\t", "")])
def test_a_delimiter_of_several_is_told_from_the_header(tmp_path, delimiter: str, quote: str):
    match, scan = tell(tmp_path, delimiter.join(["VoterID", "county", "name"]) + "\n", contract(forms=PIPE_OR_TAB))
    assert (match.form, match.loads) == (Form(delimiter=delimiter, quote=quote), ("id", "county", "name"))
    assert (scan.quote, scan.has_header) == (quote, True)


def test_another_delimiter_than_the_contracts_is_named(tmp_path):
    with pytest.raises(Refused, match="not separated by pipes; it has 2 semicolons"):
        tell(tmp_path, "id;county;name\n", contract(forms=PIPE_OR_TAB))


def test_a_header_may_come_or_not(tmp_path):
    forms = [{"delimiter": "|"}, {"delimiter": "|", "header": False}]
    either = contract(forms=forms, content={"id": r"\d+"})
    match, scan = tell(tmp_path, "name|id|county\nA|1|B\n", either)
    assert (match.loads, scan.has_header) == (("name", "id", "county"), True)
    match, scan = tell(tmp_path, "1|B|A\n2|B|A\n", either)
    assert (match.loads, scan.has_header) == (("id", "county", "name"), False)


def test_vintages_without_a_header_are_told_by_their_width(tmp_path):
    forms = [
        {"delimiter": "|", "header": False, "names": ["id", "county", "name", "left_out"]},
        {"delimiter": "|", "header": False, "names": ["county", "id"]},
    ]
    vintages = contract(forms=forms, ignored=["left_out"], optional=["name"], content={"id": r"\d+"})
    assert tell(tmp_path, "1|B|A|z\n", vintages)[0].loads == ("id", "county", "name", None)
    assert tell(tmp_path, "B|1\n", vintages)[0].loads == ("county", "id")
    with pytest.raises(
        Refused, match="records have 4 columns separated by pipes and no header; most of its records have 3"
    ):
        tell(tmp_path, "1|B|A\n", vintages, name="one_2026.txt")


def test_a_few_broken_records_at_the_top_do_not_hide_a_files_kind(tmp_path):
    plain = contract(forms=[{"delimiter": "|", "header": False}], content={"id": r"\d+"})
    assert tell(tmp_path, "1|B\n1|B|A\nx|B|A\n1|B|A\n1|B|A\n", plain)[0].fits
    with pytest.raises(Refused):
        tell(tmp_path, "x|B|A\nx|B|A\n1|B|A\n", plain)


def test_a_column_that_not_every_vintage_has_may_be_missing(tmp_path):
    assert tell(tmp_path, "id|county\n", contract(optional=["name"]))[0].loads == ("id", "county")
    with pytest.raises(Refused, match="missing: name"):
        tell(tmp_path, "id|county\n", contract())


def test_a_field_more_than_the_header_is_read_past_where_the_contract_knows_it(tmp_path):
    longer = contract(forms=[{"delimiter": "|", "trailing_field": True}])
    match, scan = tell(tmp_path, "id|county|name\n1|B|A|\n2|B|A|\n", longer)
    assert (match.loads, scan.header) == (("id", "county", "name", None), ["id", "county", "name", ""])
    assert tell(tmp_path, "id|county|name\n1|B|A\n", longer)[0].loads == ("id", "county", "name")


def test_of_two_contracts_that_fit_the_name_decides(tmp_path):
    forms = [{"delimiter": "|", "header": False}]
    two = (contract("one", forms=forms), contract("two", forms=forms))
    assert tell(tmp_path, "1|B|A\n", *two, name="TWO_2026.txt")[0].contract.name == "two"
    with pytest.raises(Refused, match="it may be One or Two; give it the name under which the state ships it"):
        tell(tmp_path, "1|B|A\n", *two)


@pytest.mark.parametrize(
    ("content", "encoding"),
    [
        (b"plain", "latin-1"),
        ("NUÑEZ É".encode("latin-1"), "latin-1"),
        ("NUÑEZ É".encode(), "utf-8"),
        ("NUÑEZ".encode("utf-8-sig"), "utf-8"),
        (b"\xef\xbb\xbfplain", "utf-8"),
        ("NUÑEZ ÑANDU PEÑA ".encode() + "É".encode("latin-1"), "utf-8"),
        ("NUÑEZ ÑANDU PEÑA ".encode("latin-1") + "É".encode(), "latin-1"),
        (b"O\x92NEIL", "latin-1"),
        (b"a" * 600_000 + "Ñ".encode(), "utf-8"),
    ],
)
def test_an_encoding_is_told_by_most_of_its_letters(tmp_path, content: bytes, encoding: str):
    file = tmp_path / "file"
    file.write_bytes(content)
    assert told_encoding(file) == encoding


@pytest.mark.parametrize(
    ("scope", "file_name", "name", "code"),
    [
        ({"column": "county", "digits": 3}, r"v(?P<scope>\d+)?", "v92.txt", "092"),
        ({"column": "county", "digits": 3}, r"v(?P<scope>\d+)?", "v.txt", None),
        ({"column": "county"}, r"^(?P<scope>[a-z]{3})_", "leo_1.txt", "LEO"),
        ({}, r"part(?P<scope>\d)", "x_Part2.txt", "2"),
        ({}, r"part(?P<scope>\d)", "other.txt", None),
        ({"column": "county"}, "no group", "no group.txt", None),
    ],
)
def test_a_files_name_may_say_what_it_is_of(scope: dict, file_name: str, name: str, code: str | None):
    assert contract(scope=scope, file_name=file_name).named_scope(name) == code


WIDTHS = {"quote": "", "header": False, "names": ["id", "county", "name"], "widths": [2, 1, 4]}


def test_fields_of_fixed_widths_are_told_by_length_and_content(tmp_path):
    either = contract(forms=[{"delimiter": "|"}, WIDTHS], content={"id": r"\d+"})
    match, scan = tell(tmp_path, "1 BADA \r\n22BEVE \r\n", either)
    assert (match.loads, scan.length, scan.line_end) == (("id", "county", "name"), 7, b"\r\n")
    assert tell(tmp_path, "VoterID|county|name\n", either)[1].length is None
    with pytest.raises(Refused, match="have 7 bytes and no separators; most of its records have 6"):
        tell(tmp_path, "1 BADA\n22BEVE\n", either, name="one")
    with pytest.raises(Refused, match=r"what stands in id \(column 1\)"):
        tell(tmp_path, "x BADA \ny BEVE \n", either, name="one")


@pytest.mark.parametrize(
    "form",
    [
        {},
        {"delimiter": "|", "widths": [1]},
        WIDTHS | {"header": True},
        WIDTHS | {"quote": '"'},
        WIDTHS | {"widths": [7]},
    ],
)
def test_a_form_is_written_in_one_way(form: dict):
    with pytest.raises(ValueError, match="a form "):
        Form(**form)
