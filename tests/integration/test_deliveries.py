"""What a delivery is, what it replaces, and what is left of it: every vintage, order, date and scope."""

from __future__ import annotations

import hashlib
import io
import os
import random
import threading
import zipfile
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
import zstandard
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from orchestration.ingestion import inbox, ingest, load, scopes, stretches
from orchestration.settings import Limits
from orchestration.warehouse import Warehouse
from quality import reconcile, versions
from tests import nc
from tests.conftest import PERSONAL, Desk, as_if_large

NEVER = {"ssn", "drivers_lic", "hava_id_req", "no_dl_ssn_chkbx"}
D1, D2, D3, D4 = "2026-01-03", "2026-01-10", "2026-01-17", "2026-01-24"
STATE, WAKE, ALAMANCE = "ncvoter_Statewide.txt", "ncvoter92.txt", "ncvoter1.txt"


def county(number: int, *tags: str) -> list[dict[str, str]]:
    return [nc.voter(county_id=str(number), ncid=f"{tag}-{number}", last_name=PERSONAL) for tag in tags]


def file_of(*rows: list[dict[str, str]]) -> bytes:
    return nc.voters_text([row for part in rows for row in part])


def zipped(member: str, content: bytes, stamp=(2026, 1, 2, 3, 4, 6)) -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(zipfile.ZipInfo(member, stamp), content)
    return file.getvalue()


def statuses(desk: Desk) -> dict[str, str]:
    return dict(desk.query("select scope || ' ' || as_of, status from meta.deliveries"))


# Vintages

SHUFFLED = tuple(random.Random(7).sample(nc.COLUMNS_70, len(nc.COLUMNS_70)))


@pytest.mark.parametrize(
    "columns",
    [
        pytest.param(nc.COLUMNS_67, id="67"),
        pytest.param(nc.COLUMNS_70, id="70"),
        pytest.param(nc.COLUMNS_71, id="71"),
        pytest.param(SHUFFLED, id="shuffled"),
        pytest.param(tuple(c.upper() for c in nc.COLUMNS_67), id="upper case"),
        pytest.param(tuple(c.title() for c in nc.COLUMNS_71), id="title case"),
    ],
)
def test_every_vintage_gives_the_same_columns(desk: Desk, columns: tuple[str, ...]):
    secret = dict.fromkeys(NEVER, "ZQXJSECRET")
    row = nc.voter(middle_name="MAY", name_suffix_lbl="JR", age_at_year_end="46", birth_state="NC", **secret)
    content = nc.voters_text([row], columns)
    assert desk.hand_in("ncvoter_any.txt", content).rows_loaded == 1
    loaded = [c for c in nc.VOTERS.columns]
    (values,) = desk.query(f"select {', '.join(loaded)} from raw.nc_voters")
    # vtd and the rest stand empty in the file, which is null
    assert dict(zip(loaded, values, strict=True)) == {c: row.get(c) or None for c in loaded}

    names = desk.query("select distinct lower(column_name) from duckdb_columns() where database_name = 'groundgame'")
    assert NEVER.isdisjoint(n for (n,) in names)
    for schema, table in desk.query("select schema_name, table_name from duckdb_tables()"):
        assert "ZQXJSECRET" not in repr(desk.query(f'select * from {schema}."{table}"'))


def test_history_lands(desk: Desk):
    desk.hand_in("ncvhis92.txt", nc.history_text([nc.vote()]))
    (row,) = desk.query(f"select {', '.join(nc.HISTORY_COLUMNS)} from raw.nc_vote_history")
    assert row == tuple(nc.vote()[c] for c in nc.HISTORY_COLUMNS)


def test_header_that_fits_no_contract_is_refused_with_the_difference(desk: Desk):
    columns = tuple(c.replace("party_cd", "party_code") for c in nc.COLUMNS_67)
    outcome = desk.hand_in(STATE, nc.voters_text(county(92, "a"), columns))
    assert outcome.status == "refused"
    assert "missing: party_cd\n  unknown: party_code" in outcome.reason
    assert "    party_cd: [party_code]" in outcome.reason
    assert desk.ids() == []


# The day that a delivery shows

TEXT = file_of(county(92, "a"))


@pytest.mark.parametrize(
    ("name", "content", "explicit", "expected"),
    [
        ("ncvoter.txt", TEXT, None, "2025-12-13"),
        ("ncvoter_20251206.txt", TEXT, None, "2025-12-06"),
        ("ncvoter 2025-12-06.txt", TEXT, None, "2025-12-06"),
        ("ncvoter_20250231.txt", TEXT, None, "2025-12-13"),
        ("ncvoter_20251206_20251207.txt", TEXT, None, "2025-12-13"),
        ("ncvoter_20251206.txt", TEXT, date(2025, 11, 1), "2025-11-01"),
        ("ncvoter.zip", zipped("ncvoter.txt", TEXT), None, "2026-01-02"),
        ("ncvoter.ZIP", zipped("ncvoter_20251220.txt", TEXT), None, "2025-12-20"),
        ("ncvoter_20251206.zip", zipped("ncvoter_20251220.txt", TEXT), None, "2025-12-06"),
        ("ncvoter_20251206.zip", zipped("ncvoter.txt", TEXT), date(2025, 11, 1), "2025-11-01"),
        ("ncvoter.zip", zipped("ncvoter.txt", TEXT, (1980, 1, 1, 0, 0, 0)), None, "2025-12-13"),
        ("ncvoter.zip", zipped("ncvoter.txt", TEXT, (2026, 0, 0, 0, 0, 0)), None, "2025-12-13"),
    ],
)
def test_as_of(desk: Desk, name: str, content: bytes, explicit: date | None, expected: str):
    """The person's word, then the file's name, the member's name, the member's date, the file's date."""
    desk.put(name, content, "2025-12-13")
    assert str(desk.delivery(desk.take_one(explicit))["as_of"]) == expected
    assert desk.query("select distinct _as_of::varchar from raw.nc_voters") == [(expected,)]


def test_a_future_day_is_refused(desk: Desk):
    ahead = datetime.now(UTC).date() + timedelta(days=3)
    outcome = desk.hand_in(f"ncvoter_{ahead}.txt", TEXT)
    assert outcome.status == "refused"
    assert f"it is dated {ahead}, in the future; give its day with --as-of" in outcome.reason
    assert desk.take_one(date(2026, 1, 3)).status == "loaded"


def test_text_and_zip_of_the_same_content_are_one_delivery(desk: Desk):
    first = desk.hand_in("ncvoter.zip", zipped("ncvoter.txt", TEXT))
    second = desk.hand_in("ncvoter.txt", TEXT)
    assert (first.status, second.status) == ("loaded", "unchanged")
    assert first.delivery_id == second.delivery_id == hashlib.sha256(TEXT).hexdigest()[:16]


def test_the_first_file_is_read_beside_what_comes_before(desk: Desk):
    desk.put("a_" + WAKE, file_of(county(92, "a")), D1)
    gone = desk.put("b_" + ALAMANCE, file_of(county(1, "b")), D1)
    with Warehouse(desk.settings).hold("a test") as warehouse:
        with ingest.Reader(desk.settings, date.fromisoformat(D2)) as begun:
            (asked,) = begun.ahead.values()
            assert asked.result().scan.records == 1
            late = desk.put("c_" + WAKE, file_of(county(92, "c")), D1)
            gone.unlink()
            with warehouse.open() as con:
                outcomes = ingest.ingest_inbox(desk.settings, con, say=desk.hear, begun=begun)
        assert [outcome.status for outcome in outcomes] == ["loaded", "waiting"]
        assert late.exists()  # for the next run
        with ingest.Reader(desk.settings) as begun:
            (asked,) = begun.ahead.values()
            assert asked.result().file.path.exists()
        assert not [file for file in desk.settings.scratch.iterdir() if file.is_file()]  # of a run that came to nothing
    assert desk.query("select ncid, _as_of from raw.nc_voters") == [("a-92", date.fromisoformat(D2))]


def test_a_large_first_file_is_loaded_beside_what_comes_before(desk: Desk, monkeypatch: pytest.MonkeyPatch):
    as_if_large(monkeypatch)
    desk.settings = replace(desk.settings, limits=Limits(threads=2))
    create_table, made, refusals = load.create_table, [], 0

    def create(con, match, scan, path, table, reading=None):
        made.append("unread" if table.endswith('__unread"') else "read")
        if len(made) <= refusals:
            raise inbox.Refused("as DuckDB may")
        return create_table(con, match, scan, path, table, reading)

    monkeypatch.setattr(load, "create_table", create)

    def run(name: str, content: bytes, is_loaded: bool, stops: bool = False) -> str:
        desk.put(name, content)
        made.clear()
        held = Warehouse(desk.settings).hold("a test", stays_open=True)
        with held as warehouse, ingest.Reader(desk.settings) as begun:
            if stops:
                begun.stretches.stop()
                begun.first.unread.stop()
            begun.load_ahead(warehouse)
            assert (begun.loading.result() is not None) == is_loaded
            with warehouse.open() as con:
                (outcome,) = ingest.ingest_inbox(desk.settings, con, say=desk.hear, begun=begun)
                desk._check_outcome(con, outcome, [outcome])
                desk._check_tidy(con)
        return outcome.status

    assert run("a_" + STATE, file_of(county(1, "c")), is_loaded=True) == "loaded"
    assert made == ["unread"]
    spoilt = file_of(county(1, "a"), county(92, "b"), county(3, "c")).replace(b"b-92", b"b\0-92")
    assert run("b_" + STATE, spoilt, is_loaded=True) == "loaded"
    assert made == ["unread", "read"]  # without the record that was found broken meanwhile
    assert desk.query("select ncid, _record_number from raw.nc_voters order by 2") == [("a-1", 1), ("c-3", 3)]
    with monkeypatch.context() as all_is_loaded_by_then:
        all_is_loaded_by_then.setattr(ingest._Intake, "_stop_in_vain", lambda _: None)
        assert run("g_" + STATE, spoilt.replace(b"a-1", b"g-1"), is_loaded=True) == "loaded"
    assert made == ["unread", "read"]
    assert desk.query("select ncid, _record_number from raw.nc_voters order by 2") == [("g-1", 1), ("c-3", 3)]
    strange = file_of(county(1, "f"), county(92, "f"), county(3, "f")).replace(b'"f-92"', b'"\xc9"A')
    assert run("f_" + STATE, strange, is_loaded=True) == "loaded"
    assert made == ["unread"]  # the reader alone would not take it
    assert desk.query("select ncid, _record_number from raw.nc_voters order by 2") == [("f-1", 1), ("f-3", 3)]
    assert desk.query("select record_number, line_number from raw.quarantine order by rowid desc limit 1") == [(2, 3)]
    assert run("c_" + STATE, spoilt, is_loaded=False) == "unchanged"
    assert made == ["unread"]
    refusals = 2
    assert run("d_" + STATE, file_of(county(1, "d")), is_loaded=False) == "loaded"
    assert made == ["unread", "read", "read"]
    refusals = 0
    two = file_of(county(1, "e"), county(2, "e"))
    assert run("e_" + STATE, two, is_loaded=False, stops=True) == "loaded"
    assert desk.ids() == ["e-1", "e-2"]


def test_what_speaks_against_a_file_stops_its_loading(desk: Desk, monkeypatch: pytest.MonkeyPatch):
    as_if_large(monkeypatch)
    content = file_of(county(1, "a"), county(2, "a"))
    desk.hand_in("a_" + STATE, content)

    def is_stopped(content: bytes) -> bool:
        desk.put("b_" + STATE, content)
        with Warehouse(desk.settings).hold("a test") as warehouse, ingest.Reader(desk.settings) as begun:
            begun.load_ahead(warehouse)
            begun.loading.result()
            return begun.first.unread.is_over

    assert is_stopped(content)  # it is here already
    assert is_stopped(content.replace(b"a-2", b"a\0-2"))  # a record is broken
    assert is_stopped(b"a file of nobody's\n")
    assert not is_stopped(content.replace(b"a-2", b"b-2"))


def test_a_file_that_is_still_being_loaded_ahead_is_waited_for(desk: Desk, monkeypatch: pytest.MonkeyPatch):
    as_if_large(monkeypatch)
    taken_in = threading.Event()
    run, load_ahead = ingest._Intake.run, ingest._Intake.load_ahead

    def run_after(intake, con, held):
        taken_in.set()
        return run(intake, con, held)

    def load_ahead_late(intake, *arguments):
        assert not taken_in.wait(0.5)
        return load_ahead(intake, *arguments)

    monkeypatch.setattr(ingest._Intake, "run", run_after)
    monkeypatch.setattr(ingest._Intake, "load_ahead", load_ahead_late)
    desk.put(STATE, file_of(county(1, "a"), county(2, "a")))
    held = Warehouse(desk.settings).hold("a test", stays_open=True)
    with held as warehouse, ingest.Reader(desk.settings) as begun:
        begun.load_ahead(warehouse)
        with warehouse.open() as con:
            (outcome,) = ingest.ingest_inbox(desk.settings, con, say=desk.hear, begun=begun)
    assert outcome.status == "loaded"
    assert desk.ids() == ["a-1", "a-2"]


# What replaces what


def test_a_newer_statewide_file_replaces_all(desk: Desk):
    desk.hand_in(STATE, file_of(county(1, "a"), county(92, "a")), D1)
    desk.hand_in(STATE, file_of(county(2, "b"), county(92, "b")), D2)
    assert desk.ids() == ["b-2", "b-92"]
    assert desk.ids("nc_voters_previous") == ["a-1", "a-92"]
    assert statuses(desk) == {f"NC {D1}": "superseded", f"NC {D2}": "loaded"}


def test_the_marts_can_follow_only_from_what_was_current_now_or_right_before(desk: Desk):
    def follow() -> bool:
        with Warehouse(desk.settings).open() as con:
            return versions.changes_suffice(con)

    def build() -> None:
        with Warehouse(desk.settings).open() as con:
            versions.finish_build(desk.settings, con, "marts")

    both = county(92, "a"), county(1, "b")
    desk.hand_in(STATE, file_of(*both), D1)
    assert not follow()  # never built
    build()
    assert follow()
    desk.hand_in(WAKE, file_of(county(92, "c")), D2)
    assert follow()
    desk.hand_in(WAKE, file_of(county(92, "d")), D3)
    assert not follow()  # Wake was built from what is neither current nor before
    build()
    desk.hand_in(STATE, file_of(*both, county(2, "e")), D4)
    assert not follow()  # a county that was not there has nothing before
    build()
    desk.hand_in(STATE, file_of(county(92, "f"), county(1, "b"), county(2, "e")), D4)
    assert not follow()  # a file of the same day takes the place of the other, as if that had never been


def test_an_older_file_is_set_aside(desk: Desk):
    desk.hand_in(STATE, file_of(county(1, "b"), county(92, "b")), D2)
    outcome = desk.hand_in(STATE, file_of(county(1, "a"), county(92, "a")), D1)
    assert (outcome.status, outcome.is_bad) == ("set_aside", False)
    assert outcome.reason == f"it shows {D1}, and NC is here as of {D2}; kept in the archive only"
    assert desk.ids() == ["b-1", "b-92"]
    assert desk.delivery(outcome)["records_read"] == 2
    assert desk.query("select count(*) from raw.profiles where delivery_id = ?", outcome.delivery_id) == [(0,)]


def test_a_file_set_aside_for_a_wrong_day_can_be_given_its_right_one(desk: Desk):
    desk.hand_in(STATE, file_of(county(1, "a"), county(92, "a")), D2)
    content = file_of(county(1, "b"), county(92, "b"))
    assert desk.hand_in(STATE, content, D1).status == "set_aside"
    assert desk.hand_in(STATE, content, D1).status == "unchanged"
    desk.put(STATE, content, D1)
    assert desk.take_one(date.fromisoformat(D3)).status == "loaded"
    assert desk.ids() == ["b-1", "b-92"]


def test_a_county_file_replaces_that_county_only(desk: Desk):
    desk.hand_in(STATE, file_of(county(1, "a"), county(92, "a")), D1)
    desk.hand_in(WAKE, file_of(county(92, "b")), D2)
    assert desk.ids() == ["a-1", "b-92"]
    assert desk.ids("nc_voters_previous") == ["a-92"]
    assert statuses(desk) == {f"NC {D1}": "loaded", f"NC-092 {D2}": "loaded"}


def test_a_statewide_file_older_than_a_countys_leaves_that_county(desk: Desk):
    desk.hand_in(STATE, file_of(county(1, "a"), county(92, "a")), D1)
    desk.hand_in(WAKE, file_of(county(92, "c")), D3)
    desk.hand_in(STATE, file_of(county(1, "b"), county(92, "b")), D2)
    assert desk.ids() == ["b-1", "c-92"]
    assert desk.ids("nc_voters_previous") == ["a-1", "b-92"]
    desk.hand_in(STATE, file_of(county(1, "d"), county(92, "d")), D4)
    assert desk.ids() == ["d-1", "d-92"]


def test_a_countys_file_keeps_records_without_a_county(desk: Desk):
    rows = [county(92, "a"), county(92, "b")]
    rows[1][0]["county_id"] = "??"
    desk.hand_in(STATE, file_of(county(1, "s"), [nc.voter(ncid="s-none", county_id="")], county(92, "s")), D1)
    assert desk.ids() == ["s-1", "s-92", "s-none"]
    desk.hand_in(WAKE, file_of(*rows), D2)
    assert desk.ids() == ["a-92", "b-92", "s-1", "s-none"]


def test_sources_do_not_replace_each_other(desk: Desk):
    desk.hand_in(STATE, file_of(county(92, "a")), D1)
    desk.hand_in("ncvhis_Statewide.txt", nc.history_text([nc.vote(ncid="h")]), D2)
    assert (desk.ids(), desk.ids("nc_vote_history")) == (["a-92"], ["h"])


def test_of_two_files_of_one_day_the_later_counts(desk: Desk):
    desk.hand_in(STATE, file_of(county(1, "a"), county(92, "a")), D1)
    desk.hand_in(WAKE, file_of(county(92, "b")), D1)
    assert desk.ids() == ["a-1", "b-92"]


def judge(desk: Desk, has_passed: bool) -> None:
    with Warehouse(desk.settings).open() as con:
        reconcile.record_verdicts(con, {"nc_voters": has_passed})


def test_a_correction_of_the_same_day_is_compared_with_the_day_before(desk: Desk):
    for day, tag in ((D1, "a"), (D2, "half"), (D2, "whole")):
        desk.hand_in(STATE, file_of(county(92, tag)), day)
    assert (desk.ids(), desk.ids("nc_voters_previous")) == (["whole-92"], ["a-92"])


def test_a_file_that_failed_its_gate_gives_way_to_an_older_one(desk: Desk):
    desk.hand_in(STATE, file_of(county(1, "a"), county(92, "a")), D1)
    judge(desk, True)
    desk.hand_in(STATE, file_of(county(1, "half")), D3)
    judge(desk, False)
    assert desk.ids() == ["half-1"]
    outcome = desk.hand_in(STATE, file_of(county(1, "b"), county(92, "b")), D2)
    assert outcome.status == "loaded"
    assert (desk.ids(), desk.ids("nc_voters_previous")) == (["b-1", "b-92"], ["a-1", "a-92"])


def test_a_file_that_failed_its_gate_is_never_the_one_before(desk: Desk):
    desk.hand_in(STATE, file_of(county(92, "a")), D1)
    judge(desk, True)
    desk.hand_in(STATE, file_of(county(92, "half")), D2)
    judge(desk, False)
    desk.hand_in(STATE, file_of(county(92, "c")), D3)
    assert (desk.ids(), desk.ids("nc_voters_previous")) == (["c-92"], ["a-92"])


def test_a_county_that_passed_is_not_doubted_for_anothers_fault(desk: Desk):
    desk.hand_in(STATE, file_of(county(1, "a"), county(92, "a")), D1)
    judge(desk, True)
    desk.hand_in(WAKE, file_of(county(92, "half")), D2)
    judge(desk, False)
    desk.hand_in(ALAMANCE, file_of(county(1, "b")), D2)
    assert desk.ids() == ["a-92", "b-1"]
    judge(desk, True)
    assert dict(desk.query("select has_passed, count(*) from raw.verdicts group by 1")) == {True: 2, False: 1}


COUNTIES = (1, 2, 92)
SCOPES = st.one_of(
    st.sampled_from(COUNTIES).map(lambda c: (c,)),
    st.sampled_from([(1, 2), (2, 92), COUNTIES]),
)


@settings(max_examples=12, deadline=None, suppress_health_check=list(HealthCheck))
@given(scopes=st.lists(SCOPES, min_size=2, max_size=6), order=st.randoms(use_true_random=False))
def test_any_order_gives_the_same(scopes: list[tuple[int, ...]], order: random.Random, tmp_path_factory):
    """Each county's records are those of the newest delivery that covers it, whenever that came."""
    desk = Desk(tmp_path_factory.mktemp("order") / "data")
    places = list(range(len(scopes)))
    order.shuffle(places)
    newest: dict[int, int] = {}
    for day, covered in enumerate(scopes):
        newest |= dict.fromkeys(covered if len(covered) == 1 else COUNTIES, day)
        kind = f"ncvoter{covered[0]}" if len(covered) == 1 else "ncvoter_Statewide"
        rows = [county(c, f"{day}", f"{day}x") for c in covered]
        desk.put(f"{places[day]} {kind}.txt", file_of(*rows), str(date(2026, 1, 1) + timedelta(days=day)))
    outcomes = desk.take()
    assert {o.status for o in outcomes} <= {"loaded", "set_aside"}
    expected = [f"{tag}-{c}" for c, day in newest.items() if c in scopes[day] for tag in (f"{day}", f"{day}x")]
    assert desk.ids() == sorted(expected)


@pytest.mark.parametrize(
    ("name", "rows", "says"),
    [
        (WAKE, county(1, "a"), "its name says county 092, its records are of 1 counties (001)"),
        ("ncvoter-092.txt", county(1, "a") + county(92, "a"), "are of 2 counties (001, 092)"),
        ("ncvoter5.txt", [r for n in range(1, 9) for r in county(n, "a")], "8 counties (001, 002, 003, 004, 005 ...)"),
    ],
)
def test_a_name_that_promises_another_county_is_refused(desk: Desk, name: str, rows: list, says: str):
    outcome = desk.hand_in(name, nc.voters_text(rows))
    assert outcome.status == "refused"
    assert says in outcome.reason
    assert "Give it its right name" in outcome.reason
    assert desk.ids() == []


# Generated and real records

GENERATED = nc.voters_text([nc.voter(ncid="ZZ1"), nc.voter(ncid="ZZ2")])


@pytest.mark.parametrize(
    ("first", "second", "says"),
    [
        (TEXT, GENERATED, "a generated file and {} is a real data directory"),
        (GENERATED, TEXT, "a real file and {} is a sample data directory"),
    ],
)
def test_generated_and_real_records_never_meet(desk: Desk, first: bytes, second: bytes, says: str):
    desk.hand_in("ncvoter.txt", first, D1)
    before = desk.ids()
    outcome = desk.hand_in("ncvoter_new.txt", second, D2)
    assert outcome.status == "refused"
    assert says.format(desk.settings.data_dir) in outcome.reason
    assert "GROUNDGAME_DATA=" in outcome.reason
    assert desk.ids() == before


def test_a_mix_of_both_is_refused_and_decides_nothing(desk: Desk):
    assert "mixes generated and real" in desk.hand_in("ncvoter.txt", file_of(county(92, "a", "ZZ"))).reason
    assert ingest.directory_kind(desk.settings) is None


def test_a_refused_file_does_not_make_a_directory_real(desk: Desk):
    assert desk.hand_in(ALAMANCE, TEXT).status == "refused"
    assert ingest.directory_kind(desk.settings) is None


# The archive and who may read what


def mode(path: Path) -> int:
    return path.stat().st_mode & 0o777


def test_archive_holds_the_same_bytes_for_the_owner_only(desk: Desk):
    os.umask(0o022)
    desk.hand_in(STATE, TEXT)
    (kept,) = desk.settings.archive.iterdir()
    assert kept.name == f"{hashlib.sha256(TEXT).hexdigest()}.txt.zst"
    assert zstandard.ZstdDecompressor().decompressobj().decompress(kept.read_bytes()) == TEXT
    assert mode(kept) == 0o600
    assert mode(desk.settings.archive) == 0o700
    assert mode(desk.settings.warehouse) == 0o600
    assert mode(desk.settings.warehouse.parent) == 0o700


def test_a_zip_is_archived_as_it_came(desk: Desk):
    content = zipped("ncvoter.txt", TEXT)
    desk.hand_in("ncvoter.zip", content)
    (kept,) = desk.settings.archive.iterdir()
    assert kept.name == f"{hashlib.sha256(TEXT).hexdigest()}.zip"
    assert kept.read_bytes() == content
    assert mode(kept) == 0o600


# Runs that are stopped, and sums that do not close


@pytest.mark.parametrize(
    ("module", "name", "is_large"),
    [
        (ingest, "recognise", False),
        (ingest, "scan_file", False),
        (load, "create_table", False),
        (load, "create_table", True),
        (load, "quarantine", False),
        (scopes, "settle_scopes", False),
        (ingest._Intake, "archive", False),
        (ingest._Intake, "archive", True),
        (ingest, "_leave_inbox", False),
    ],
)
def test_a_stopped_run_leaves_no_trace(desk: Desk, monkeypatch: pytest.MonkeyPatch, module, name: str, is_large: bool):
    """Stopped right after any step, the next run ends where an undisturbed one does."""
    if is_large:
        as_if_large(monkeypatch)
    desk.hand_in(STATE, file_of(county(1, "a"), county(92, "a")), D1)
    content = file_of(county(1, "b"), county(2, "b")) + b"broken"
    desk.put(STATE, content, D2)
    step = getattr(module, name)

    def stopped(*arguments):
        step(*arguments)
        raise KeyboardInterrupt

    monkeypatch.setattr(module, name, stopped)
    with pytest.raises(KeyboardInterrupt):
        desk.take()
    monkeypatch.undo()
    outcomes = desk.take()
    after_commit = name == "_leave_inbox"
    assert [o.status for o in outcomes] == ([] if after_commit else ["loaded"])
    assert desk.ids() == ["b-1", "b-2"]
    assert desk.ids("nc_voters_previous") == ["a-1", "a-92"]
    assert desk.query("select record_number from raw.quarantine") == [(3,)]
    assert desk.query("select records_read, rows_loaded, rows_quarantined from meta.deliveries order by as_of") == [
        (2, 2, 0),
        (3, 2, 1),
    ]


def test_what_a_killed_run_had_read_of_a_large_file_is_gone_with_the_next(desk: Desk):
    desk.hand_in(STATE, file_of(county(1, "a"), county(92, "a")), D1)
    with Warehouse(desk.settings).open() as con:
        con.execute('create table raw."nc_voters__0123456789abcdef" as from raw.nc_voters')
    desk.take()  # which looks for tables of no delivery
    assert desk.ids() == ["a-1", "a-92"]


def test_several_connections_load_a_file_in_its_order(desk: Desk, monkeypatch: pytest.MonkeyPatch):
    as_if_large(monkeypatch)
    desk.settings = replace(desk.settings, limits=Limits(threads=2))
    counts: list[list[int]] = []
    places = stretches._places
    monkeypatch.setattr(
        stretches, "_places", lambda text, header, begins: (counts.append(begins), places(text, header, begins))[1]
    )
    rows = [county(n % 100 + 1, f"v{n}")[0] for n in range(3_001)]
    content = file_of(rows).removesuffix(b"\r\n")
    assert desk.hand_in(STATE, content).rows_loaded == 3_001
    assert counts == [[0, 1_500]]
    found = desk.query("select ncid, _record_hash from raw.nc_voters order by _record_number")
    assert [ncid for ncid, _ in found] == [row["ncid"] for row in rows]
    desk.hand_in(STATE, content.replace(b'"v7-', b'"w7-'), D2)
    again = dict(desk.query("select ncid, _record_hash from raw.nc_voters"))
    assert {ncid for ncid, hashed in found if again.get(ncid) != hashed} == {"v7-8"}


@pytest.mark.parametrize("difference", [-1, 1])
def test_records_that_do_not_add_up_refuse_the_file(desk: Desk, monkeypatch: pytest.MonkeyPatch, difference: int):
    """No file is known on which the two counts differ (the scan leaves the reader only records that both see
    alike), so the count is falsified: the branch is for what is not known."""
    desk.hand_in(STATE, file_of(county(1, "a"), county(92, "a")), D1)
    scan_file = ingest.scan_file

    def miscount(*arguments):
        scan = scan_file(*arguments)
        scan.records += difference
        return scan

    monkeypatch.setattr(ingest, "scan_file", miscount)
    outcome = desk.hand_in(STATE, file_of(county(1, "b"), county(92, "b")), D2)
    assert outcome.status == "refused"
    assert f"do not add up: {2 + difference} line ends, 2 rows read, 0 broken" in outcome.reason
    assert desk.ids() == ["a-1", "a-92"]
