"""JSON lines: told by their keys, counted without their reader, and every line loaded or kept with a reason."""

from __future__ import annotations

import contextlib
import json
from pathlib import Path

import duckdb
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from orchestration.ingestion import load
from orchestration.ingestion import scan as module
from orchestration.ingestion.contracts import Contract
from orchestration.ingestion.inbox import Refused
from orchestration.ingestion.recognise import recognise
from orchestration.ingestion.scan import scan_file, whole_file, write_without
from orchestration.warehouse import _META

QUICK = settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
READ = Contract(
    name="read", title="Read", kind="events", encoding="utf-8", file_name="read", profile=[], filled=["id"],
    forms=[{"json_lines": True, "header": False, "quote": ""}], optional=["place"], never_land=["context.ip"],
    ignored=["context.app"], columns={"id": ["messageId"], "topic": ["properties.topic"], "place": ["context.page.url", "url"]},
)  # fmt: skip
OTHER = READ.model_copy(update={"name": "other", "columns": {"id": ["otherId"], "kind": []}, "optional": []})


@pytest.fixture(scope="module")
def con():
    with duckdb.connect() as con:
        con.execute(_META)
        yield con


def taken(con, folder: Path, content: bytes) -> tuple[list[tuple], list[tuple], int]:
    """The rows loaded, the lines kept as (number, reason, text), and how many lines were counted."""
    file, clean = folder / "file", folder / "clean"
    file.write_bytes(content)
    match, scan = recognise(file, "read.jsonl", (READ, OTHER))
    scan_file(file, scan, "")
    write_without(file, scan, clean)
    con.execute("drop table if exists raw.read")
    con.execute("begin transaction")
    broken = scan.broken + load.create_table(con, match, scan, clean, "raw.read")
    con.execute("delete from raw.profiles")
    load.count_unknown_keys(con, match.contract, "d", clean)
    con.execute("commit")
    return (
        con.execute("select rowid, * from raw.read").fetchall(),
        sorted((b.record, b.reason, b.raw) for b in broken),
        scan.records,
    )


GOOD = b'{"messageId": "1", "properties": {"topic": "Schools"}, "context": {"ip": "1", "page": {"url": "x"}}}'


def test_values_stand_where_the_contract_says(con, tmp_path):
    second = b'{"messageId": 2, "url": "y", "properties": {"topic": null}, "context": {"page": {}}}'
    third = b'  {"messageId": "\\u00e9{", "properties": 7, "context": {"page": {"url": "", "more": [1]}}}  '
    rows, kept, count = taken(con, tmp_path, b"\n".join([GOOD, second, third]))
    assert rows == [(0, "1", "Schools", "x"), (1, "2", None, "y"), (2, "é{", None, "")]
    assert (kept, count) == ([], 3)


BROKEN = [
    (b"", "blank line"),
    (b" \t ", "blank line"),
    (b'{"messageId": "1"', "JSON object that does not end"),
    (b'{"messageId": "1"}}', "malformed JSON"),
    (b'{"messageId": "1"}{"messageId": "2"}', "malformed JSON"),
    (b"{'messageId': '1'}", "malformed JSON"),
    (b'{"messageId": "\\ud800"}', "malformed JSON"),
    (b'{"messageId": "a\tb"}', "malformed JSON"),
    (b'[{"messageId": "1"}]', "an array where an object is due"),
    (b'"messageId"', "no JSON object"),
    (b"null", "no JSON object"),
    (b'{"messageId": "a\0b"}', "NUL"),
    (b'{"messageId": "a\\u0000b"}', "NUL"),
    (b'\xef\xbb\xbf{"messageId": "1"}', "BOM within the file"),
    (b'{"messageId": "M\xfcller"}', "bytes are no UTF-8 text"),
    (b'{"messageId":\r"1"}', "line break inside a record"),
    (b'{"messageId": {"id": "1"}}', "nested value where a plain one is due: messageId"),
    (b'{"messageId": "1", "properties": {"topic": ["a"]}}', "nested value where a plain one is due: properties.topic"),
]  # fmt: skip


@pytest.mark.parametrize("end", [b"\n", b"\r\n"])
@pytest.mark.parametrize(("line", "reason"), BROKEN)
def test_a_broken_line_is_kept_alone(con, tmp_path, line: bytes, reason: str, end: bytes):
    rows, kept, count = taken(con, tmp_path, end.join([GOOD, GOOD, line, GOOD, line, GOOD]) + end)
    assert [(number, why) for number, why, _ in kept] == [(3, reason), (5, reason)]
    assert kept[0][2] == line.decode("utf-8", "backslashreplace")
    assert [row[0] for row in rows] == [0, 1, 2, 3]
    assert count == 6


def test_a_bom_at_the_beginning_and_mixed_line_ends_are_fine(con, tmp_path):
    rows, kept, _ = taken(con, tmp_path, b"\xef\xbb\xbf" + GOOD + b"\n" + GOOD + b"\r\n" + GOOD)
    assert (len(rows), kept) == (3, [])


def test_an_escaped_backslash_before_u0000_is_no_nul(con, tmp_path):
    rows, kept, _ = taken(con, tmp_path, GOOD + b'\n{"messageId": "a\\\\u0000b"}\n')
    assert (rows[1][1], kept) == ("a\\u0000b", [])


def test_unknown_keys_are_counted_wherever_a_known_one_stands(con, tmp_path):
    more = b'{"messageId": "1", "new": {"deep": 1}, "properties": {"topic": "a", "colour": 1}, "context": {"app": {"x": 1}, "os": 2}}'
    taken(con, tmp_path, b"\n".join([GOOD, more, more]))
    unknown = con.execute(
        "select value, row_count from raw.profiles where column_name = '_unknown' order by 1"
    ).fetchall()
    assert unknown == [("context.os", 2), ("new", 2), ("properties.colour", 2)]


def test_what_may_never_land_is_not_kept_with_a_broken_line():
    text = r'{"messageId": "1", "context": {"ip": "192.0.2.1\"x", "page": 1}, "ip" : 7, "x": '
    assert load._without(text, READ) == '{"messageId": "1", "context": {"ip": null, "page": 1}, "ip" : null, "x": '
    assert load._without('{"ip": "192.0.2', READ) == '{"ip": null'


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (b'[{"messageId": "1"}, {"messageId": "2"}]', "jq -c '.[]' OLD > NEW"),
        (b'[\n{"messageId": "1"},\n{"messageId": "2"}\n]\n', "jq -c '.[]' OLD > NEW"),
        (b'{\n  "messageId": "1"\n}\n', "jq -c . OLD > NEW"),
        (b'{"a": "' + b"x" * module.CHUNK, "its first line does not end"),
        (b'{"message_id": "1", "properties": {"topic": "a"}}\n', "put these aliases into orchestration/ingestion/contracts/read.yaml"),
        (b'{"ann@example.org": "1"}\n', "none of its other keys is shown"),
    ],
)  # fmt: skip
def test_other_json_is_refused_with_what_mends_it(con, tmp_path, content: bytes, says: str):
    with pytest.raises(Refused) as refusal:
        taken(con, tmp_path, content)
    assert says in str(refusal.value)
    assert "ann@" not in str(refusal.value)


LINES = st.one_of(
    st.sampled_from([line for line, _ in BROKEN]),
    st.dictionaries(
        st.sampled_from(["messageId", "properties", "url", "x"]),
        st.recursive(st.text(max_size=5) | st.integers() | st.none(), lambda v: st.dictionaries(st.sampled_from(["topic", "y"]), v)),
    ).map(lambda found: json.dumps({"messageId": "1"} | found).encode()),
    st.binary(max_size=12).map(lambda b: b.replace(b"\n", b"")),
)  # fmt: skip


@QUICK
@given(st.lists(LINES, max_size=20), st.integers(40, 200))
def test_counts_add_up_whatever_the_bytes_and_wherever_a_block_ends(con, tmp_path, lines, chunk):
    content = b"\n".join([GOOD, *lines])
    found = None
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(whole_file, "refuse_too_many", lambda broken, records: None)
        with contextlib.suppress(Refused):
            found = taken(con, tmp_path, content)
            scan = module.Scan(encoding="utf-8", line_end=b"\n", quote="", has_header=False, json_lines=True)
            patch.setattr(whole_file, "CHUNK", chunk)
            scan_file(tmp_path / "file", scan, "")
    if found is None:
        return
    rows, kept, count = found
    assert count == len(content.removesuffix(b"\n").split(b"\n"))
    assert len(rows) + len(kept) == count
    assert [row[0] for row in rows] == [*range(len(rows))]
    assert scan.records == count
    assert {b.record for b in scan.broken} <= {number for number, *_ in kept}
