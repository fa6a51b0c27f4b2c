"""People of the pipeline from run to run: ids that stay, what became of whom, and what is reported instead of being settled."""

from __future__ import annotations

import itertools
import random
import re
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import duckdb
import polars as pl
import pytest

from orchestration import pictures
from orchestration.erasing import databases
from orchestration.identity import blocking, exact, explain, golden, people, stewards, tables
from orchestration.publishing import persons
from orchestration.sample.people import SAMPLE_AS_OF
from orchestration.settings import ROOT, Settings, read_campaign
from tests import bench_state
from tests.people import empty, record, vote, whose


@pytest.fixture
def con():
    return empty()


def events(con, run: str) -> set[tuple]:
    return set(
        con.execute(
            "select event, person_id, other_person_id, record_count from identity.person_events where run = ?", [run]
        ).fetchall()
    )


def test_voters_alone_are_people_without_being_compared(con) -> None:
    con.execute("delete from raw.scopes")
    vote(con, 1, "ANN", "LEE")
    vote(con, 2, "ANN", "LEE")
    people.refresh(con, "a")
    assert whose(con) == {"NC-1": "P-NC-1", "NC-2": "P-NC-2"}
    assert con.execute("select count(*) from duckdb_tables() where table_name = 'compared'").fetchall() == [(0,)]
    con.execute("delete from marts.voters where voter_id = 'NC-2'")
    vote(con, 3, "BEN", "LEE")
    people.refresh(con, "b")
    assert whose(con) == {"NC-1": "P-NC-1", "NC-3": "P-NC-3"}
    assert events(con, "b") == {("ended", "P-NC-2", None, 1), ("created", "P-NC-3", None, 1)}
    vote(con, 2, "ANN", "LEE")
    con.execute("update marts.voters set last_name = 'MARRIED', phone = '9193456789' where voter_id = 'NC-1'")
    people.refresh(con, "c")
    assert whose(con)["NC-2"] == "P-NC-2"
    assert con.execute(
        "select last_name, phone, phone_source from identity.people where voter_id = 'NC-1'"
    ).fetchall() == [("MARRIED", "9193456789", "nc_voters")]
    assert events(con, "c") == {("absorbed", "P-NC-2", None, 1)}


def test_looking_at_changed_records_alone_misses_nothing(con) -> None:
    """Each statement changes by another way what is said of a person; all of them are looked at in the end, which changes nothing any more."""
    people_now = "select * from identity.people order by person_id"
    opt_out = "insert into marts.subscriptions values ('phone', '{}', 'phone', false, true, {})"
    for number, (first, phone) in enumerate(
        [("ANN", "9195550101"), ("BEN", "9195550102"), ("CEM", "9195550103"), ("DEE", None)]
    ):
        vote(
            con,
            number,
            first,
            "LEE",
            birth_year=1950 + number,
            residence_address=f"{number} OAK ST",
            zip5="27601",
            phone=phone,
        )
    record(
        con, "actblue_contributions", "D1", "ANN", "LEE", email="ann@fastmail.com", voter_id="NC-0", linked_by="email"
    )
    record(con, "mailchimp_audience", "eve@fastmail.com", "EVE", "ROE", email="eve@fastmail.com", phone="9195550106")
    for number, phone in (("D2", "9195550108"), ("D3", "9195550107")):  # of as old two the first counts
        record(con, "actblue_contributions", number, "ANN", "LEE", email="ann@fastmail.com", phone=phone)
    people.refresh(con, "first")
    seen = []
    for number, change in enumerate(
        [
            "update marts.voters set last_name = 'MARRIED' where voter_id = 'NC-1'",
            "update marts.voters set middle_name = ' X' where voter_id = 'NC-2'; update marts.voters set sex_code = 'F' where voter_id = 'NC-3'",
            "update marts.voters set middle_name = 'X' where voter_id = 'NC-2'",
            opt_out.format("9195550102", "null"),
            opt_out.format("9195550109", "'NC-3'"),
            "update marts.subscriptions set is_current = false where identifier = '9195550102'",
            opt_out.format("9195550106", "null"),
            "update intermediate.int_person_records set as_of = as_of + 1 where record_id = 'D3'",
            "update intermediate.int_person_records set voter_id = 'NC-3' where record_id = 'D1'",
            "update intermediate.int_person_records set first_name = 'EVA' where first_name = 'EVE'",
            "insert into intermediate.int_voter_emails values ('NC-1', 'ben@fastmail.com')",
            "delete from intermediate.int_person_records where record_id = 'D1'",
            "delete from marts.voters where voter_id = 'NC-2'",
        ]
    ):
        con.execute(change)
        people.refresh(con, f"{number}")
        seen.append(con.execute(people_now).fetchall())
        people.refresh(con, f"{number} again", by_same_rules=False)
        assert con.execute(people_now).fetchall() == seen[-1], change
    assert (
        sum(one != other for one, other in itertools.pairwise(seen)) == 11
    )  # all but that of the e-mail, which is of no field
    con.execute("update identity.people set last_name = 'OTHERWISE' where voter_id = 'NC-1'")  # by other rules
    people.refresh(con, "other rules", by_same_rules=False)
    assert con.execute(people_now).fetchall() == seen[-1]


def test_who_comes_later_is_linked_as_if_all_had_come_at_once() -> None:
    """Voters and records share now these columns and now others: whatever key finds them, it is looked for in all that is there."""
    draw = random.Random(7)
    firsts = ["ROBERT", "BOB", "WILLIAM", "BILL", "MARGARET", "PEGGY", "OTTOLINE", "XIOMARA", "JO ANN"]
    lasts = ["OKONKWO", "ZELENKA", "ABERNATHY", "QUISENBERRY", "VANDERPOOL"]

    def somebody() -> dict:
        number = draw.randrange(10_000)
        return {
            "first": draw.choice(firsts),
            "last": draw.choice(lasts),
            "born": draw.randrange(1950, 1990),
            "address": f"{draw.randrange(1, 30)} {draw.choice(['ELDERBERRY', 'SASSAFRAS', 'HAWTHORN'])} ST",
            "zip5": draw.choice(["27601", "27513", "28801"]),
            "phone": f"919{5550000 + number}",
            "email": f"mailbox{number}@fastmail.com",
        }

    voters = {f"NC-{number}": somebody() for number in range(100)}
    records = {
        f"V{number}": {
            column: value if draw.random() < share else other
            for (column, value), other in zip(one.items(), somebody().values(), strict=True)
        }
        for number, (one, share) in enumerate((one, share) for one in voters.values() for share in (0.4, 0.8))
    }

    def links(*parts: set[str]) -> set[tuple]:
        con = empty()
        for part in parts:
            for name in sorted(part & voters.keys()):
                one = voters[name]
                told = {
                    "birth_year": one["born"],
                    "residence_address": one["address"],
                    "zip5": one["zip5"],
                    "phone": one["phone"],
                }
                vote(con, int(name[3:]), one["first"], one["last"], **told)
                con.execute("insert into intermediate.int_voter_emails values (?, ?)", [name, one["email"]])
            for name in sorted(part & records.keys()):
                one = records[name]
                told = {column: one[column] for column in ("address", "zip5", "phone", "email")}
                record(con, "van_list", name, one["first"], one["last"], birth_date=f"{one['born']}-05-06", **told)
            people.refresh(con, f"{len(part)}")
        return set(
            con.execute("""
                select least(l.record_id, r.record_id), greatest(l.record_id, r.record_id), stage, links.evidence, weight
                from identity.links join identity.compared as l on l.n = n_l join identity.compared as r on r.n = n_r
            """).fetchall()
        )

    everybody = {*voters, *records}
    later = {name for name in everybody if draw.random() < 0.3}
    found = {link for link in links(everybody - later, later) if later.intersection(link[:2])}
    assert found == {link for link in links(everybody) if later.intersection(link[:2])}
    assert len({link[3] for link in found}) > 10


@pytest.mark.parametrize("key", blocking.KEYS | blocking.KEYS_OF_FORMS)
def test_whoever_shares_a_key_with_who_comes_later_is_looked_at(key: str) -> None:
    """Of four records two share what the key is made of and no more; of the others one is no voter, one comes later, and neither is like them."""
    columns = (blocking.KEYS | blocking.KEYS_OF_FORMS)[key]
    made_of = {
        "names": ("first", "last"),
        "place": ("zip5",),
        "address_key": ("house", "street", "zip5"),
        "street_4": ("street",),
    }
    shared = {name for column in columns for name in made_of.get(column, (column,))}
    values = {"born": "date '1961-05-06'", "birth_year": "1961", "phone": "9195550101"}
    con = duckdb.connect()
    texts = ("first", "first_word", "last", "house", "street", "zip5", "city", "email")
    said = [*(f"{name} varchar" for name in texts), "birth_year integer", "born date", "phone bigint"]
    con.execute(f"create temp table compared (n bigint, {', '.join(said)})")
    for n in range(4):
        alike = {name: values.get(name, f"'{name}'") for name in shared}
        if "street_4" in columns:  # of which the ends differ
            alike["street"] = f"'street {n}'"
        own = {"n": f"{n}"} | (alike if n < 2 else {"first": f"'F{n}'", "last": f"'L{n}'"})
        con.execute(f"insert into compared ({', '.join(own)}) values ({', '.join(own.values())})")
    con.execute(
        "create temp table loose as select unnest([0, 2]) as n; create temp table fresh_records as select unnest([1, 3]) as n"
    )
    exact._find_near(con)
    assert con.execute("select n from near order by n").fetchall() == [(0,), (1,)]


def test_ids_stay_where_nothing_changed_and_when_more_comes(con) -> None:
    record(con, "actblue_contributions", "D1", "ANN", "LEE", email="ann@fastmail.com")
    record(con, "mailchimp_audience", "ben@fastmail.com", "BEN", "LEE", email="ben@fastmail.com")
    people.refresh(con, "a")
    before = whose(con)
    people.refresh(con, "b")
    assert whose(con) == before
    assert not events(con, "b")
    vote(con, 1, "ANN", "LEE")
    con.execute(
        "update intermediate.int_person_records set voter_id = 'NC-1', linked_by = 'email' where record_id = 'D1'"
    )
    people.refresh(con, "c")
    assert whose(con) == {**before, "NC-1": before["D1"]}
    assert events(con, "c") == {("absorbed", before["D1"], None, 1)}
    assert con.execute("select person_id, names_source from identity.people where voter_id = 'NC-1'").fetchall() == [
        (before["D1"], "nc_voters")
    ]


def test_ids_stay_of_what_is_compared_anew_after_somebody_was_erased(con) -> None:
    record(con, "actblue_contributions", "D1", "ANN", "LEE", email="ann@fastmail.com")
    record(con, "mailchimp_audience", "ben@fastmail.com", "BEN", "FOX", email="ben@fastmail.com")
    vote(con, 2, "CAL", "ROE")
    people.refresh(con, "a")
    vote(con, 1, "ANN", "LEE")
    con.execute(
        "update intermediate.int_person_records set voter_id = 'NC-1', linked_by = 'email' where record_id = 'D1'"
    )
    people.refresh(con, "b")
    before = whose(con)
    assert before["NC-1"] == before["D1"] != "P-NC-1"
    for (table,) in con.execute("select table_name from duckdb_tables() where schema_name = 'identity'").fetchall():
        if table not in databases.KEPT_OF_IDENTITY:
            con.execute(f"drop table identity.{table}")
    con.execute(
        "delete from identity.person_records where record_id = 'NC-2'; delete from marts.voters where voter_id = 'NC-2'"
    )
    people.refresh(con, "c")
    del before["NC-2"]
    assert whose(con) == before
    assert events(con, "c") == set()
    assert con.execute("select person_id from identity.people order by 1").fetchall() == sorted(
        {(p,) for p in before.values()}
    )


def test_the_larger_takes_the_smaller_in_and_what_parts_gets_an_id_of_its_own(con) -> None:
    ann = {"first": "ANN", "last": "LEE"}
    record(con, "actblue_contributions", "D1", **ann, email="ann@fastmail.com")
    record(con, "mailchimp_audience", "ann@fastmail.com", **ann, email="ann@fastmail.com")
    record(con, "web_events", "U1", **ann, phone="9193456789", as_of="2025-01-01")
    people.refresh(con, "a")
    large, small = whose(con)["D1"], whose(con)["U1"]
    assert large != small
    con.execute("update intermediate.int_person_records set phone = '9193456789' where record_id = 'D1'")
    people.refresh(con, "b")
    assert set(whose(con).values()) == {large}
    assert events(con, "b") == {("merged", large, small, 1)}
    con.execute("update intermediate.int_person_records set phone = null where record_id = 'D1'")
    people.refresh(con, "c")
    assert whose(con) == {
        "D1": large,
        "ann@fastmail.com": large,
        "U1": f"{small}~1",
    }  # her first id is somebody else's past
    assert events(con, "c") == {("created", f"{small}~1", None, 1), ("split", f"{small}~1", large, 1)}
    history = con.execute(
        "select person_id, valid_to is null from identity.person_records where record_id = 'U1'"
    ).fetchall()
    assert history == [(small, False), (large, False), (f"{small}~1", True)]


def test_same_people_by_one_or_two_threads_and_in_any_order() -> None:
    """Of a state with all its sources, of which some come later."""
    records = bench_state.records_of(bench_state.state_of(600), SAMPLE_AS_OF)
    first = records.filter(pl.col("record_id").str.ends_with("7").not_())

    def found(threads: int, turn: int) -> list[tuple]:
        with duckdb.connect(config={"threads": threads}) as con:
            for run, delivered in (("a", first[::turn]), ("b", records[::turn])):
                con.register("delivered", delivered)
                bench_state.bring_in(con, "delivered", SAMPLE_AS_OF)
                people.refresh(con, run)
            return con.execute("select * from identity.person_records order by all").fetchall()

    once = found(1, 1)
    assert {stage for _, _, _, stage, *_ in once} == {"first", "exact", "probable"}
    assert once == found(2, -1)


def test_a_step_that_was_stopped_leaves_all_as_it_was(con, monkeypatch) -> None:
    vote(con, 1, "ANN", "LEE", phone="9193456789")
    record(con, "actblue_contributions", "D1", "ANN", "LEE", phone="9193456789")
    people.refresh(con, "a")
    before = whose(con)
    record(con, "web_events", "U1", "ANN", "LEE", phone="9193456789")
    with monkeypatch.context() as patch:
        patch.setattr(golden, "write", lambda con: con.execute("select error('stopped')"))
        with pytest.raises(duckdb.Error):
            people.refresh(con, "b")
    assert whose(con) == before
    people.refresh(con, "b")
    assert whose(con) == {**before, "U1": before["D1"]}


@pytest.mark.parametrize(("older", "younger"), [("A1", "Z1"), ("Z1", "A1")])
def test_of_two_who_have_as_many_records_the_older_stays(con, older: str, younger: str) -> None:
    record(con, "web_events", younger, "ANN", "LEE", as_of="2026-01-15")
    record(con, "web_events", older, "ANN", "LEE", as_of="2025-01-01")
    people.refresh(con, "a")
    before = whose(con)
    con.execute("update intermediate.int_person_records set phone = '9193456789'")
    people.refresh(con, "b")
    assert set(whose(con).values()) == {before[older]}
    assert events(con, "b") == {("merged", before[older], before[younger], 1)}


STOPS_INSIDE = """
import sys, time
import duckdb
from orchestration.identity import golden, people, probable

def stop(con, *_):
    print(con.execute(sys.argv[3]).fetchall()[0][0], flush=True)
    time.sleep(60)

module, name = sys.argv[2].split(".")
setattr({"golden": golden, "probable": probable}[module], name, stop)
people.refresh(duckdb.connect(sys.argv[1]), "b")
"""
# Where it is stopped, and how many rows are there of what it was at.
STOPS = {
    "probable.link": "select count(*) from links",  # while it is looked for, outside of a transaction
    "golden.write": "select count(*) from identity.person_records where run = 'b'",  # when records have their persons already and people are about to be written
}


def content(database: Path) -> dict[str, list]:
    """All rows of schema `identity`, by table; of those made anew none that nothing reads before they are whole."""
    with duckdb.connect(str(database)) as con:
        tables = con.execute("select table_name from duckdb_tables() where schema_name = 'identity'").fetchall()
        rows = {table: con.execute(f"from identity.{table} order by all").fetchall() for (table,) in tables}
        return {table: found for table, found in rows.items() if found and not table.endswith("_anew")}


@pytest.mark.parametrize("where", STOPS)
@pytest.mark.parametrize("had_run", [False, True], ids=["the first time", "with people of before"])
def test_killed_within_the_step_and_run_again_it_gives_the_same_ids(tmp_path, had_run: bool, where: str) -> None:
    """By kill -9."""
    database, undisturbed = tmp_path / "killed.duckdb", tmp_path / "undisturbed.duckdb"
    con = empty(database)
    vote(con, 1, "ANN", "LEE", phone="9193456789")
    record(con, "web_events", "U1", "ANN", "LEE", email="ann@fastmail.com")
    if had_run:
        people.refresh(con, "a")
    record(con, "mailchimp_audience", "M1", "ANN", "LEE", email="ann@fastmail.com", phone="9193456789")
    record(con, "van_list", "V1", "BEN", "FOX", email="ben@fastmail.com")
    con.close()
    shutil.copy(database, undisturbed)
    with subprocess.Popen(
        [sys.executable, "-c", STOPS_INSIDE, database, where, STOPS[where]], stdout=subprocess.PIPE, text=True, cwd=ROOT
    ) as process:
        assert int(process.stdout.readline()) > 0
        process.kill()
    assert process.returncode == -signal.SIGKILL
    assert content(database) == content(undisturbed)
    for file in (database, undisturbed):
        with duckdb.connect(str(file)) as con:
            people.refresh(con, "b")
            assert len(set(whose(con).values())) == 2
    assert content(database) == content(undisturbed)


WRITES_AND_DIES = """
import os, signal, sys
import duckdb
from orchestration.identity import people

people.refresh(duckdb.connect(sys.argv[1]), "a")
os.kill(os.getpid(), signal.SIGKILL)
"""


def test_what_was_written_stands_though_the_file_was_never_closed(tmp_path) -> None:
    """The first tables are made under another name, which their log has to tell."""
    database = tmp_path / "killed.duckdb"
    with empty(database) as con:
        vote(con, 1, "ANN", "LEE", phone="9193456789")
        record(con, "web_events", "U1", "ANN", "LEE", email="ann@fastmail.com")
    shutil.copy(database, tmp_path / "undisturbed.duckdb")
    killed = subprocess.run([sys.executable, "-c", WRITES_AND_DIES, database], cwd=ROOT, check=False)
    assert killed.returncode == -signal.SIGKILL
    assert database.with_name("killed.duckdb.wal").exists()
    with duckdb.connect(str(tmp_path / "undisturbed.duckdb")) as con:
        people.refresh(con, "a")
    assert content(database) == content(tmp_path / "undisturbed.duckdb")
    with duckdb.connect(str(database)) as con:
        names = con.execute("select table_name from duckdb_tables() where schema_name = 'identity'").fetchall()
        assert {name for (name,) in names} == {*tables.described(), "compared", "links", "identifiers", "made_anew"}
        assert con.execute(
            "select count(*) from duckdb_columns() where table_name = 'people' and comment is null"
        ).fetchall() == [(0,)]


def test_only_people_of_whom_something_else_is_said_are_written(con) -> None:
    for number, name in enumerate(("ANN", "BEN", "EVE", "SUE")):
        vote(con, number, name, "LEE")
        record(con, "van_list", f"V{number}", name, "LEE", voter_id=f"NC-{number}", linked_by="state_voter_id")
        vote(con, number + 10, name, "FOX")
    people.refresh(con, "a")
    places = "select place from (select rowid as place, * from identity.people) where voter_id in ('NC-0', 'NC-1', 'NC-11') order by all"
    stayed, before = con.execute(places).fetchall(), con.execute("select count(*) from identity.people").fetchall()
    con.execute("update marts.voters set residence_city = 'CARY' where voter_id = 'NC-10'")
    con.execute("update intermediate.int_person_records set phone = '9193456789' where record_id = 'V2'")
    con.execute("insert into marts.subscriptions values ('van_id', 'V3', 'text', false, true, null)")
    people.refresh(con, "b")
    assert con.execute(places).fetchall() == stayed
    assert con.execute("select count(*) from identity.people").fetchall() == before
    assert con.execute(
        "select voter_id, city, phone, opted_out_of from identity.people where coalesce(city, phone, opted_out_of[1]) is not null order by all"
    ).fetchall() == [("NC-10", "CARY", None, None), ("NC-2", None, "9193456789", None), ("NC-3", None, None, ["text"])]


def test_a_household_stays_apart(con) -> None:
    home = {"residence_address": "12 OAK ST", "residence_city": "DURHAM", "zip5": "27701", "phone": "9193456789"}
    vote(con, 1, "JOHN", "SMITH", name_suffix="SR", birth_year=1950, **home)
    vote(con, 2, "JOHN", "SMITH", name_suffix="JR", birth_year=1975, **home)
    vote(con, 3, "MARY", "SMITH", birth_year=1951, **home)
    at = {"address": "12 OAK ST", "city": "DURHAM", "state_code": "NC", "zip5": "27701", "phone": "9193456789"}
    record(con, "actblue_contributions", "D1", "JOHN", "SMITH JR", **at)
    record(con, "van_list", "V1", "JOHN", "SMITH", **at)  # nobody can say which
    record(con, "mailchimp_audience", "M1", "MARY", "SMITH", phone="9193456789")
    people.refresh(con, "a")
    found = whose(con)
    assert found["D1"] == found["NC-2"]
    assert found["M1"] == found["NC-3"]
    assert len({found[name] for name in ("NC-1", "NC-2", "NC-3", "V1")}) == 4
    doubts = con.execute("select record_a, record_b, reason, evidence_for from identity.match_review").fetchall()
    assert {frozenset(row[:2]) for row in doubts} >= {frozenset(("NC-1", "V1")), frozenset(("NC-2", "V1"))}
    assert all(reason == "fits two people" and "same telephone" in told for *_, reason, told in doubts)


def test_two_ids_of_one_state_are_reported_and_not_merged(con) -> None:
    vote(con, 1, "ANN", "LEE", birth_year=1970, residence_id="R1")
    vote(con, 2, "ANN", "LEE", birth_year=1970, residence_id="R1")
    vote(con, 3, "ANN", "LEE", birth_year=1971, residence_id="R1")
    record(con, "van_list", "V1", "ANN", "LEE", voter_id="NC-1", linked_by="state_voter_id")
    record(
        con, "van_list", "V2", "ANNA", "LEE-MARRIED", voter_id="NC-2", linked_by="state_voter_id"
    )  # an id leads there, whatever the name
    people.refresh(con, "a")
    found = whose(con)
    assert found["V1"] == found["NC-1"] != found["NC-2"] == found["V2"]
    assert con.execute(
        "select record_a, record_b, person_a, person_b from identity.match_review where reason = 'two ids of one state'"
    ).fetchall() == [("NC-1", "NC-2", found["NC-1"], found["NC-2"])]


def test_each_field_is_of_who_is_believed_first_and_opt_outs_are_united(con) -> None:
    vote(con, 1, "ANN", "LEE", phone="9193456789", residence_address="12 OAK ST", sex_code="U")
    record(con, "van_list", "V1", "ANNIE", "LEE", sex_code="F", voter_id="NC-1", linked_by="state_voter_id")
    for number, day in ((1, "2026-01-01"), (2, "2026-01-20")):
        record(
            con,
            "actblue_contributions",
            f"D{number}",
            "ANN",
            "LEE",
            phone=f"919345000{number}",
            email="ann@fastmail.com",
            as_of=day,
            voter_id="NC-1",
            linked_by="phone",
        )
    con.execute(
        "insert into marts.subscriptions values ('phone', '9193450001', 'text', false, true, null), "
        "('email', 'ann@fastmail.com', 'email', false, true, null), ('email', 'ann@fastmail.com', 'phone', true, true, null)"
    )
    people.refresh(con, "a")
    [row] = con.execute(
        "select first_name, names_source, sex_code, sex_code_source, phone, phone_source, address_source, record_count, opted_out_of from identity.people"
    ).fetchall()
    assert row == (
        "ANN",
        "nc_voters",
        "F",
        "van_list",
        "9193450002",
        "actblue_contributions",
        "nc_voters",
        4,
        ["email", "text"],
    )


def test_what_says_nothing_joins_nobody(con) -> None:
    for number in range(40):
        record(con, "van_list", f"V{number}", None, None)
        record(con, "web_events", f"U{number}", "TEST", "UNKNOWN", email="shared@fastmail.com")
        record(
            con,
            "actblue_contributions",
            f"D{number}",
            "JOHN",
            f"{chr(65 + number % 26) * 4}SON{chr(65 + number // 26)}",
            email="shared@fastmail.com",
        )
        record(
            con,
            "mailchimp_audience",
            f"M{number}",
            "N" + chr(65 + number % 26) * 3,
            f"LAST{number}",
            phone="9193456789",
        )
    people.refresh(con, "a")
    assert len(set(whose(con).values())) == 160


def test_what_stewards_say_wins_and_is_replayed(con) -> None:
    vote(con, 1, "ANN", "LEE", birth_year=1970, phone="9193456789")
    vote(con, 2, "ANNE", "MARRIED", birth_year=1990)
    record(con, "van_list", "V1", "ANN", "LEE", voter_id="NC-1", linked_by="state_voter_id")
    record(con, "web_events", "U1", "ANN", "LEE", phone="9193456789")
    people.refresh(con, "a")
    assert len(set(whose(con).values())) == 2
    one, other = stewards.Record("nc_voters", "NC-1"), stewards.Record("nc_voters", "NC-2")
    decisions = [
        stewards.Decision("confirm", one, other),
        stewards.Decision("reject", one, stewards.Record("van_list", "V1")),
    ]
    for run in "bc":
        people.refresh(con, run, decisions)
        found = whose(con)
        assert found["NC-1"] == found["NC-2"] == found["U1"] != found["V1"]
        assert con.execute("select record_a, record_b, person_a = person_b from identity.match_review").fetchall() == [
            ("NC-1", "NC-2", True)
        ]
    people.refresh(con, "d")
    assert whose(con)["NC-1"] != whose(con)["NC-2"]


def test_two_who_lead_to_one_voter_are_parted_by_a_steward(con) -> None:
    vote(con, 1, "ANN", "LEE", phone="9193456789")
    record(con, "web_events", "U1", "ANN", "LEE", phone="9193456789", voter_id="NC-1", linked_by="phone")
    record(con, "van_list", "V1", "ANN", "LEE", phone="9193456789", voter_id="NC-1", linked_by="state_voter_id")
    record(con, "actblue_contributions", "D1", "ANN", "LEE", phone="9193456789", voter_id="NC-1", linked_by="phone")
    records = {
        name: stewards.Record(source, name)
        for source, name in (("web_events", "U1"), ("van_list", "V1"), ("actblue_contributions", "D1"))
    }
    people.refresh(con, "a", [stewards.Decision("reject", records["V1"], records["U1"])])
    found = whose(con)
    assert found["U1"] != found["V1"] == found["D1"] == found["NC-1"]
    every = [
        stewards.Decision("reject", records[a], records[b])
        for a, b in ("UV", "VD", "DU")
        for a, b in [(f"{a}1", f"{b}1")]
    ]
    people.refresh(con, "b", every)
    found = whose(con)
    assert found["V1"] == found["NC-1"]
    assert len({*found.values()}) == 3


def test_a_decision_is_kept_and_explained(con, tmp_path) -> None:
    settings = Settings(tmp_path, read_campaign(ROOT / "campaign.yaml"))
    settings.make_directories()
    vote(con, 1, "JOHN", "SMITH", name_suffix="SR", phone="9193456789")
    vote(con, 2, "JOHN", "SMITH", name_suffix="JR", phone="9193456789")
    record(con, "van_list", "V1", "JOHN", "SMITH", phone="9193456789")
    people.refresh(con, "a")
    con.execute(f"attach '{settings.warehouse}' as kept")
    con.execute(f"attach '{settings.current}' as published")
    con.execute("create schema kept.identity")
    for table in ("compared", "links"):
        con.execute(f"create table kept.identity.{table} as from identity.{table}")
    for table in ("person_records", "match_review"):
        con.execute(f"create table published.{table} as from identity.{table}")
    con.execute("detach kept; detach published")
    told = explain.why_two(settings, "P-NC-1", "van_list:V1")
    assert "NC-1 and van_list:V1 are two people." in told
    assert "same first name, same last name, same telephone" in told
    assert "To be looked at: fits two people." in told
    [(total, parts, before)] = re.findall(r"Weighed: (\S+) bits \((.*); before anything is known (\S+)\)", told)
    weights = {name: float(bits) for name, bits in (part.split() for part in parts.split(", "))}
    assert weights["phone"] > 10
    assert float(total) == pytest.approx(sum(weights.values()) + float(before), abs=0.5)
    stewards.decide(settings, "reject", "NC-1", "van_list:V1", "somebody")
    stewards.decide(settings, "confirm", "van_list:V1", "NC-1", "somebody")
    [decision] = stewards.read(settings)
    assert decision.decision == "confirm"
    assert "Decided: confirm" in explain.why_two(settings, "NC-1", "van_list:V1")
    for name in ("NC-9", "van_list:V9", "P-NC-9"):
        with pytest.raises(stewards.Undecidable, match=f"no record {name}"):
            stewards.decide(settings, "confirm", name, "NC-1", "somebody")
    with pytest.raises(stewards.Undecidable, match="the same record"):
        stewards.decide(settings, "confirm", "P-NC-1", "NC-1", "somebody")
    with stewards.file_of(settings).open("a", encoding="utf-8") as file:
        file.write("{}\n")
    with pytest.raises(stewards.Undecidable, match="line 3: no decision"):
        stewards.read(settings)


def test_who_has_many_records_is_one_person(con) -> None:
    vote(con, 1, "ANN", "LEE", phone="9193456789")
    for number in range(12):
        record(
            con,
            "van_list",
            f"V{number}",
            "ANNA" if number % 2 else "ANN",
            "LEE",
            voter_id="NC-1",
            linked_by="state_voter_id",
        )
    record(con, "web_events", "U1", "ANN", "LEE", phone="9193456789")
    people.refresh(con, "a")
    assert len(set(whose(con).values())) == 1


def test_whom_no_id_settles_is_weighed_and_a_name_alone_is_asked_about(con) -> None:
    home = {"zip5": "28607", "phone": "9193456789"}
    vote(con, 1, "ROBERT", "TARKINGTON", residence_address="12 OAK ST", **home)
    vote(con, 2, "WILHELMINA", "QUILLFEATHER", residence_address="7 ELM ST", zip5="28607")
    record(con, "actblue_contributions", "D1", "BOB", "TARKINGTON", address="12 Oak Street", **home)
    record(con, "web_events", "U1", "WILHELMINA", "QUILLFEATHER")
    record(con, "mailchimp_audience", "M1", "WILHELMINA", "QUILLFEATHER", email="wq@fastmail.com")
    people.refresh(con, "a")
    found = whose(con)
    assert found["D1"] == found["NC-1"]
    [(stage, evidence, weight)] = con.execute(
        "select stage, evidence, weight from identity.person_records where record_id in ('D1', 'NC-1') and stage <> 'first'"
    ).fetchall()
    assert (stage, weight > 10) == ("probable", True)
    assert "a short form of the first name, same last name" in evidence
    assert "same telephone" in evidence
    assert len({found["NC-2"], found["M1"], found["U1"]}) == 3
    [(reason, told)] = (
        con.execute(
            "select reason, evidence_for from identity.match_review where record_b = 'M1' and record_a = 'NC-2'"
        ).fetchall()
        or con.execute(
            "select reason, evidence_for from identity.match_review where record_a = 'M1' and record_b = 'NC-2'"
        ).fetchall()
    )
    assert (reason, told) == ("a weight between yes and no", "same first name, same last name")
    # More is known of her later: she is weighed again, and nobody else is.
    con.execute("update intermediate.int_person_records set zip5 = '28607' where record_id = 'M1'")
    people.refresh(con, "b")
    assert whose(con) == {**found, "M1": found["NC-2"]} or whose(con) == {**found, "NC-2": found["M1"]}


def test_by_a_name_alone_nobody_is_asked_about_where_more_than_a_few_have_it(con) -> None:
    for number in range(4):
        vote(con, number, "WILHELMINA", "QUILLFEATHER", residence_address=f"{number} ELM ST", zip5=f"2860{number}")
    record(con, "mailchimp_audience", "M1", "WILHELMINA", "QUILLFEATHER", email="wq@fastmail.com")
    record(con, "van_list", "V1", "WILHELMINA", "QUILLFEATHER", zip5="28603", email="other@fastmail.com")
    people.refresh(con, "a")
    assert whose(con)["V1"] == whose(con)["NC-3"]
    assert not con.execute("from identity.match_review").fetchall()


def test_voters_of_two_states_are_one_person_by_way_of_a_record_that_is_both(con) -> None:
    vote(con, 1, "ANN", "LEE", phone="9193456789")
    vote(con, 2, "ANN", "LEE", voter_id="OH-2", state_code="OH", phone="6143456789")
    record(con, "actblue_contributions", "D1", "ANN", "LEE", phone="9193456789", email="ann@fastmail.com")
    record(con, "web_events", "U1", "ANN", "LEE", phone="6143456789", email="ann@fastmail.com")
    people.refresh(con, "a")
    assert len(set(whose(con).values())) == 1
    assert con.execute("select voter_ids, record_count from identity.people").fetchall() == [(["NC-1", "OH-2"], 4)]


@pytest.mark.parametrize("gone", ["true", "false"])
def test_records_that_no_id_leads_any_more_are_compared_with_each_other(con, gone) -> None:
    vote(con, 1, "ANN", "LEE", phone="9193456789")
    for source, name in (("van_list", "V1"), ("l2_consumer", "C1")):
        record(con, source, name, "ANN", "LEE", phone="9193451111", voter_id="NC-1", linked_by="state_voter_id")
    people.refresh(con, "a")
    assert len(set(whose(con).values())) == 1
    links = "select count(*) from identity.links where stage = 'exact'"
    assert con.execute(links).fetchall() == [(0,)]  # an id settles both
    con.execute(
        f"delete from marts.voters where {gone}; update intermediate.int_person_records set voter_id = null, linked_by = null"
    )
    people.refresh(con, "b")
    assert con.execute(links).fetchall() == [(1,)]
    found = whose(con)
    assert found["V1"] == found["C1"]


def test_compared_records_of_other_columns_are_made_anew_and_ids_stay(con) -> None:
    vote(con, 1, "ANN", "LEE", phone="9193456789")
    record(con, "actblue_contributions", "D1", "ANN", "LEE", phone="9193456789")
    people.refresh(con, "a")
    before = whose(con)
    con.execute("alter table identity.compared drop column first_word")
    people.refresh(con, "b")
    assert whose(con) == before
    assert not events(con, "b")


def test_voters_of_two_states_are_one_person_where_strangers_are_unlikely(con) -> None:
    """By name, day of birth and how many have the name; who fits less is asked about, and nobody is merged within a state."""
    for state in ("NC", "OH"):
        con.execute(f"""
            insert into marts.voters (voter_id, state_code, first_name, last_name, birth_year, as_of)
            select '{state}-J' || range, '{state}', 'JOHN', 'SMITH', 1970, date '2026-01-31' from range(200)
        """)
    con.execute("""
        insert into marts.voters (voter_id, state_code, first_name, middle_name, last_name, name_suffix, birth_year, as_of) values
            ('NC-1', 'NC', 'ROSALIND', null, 'TARKINGTON', null, 1970, '2026-01-31'),
            ('OH-1', 'OH', 'ROSALIND', 'MAY', 'TARKINGTON', null, 1970, '2026-03-31'),
            ('NC-2', 'NC', 'WILHELMINA', 'MAY', 'QUILL', null, 1971, '2026-01-31'),
            ('OH-2', 'OH', 'WILHELMINA', 'SUE', 'QUILL', null, 1971, '2026-01-31'),
            ('NC-3', 'NC', 'HORATIO', null, 'FINCH', 'SR', 1972, '2026-01-31'),
            ('OH-3', 'OH', 'HORATIO', null, 'FINCH', 'JR', 1972, '2026-01-31'),
            ('NC-4', 'NC', 'AGATHA', 'ROSE', 'MUNDY', null, 1973, '2026-01-31'),
            ('MI-4', 'MI', 'AGATHA', 'ROSE', 'MUNDY', null, 1973, '2026-01-31'),
            ('NC-5', 'NC', 'EDITH', null, 'MUNDY', null, 1973, '2026-01-31'),
            ('MI-5', 'MI', 'EDITH', null, 'MUNDY', null, 1973, '2026-01-31'),
            ('NC-6', 'NC', 'OTTO', null, 'BLYTHE', null, 1974, '2026-01-31'),
            ('OH-6', 'OH', 'OTTO', null, 'BLYTHE', null, 1974, '2026-01-31'),
            ('OH-7', 'OH', 'OTTO', null, 'BLYTHE', null, 1974, '2026-01-31'),
            ('NC-8', 'NC', 'IDA', null, 'CROW', null, 1975, '2026-01-31'),
            ('MI-8', 'MI', 'IDA', null, 'CROW', null, 1975, '2026-01-31')
    """)
    con.execute("update marts.voters set phone = '9193456789' where last_name = 'CROW'")
    con.execute("""
        create or replace view intermediate.int_registrations as
        select *, case when state_code <> 'MI' then make_date(birth_year, 5, 6) end as birth_date from marts.voters
    """)
    con.execute("delete from raw.scopes")
    people.refresh(con, "a")
    found = whose(con)
    assert sorted((a, b) for a in found for b in found if a < b and found[a] == found[b]) == [
        ("MI-8", "NC-8"),
        ("NC-1", "OH-1"),
        ("NC-6", "OH-6"),
    ]
    assert con.execute(
        "select voter_id, voter_ids from identity.people where len(voter_ids) > 1 order by voter_ids"
    ).fetchall() == [
        ("MI-8", ["MI-8", "NC-8"]),
        ("OH-1", ["NC-1", "OH-1"]),
        ("NC-6", ["NC-6", "OH-6"]),
    ]
    assert con.execute(
        "select distinct stage, evidence from identity.person_records where stage <> 'first' order by 2"
    ).fetchall() == [
        ("probable", "same first name, same last name, same day of birth, in two states"),
        ("probable", "same first name, same last name, same year of birth, same telephone, in two states"),
    ]
    asked = con.execute(
        "select record_a, record_b, reason from identity.match_review where not contains(record_a, 'J')"
    ).fetchall()
    assert {(frozenset(pair), reason) for *pair, reason in asked} == {
        (frozenset(("NC-4", "MI-4")), "voters of two states"),
        (frozenset(("OH-6", "OH-7")), "two ids of one state"),
        (frozenset(("NC-6", "OH-7")), "linked, and yet two people"),
    }
    # Who is no voter of the other state any more is a person of one, with the id of before.
    con.execute("delete from marts.voters where voter_id in ('NC-1', 'MI-4')")
    people.refresh(con, "b")
    assert whose(con) == {record: person for record, person in found.items() if record not in ("NC-1", "MI-4")}
    assert con.execute(
        "select count(*) from identity.match_review where reason = 'voters of two states'"
    ).fetchall() == [(0,)]


def test_an_address_or_number_leads_to_whom_it_is_alone(con) -> None:
    """A text opt-out names a number and no person: whose it is, if it is one person's, is said where it is published."""
    vote(con, 1, "ANN", "LEE", phone="9193450001")
    vote(con, 2, "BEN", "FOX", phone="9193450002")
    record(con, "actblue_contributions", "D1", "ANN", "LEE", phone="9193450001", voter_id="NC-1", linked_by="phone")
    record(con, "actionnetwork_activists", "A1", "CAT", "ROE", phone="9193450003", email="cat@fastmail.com")
    record(con, "web_events", "U1", "DAN", "ROE", phone="9193450003", email="dan@fastmail.com")
    record(con, "van_list", "V1", "EVE", "ROE")
    con.execute("alter table marts.subscriptions add column source varchar")
    con.execute("""
        insert into marts.subscriptions by name
        select * from (values
            ('phone', '9193450001', 'texting_opt_outs', null), ('phone', '9193450002', 'texting_opt_outs', null),
            ('phone', '9193450003', 'texting_opt_outs', null), ('phone', '9193459999', 'texting_opt_outs', null),
            ('email', 'cat@fastmail.com', 'actionnetwork_activists', null), ('van_id', 'V1', 'van_list', null),
            ('email', 'ann@fastmail.com', 'actblue_contributions', 'NC-1')
        ) as said(identifier_kind, identifier, source, voter_id)
    """)
    people.refresh(con, "a")
    found = whose(con)
    persons.prepare(con)
    published = persons.with_persons("subscriptions", "marts.subscriptions")
    assert dict(con.execute(f"select identifier, person_id from ({published})").fetchall()) == {
        "9193450001": found["NC-1"], "9193450002": found["NC-2"], "9193450003": None, "9193459999": None,
        "cat@fastmail.com": found["A1"], "V1": found["V1"], "ann@fastmail.com": found["NC-1"],
    }  # fmt: skip
    before = persons.fingerprints(con, ["subscriptions", "voters"])
    con.execute("delete from intermediate.int_person_records where record_id = 'U1'")  # the number is one person's now
    people.refresh(con, "b")
    persons.prepare(con)
    after = persons.fingerprints(con, ["subscriptions", "voters"])
    assert after["subscriptions"] != before["subscriptions"]
    assert after["voters"] == before["voters"]


def test_the_plots_tell_weights_rates_sizes_and_churn(con) -> None:
    """Of ten people and more; the figures are those of the tables."""
    for n in range(12):
        name = f"TARKING{'ABCDEFGHIJKL'[n]}"
        home = {"zip5": f"28{n:03}", "phone": f"91934567{n:02}"}
        vote(con, n, "ROBERT", name, residence_address=f"{n} OAK ST", **home)
        record(con, "actblue_contributions", f"D{n}", "BOB", name, address=f"{n} Oak Street", **home)
        record(con, "van_list", f"V{n}", "ROBERT", name)
    people.refresh(con, "a")
    plots = {title: plot.value for of_table in pictures.of_people(con).values() for title, plot in of_table.items()}
    assert "|2|12|" in plots["records of a person"]
    assert "|1|12|" in plots["records of a person"]
    assert "|probable|12|" in plots["by what records belong to their person"]
    weighed = plots["weights of those that were weighed"]
    assert sum(int(line.split("|")[2]) for line in weighed.splitlines()[2:]) == 12
    assert "bits" in weighed
    assert "|actblue_contributions|100.0\N{NO-BREAK SPACE}%|" in plots["share of a source's people who are voters"]
    assert "|van_list|0.0\N{NO-BREAK SPACE}%|" in plots["share of a source's people who are voters"]
    assert "|created|24|" in plots["what became of people the last time"]
    con.execute("delete from intermediate.int_person_records where source = 'van_list'")
    for n in range(3):
        record(con, "actblue_contributions", f"N{n}", "NOBODY", f"ELSE{'ABC'[n]}", email=f"{n}@fastmail.com")
    people.refresh(con, "b")
    plots = {title: plot.value for of_table in pictures.of_people(con).values() for title, plot in of_table.items()}
    [rate] = plots["share of a source's people who are voters"].splitlines()[2:]
    assert rate.replace("\N{NO-BREAK SPACE}", " ").startswith("|actblue_contributions|80.0 %|")
    assert rate.replace("\N{NO-BREAK SPACE}", " ").endswith("|was 100.0 %|")
    assert "|ended|12|" in plots["what became of people the last time"]


def test_stewards_join_voters_where_no_source_was_delivered(con) -> None:
    con.execute("delete from raw.scopes")
    vote(con, 1, "ANN", "LEE")
    vote(con, 2, "ANN", "LEE")
    one, other = (stewards.Record("nc_voters", f"NC-{number}") for number in (1, 2))
    people.refresh(con, "a", [stewards.Decision("confirm", one, other)])
    assert len(set(whose(con).values())) == 1
    people.refresh(con, "b", [stewards.Decision("reject", one, other)])
    assert len(set(whose(con).values())) == 2
