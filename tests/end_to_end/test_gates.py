"""Each gate fails on what it is there for: spoil a refreshed warehouse, judge it again."""

from __future__ import annotations

import duckdb
import pytest

from orchestration.ingestion.contracts import all_contracts
from orchestration.publishing.publish import candidate_path, swap, write_candidate
from orchestration.warehouse import Warehouse
from quality import gate, reconcile, versions
from quality.suites import marts

SPOILED = [
    ("raw", "update meta.deliveries set records_read = records_read + 1 where contract = 'nc_voters'", "records read are"),
    ("raw", "delete from raw.profiles where column_name = '_county' and value = '092'", "rows of each county"),
    ("raw", "update {voters} set party_cd = null", "party_cd is there"),
    ("raw", "update {voters} set ncid = 'ZZ1' where rowid < 500", "voter ids occur twice"),
    ("raw", "update {votes} set voting_method = null", "voting_method is there"),
    ("staging", "update {voters} set status_cd = 'Q'", "statuses are known"),
    ("staging", "update {voters} set registr_dt = '##/##/####'", "registration_date is known"),
    ("staging", "update {voters} set birth_year = '1900'", "birth_year is known"),
    ("staging", "update {votes} set election_lbl = 'soon'", "votes have a date"),
    ("marts", "delete from marts.voters where rowid < 3", "staged rows are the voters"),
    ("marts", "insert into marts.voters from marts.voters limit 1", "voter_id is there once"),
    ("marts", "update marts.voters set general_voted_count = general_eligible_count + 1", "more often than there were"),
    ("marts", "delete from intermediate.int_ballots where rowid < 3", "staged rows are the ballots"),
    ("marts", "insert into intermediate.int_ballots from intermediate.int_ballots limit 1", "voter_id, election_id is there once"),
    ("marts", "delete from marts.vote_history where rowid < 3", "votes are the ballots"),
    ("marts", "insert into marts.vote_history from marts.vote_history limit 1", "votes are the ballots"),
    ("marts", "update marts.vote_history set voter_id = 'NC-NOBODY' where rowid < 3", "votes are the ballots"),
    ("marts", "create or replace temp table one as from marts.vote_history limit 1; "
        "delete from marts.vote_history where rowid = 9; insert into marts.vote_history from one", "votes are the ballots"),
    ("marts", "delete from marts.elections", "election_id is in elections"),
    ("marts", "update marts.residences set voter_count = voter_count + 1", "residents are the voters"),
    ("marts", "delete from marts.household_members where rowid < 3", "is in one household of it"),
    ("marts", "update marts.household_members set residence_id = 'NC-other' where rowid = 0", "is in one household of it"),
    ("marts", "update marts.households set member_count = member_count + 1 where rowid = 0", "members are those of"),
    ("marts", "update marts.households set residence_id = 'NC-other' where rowid = 0", "members are those of"),
    ("marts", "create or replace temp table one as select * replace (0 as member_count) from marts.households limit 1; "
        "insert into marts.households from one", "members are those of"),
    ("marts", "update marts.households set household_kind = 'group quarters' where rowid < 3", "group quarters are those"),
    ("marts", "delete from marts.family_relations where rowid < 3", "stands both ways round"),
    ("marts", "update marts.family_relations set lives_together = not lives_together where rowid = 0", "stands both ways round"),
    ("marts", "update marts.precincts set registered_count = 0", "registered voters are the voters"),
    ("identity", "insert into identity.people from identity.people limit 1", "a person stands once"),
    ("identity", "update identity.people set record_count = 2 where rowid = 0", "people have the records counted"),
    ("identity", "update identity.people set voter_id = 'NC-NOBODY' where rowid = 0", "voter_id is a voter's"),
    ("identity", "update identity.people set voter_ids = ['NC-1', 'NC-2'] where rowid = 0", "nobody has two voter ids"),
    ("identity", "insert into identity.person_records from identity.person_records limit 1", "a record is of one person"),
    ("identity", "delete from identity.person_records where rowid = 0", "each voter is a record"),
    ("identity", "delete from marts.voters where rowid = 0", "each voter is a record"),
    ("identity", "drop table intermediate.int_person_records; "
        "create table intermediate.int_person_records as select 'van_list' as source, 'nobody' as record_id, null as email, null as phone",
        "each record of a source"),
    ("identity", "update identity.person_records set stage = 'exact', person_id = 'P-1'", "nobody has more than"),
    ("identity", "delete from identity.person_events where rowid = 0", "everybody began"),
    ("segments", "insert into segments.segment_members select segment_id, 'NC-nobody' from segments.segments limit 1", "members are published"),
    ("segments", "update segments.segments set size = size + 1", "sizes are the members"),
    ("published", "delete from candidate.voters where rowid < 3", "voters has its"),
    ("published", "create table candidate.secret as select 1 as n", "every table is described"),
    ("published", "create schema candidate.raw; create table candidate.raw.nc_voters as select 1 as n", "only public tables"),
    ("published", "comment on column candidate.voters.phone is null", "every column is described"),
    (
        "published",
        "use candidate; create or replace view analyst.voting_methods as select 3 as people; use groundgame",
        "no cell of analyst.voting_methods",
    ),
]  # fmt: skip


@pytest.mark.parametrize(("name", "spoil", "expected"), SPOILED, ids=[f"{g}-{e}" for g, _, e in SPOILED])
def test_gate_fails(spoiling, name: str, spoil: str, expected: str) -> None:
    settings, warehouse = spoiling
    with warehouse.open() as con:
        tables = dict(con.execute(
            "select contract, 'raw.\"' || contract || '__' || delivery_id || '\"' from raw.scopes group by all"
        ).fetchall())  # fmt: skip
        if name == "published":
            write_candidate(settings, con)
            con.execute(f"attach '{candidate_path(settings)}' as candidate")
        con.execute(spoil.format(voters=tables["nc_voters"], votes=tables["nc_vote_history"]))
    found = gate.run(settings, warehouse, name, candidate_path(settings) if name == "published" else None)
    assert [f for r in found for f in r.failed if expected in f], [r.failed for r in found]


def test_every_gate_passes_unspoiled(spoiling) -> None:
    settings, warehouse = spoiling
    with warehouse.open() as con:
        write_candidate(settings, con)
    for name in ("raw", "staging", "marts", "identity", "segments", "published"):
        found = gate.run(settings, warehouse, name, candidate_path(settings) if name == "published" else None)
        assert {r.status for r in found} == {"passed"}, name
        assert {r.table for r in found} == set(gate.suite(name).tables(settings))
        # What is of no one state, such as official figures and donations, nobody has to have.
        unchecked = {*marts.OF_RESULTS, *marts.OF_EVENTS}
        for contract in all_contracts():
            if contract.state is None:
                unchecked |= {f"raw.{contract.name}", reconcile.events_table(contract)}
        assert {r.table for r in found if not r.check_count} <= unchecked


def test_what_passed_stays_passed_while_nothing_changes_of_what_its_checks_read(spoiling) -> None:
    settings, warehouse = spoiling

    def judged(name: str = "marts", anew: bool = False) -> dict[str, gate.TableResult]:
        return {r.table.split(".")[1]: r for r in gate.run(settings, warehouse, name, anew=anew)}

    def kept(con) -> dict:
        return dict(con.execute("select gate || table_name, (checked_at, inputs) from meta.gate_results").fetchall())

    with warehouse.open() as con:
        before = kept(con)
        assert all(inputs for (name, (_, inputs)) in before.items() if not name.startswith(("identity", "published")))
        con.execute("update marts.precincts set registered_count = 0")  # behind the pipeline's back
    for name in ("raw", "staging", "marts", "segments"):
        assert {r.status for r in judged(name).values()} == {"passed"}
    with warehouse.open() as con:
        assert kept(con) == before
        con.execute("update meta.builds set built_at = built_at + interval 1 second where step = 'marts.voters'")
    again = judged()
    assert again["precincts"].failed  # it is held against the voters, which have changed
    assert again["elections"].checked_at == before["martsmarts.elections"][0] < again["voters"].checked_at
    assert judged()["precincts"].failed
    with warehouse.open() as con:
        con.execute("update marts.elections set election_type = null")
        con.execute(
            "update meta.deliveries set received_at = received_at + interval 1 second where contract = 'nc_vote_history'"
        )
    judged_anew = judged("staging")
    assert judged_anew["stg_nc__vote_history"].checked_at > judged_anew["stg_nc__voters"].checked_at
    assert not judged()["elections"].failed
    assert judged(anew=True)["elections"].failed


def test_an_empty_segment_is_a_warning_and_stops_nothing(spoiling) -> None:
    settings, warehouse = spoiling
    with warehouse.open() as con:
        (segment,) = con.execute("select min(segment_id) from segments.segments").fetchone()
        con.execute("delete from segments.segment_members where segment_id = ?", [segment])
        con.execute("update segments.segments set size = 0, share = 0 where segment_id = ?", [segment])
    found = {r.table: r for r in gate.run(settings, warehouse, "segments")}["segments.segments"]
    assert found.status == "passed"
    assert any("segments have members" in w for w in found.warnings)


def test_a_table_that_stands_is_taken_from_the_published_file_and_none_from_one_that_was_written_into(spoiling) -> None:
    settings, warehouse = spoiling

    def phones(file) -> int:
        with duckdb.connect(str(file), read_only=True) as con:
            return con.execute("select count(phone) from voters").fetchall()[0][0]

    def built_again(con, step: str) -> None:
        con.execute("update meta.builds set built_at = built_at + interval 1 second where step = ?", [step])

    has = phones(settings.current)
    with warehouse.open() as con:
        con.execute(
            "update marts.voters set phone = null"
        )  # behind the pipeline's back, so that a copy is told from a new table
        built_again(con, "marts.donations")
        write_candidate(settings, con)
    assert phones(candidate_path(settings)) == has > 0
    with warehouse.open() as con:
        built_again(con, "marts.voters")
        write_candidate(settings, con)
    assert phones(candidate_path(settings)) == 0
    with warehouse.open() as con:
        con.execute("update meta.builds set data_version = 'another' where step = 'published'")
        assert swap(settings, con)
        con.execute("update marts.voters set phone = '9195550100'")
        write_candidate(settings, con)
    assert phones(candidate_path(settings)) == 0
    assert {r.status for r in gate.run(settings, warehouse, "published", candidate_path(settings))} == {"passed"}
    with duckdb.connect(str(settings.current)) as con:
        con.execute("update voters set phone = '9195550199'")
    with warehouse.open() as con:
        write_candidate(settings, con)
        [(voters,)] = con.execute("select count(*) from marts.voters").fetchall()
    assert phones(candidate_path(settings)) == voters


def test_of_a_table_that_was_brought_forward_from_what_is_published_only_the_changed_rows_are_looked_at(
    spoiling,
) -> None:
    settings, warehouse = spoiling
    mart, told_by = "marts.vote_history", "intermediate.int_changed_records"
    with warehouse.open() as con:
        published = versions.builds(con)[mart]
        [(voter, votes, of_all)] = con.execute(
            f"select voter_id, count(*), (select count(*) from {mart}) from {mart} group by 1 order by 1 limit 1"
        ).fetchall()
        # Behind the pipeline's back, so that what is looked at is told from what is not.
        con.execute(f"update {mart} set voting_method = 'seen'")
        con.execute(f"insert into {told_by} by name select ? as voter_id", [voter])
        for followed, is_of_that_build, seen in (
            ("", True, of_all),
            (published, False, of_all),
            (published, True, votes),
        ):
            con.execute(
                "update meta.builds set followed = ?, built_at = built_at + interval 1 second where step = ?",
                [followed, mart],
            )
            if is_of_that_build:
                con.execute(
                    "update meta.builds set built_at = (select built_at from meta.builds where step = ?) where step = ?",
                    [mart, told_by],
                )
            write_candidate(settings, con)
            with duckdb.connect(str(candidate_path(settings)), read_only=True) as candidate:
                assert candidate.sql("select count_if(voting_method = 'seen') from vote_history").fetchall() == [
                    (seen,)
                ]


@pytest.fixture
def spoiling(state):
    with Warehouse(state).hold("a test") as warehouse:
        yield state, warehouse
