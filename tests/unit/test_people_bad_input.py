"""Records of the pipeline that say nothing, too little, or what thousands of others say: no giant person, and no blow-up of time or memory.
Tables are made in SQL, thousands of rows at once."""

from __future__ import annotations

import time
from collections import Counter

import duckdb
import pytest

from orchestration.identity import people
from tests.people import empty, record, vote, whose


@pytest.fixture
def con():
    return empty()


MOST_SECONDS = 20  # of CPU; the longest takes half of it


def refreshed(con: duckdb.DuckDBPyConnection, run: str = "a") -> Counter:
    """How many people have how many records, after a refresh that took no more than its time."""
    con.execute("set memory_limit = '2GB'; set temp_directory = ''")
    began = time.process_time()
    people.refresh(con, run)
    assert time.process_time() - began < MOST_SECONDS
    sizes = con.execute("select record_count, count(*) from identity.people group by 1").fetchall()
    return Counter(dict(sizes))


def many(con: duckdb.DuckDBPyConnection, count: int, source: str, **columns: str) -> None:
    """Records of a source whose columns are SQL over `i`, from 0."""
    said = {"source": f"'{source}'", "record_id": f"'{source}-' || i", "as_of": "date '2026-01-15'", **columns}
    con.execute(
        f"insert into intermediate.int_person_records ({', '.join(said)}) select {', '.join(said.values())} from (select cast(range as integer) as i from range({count}))"
    )


def many_voters(con: duckdb.DuckDBPyConnection, count: int, **columns: str) -> None:
    said = {
        "voter_id": "'NC-' || i",
        "state_code": "'NC'",
        "residence_id": "'R' || i",
        "as_of": "date '2026-01-31'",
        **columns,
    }
    con.execute(
        f"insert into marts.voters ({', '.join(said)}) select {', '.join(said.values())} from (select cast(range as integer) as i from range({count}))"
    )


ANYBODY = "chr(65 + i % 26) || chr(65 + i // 26 % 26) || chr(65 + i // 676 % 26)"


def test_records_that_say_nothing_are_each_their_own_person(con) -> None:
    many(con, 10_000, "van_list")
    many(con, 10_000, "web_events", first_name="''", last_name="' '", email="''", phone="'0'")
    many_voters(con, 10_000)
    assert refreshed(con) == {1: 30_000}


def test_placeholders_are_no_names(con) -> None:
    many(con, 3_000, "web_events", first_name="'TEST'", last_name="'UNKNOWN'", phone="'9193456789'", zip5="'27701'")
    many(
        con,
        3_000,
        "van_list",
        first_name="'unknown'",
        last_name="'N/A'",
        address="'12 OAK ST'",
        city="'DURHAM'",
        zip5="'27701'",
    )
    many(con, 3_000, "actblue_contributions", first_name="'X'", last_name="'XXX'", email="'someone@fastmail.com'")
    vote(con, 1, "TEST", "UNKNOWN", phone="9193456789", zip5="27701")
    assert refreshed(con) == {1: 9_001}


@pytest.mark.parametrize("column", ["email", "phone"])
def test_what_thousands_give_is_nobodys(con, column: str) -> None:
    said = {"email": "'info@fastmail.com'", "phone": "'9193456789'"}[column]
    names = {"first_name": "'N' || " + ANYBODY, "last_name": "'L' || " + ANYBODY}
    many(con, 5_000, "actblue_contributions", **names, **{column: said})
    many(con, 5_000, "mailchimp_audience", **names, **{column: said})
    many(con, 5_000, "web_events", **{column: said})
    vote(con, 1, "NAAA", "LAAA", phone="9193456789")
    assert refreshed(con) == {1: 15_001}


def test_fifty_thousand_of_one_name_are_no_person(con) -> None:
    name = {"first_name": "'JOHN'", "last_name": "'SMITH'"}
    many_voters(con, 50_000, **name, birth_year="1980", zip5="'27' || lpad(cast(i % 300 as varchar), 3, '0')")
    many(con, 3_000, "actblue_contributions", **name, zip5="'27' || lpad(cast(i % 300 as varchar), 3, '0')")
    many(con, 3_000, "web_events", **name)
    many(
        con,
        1_000,
        "van_list",
        **name,
        address="'1 MAIN ST'",
        city="'DURHAM'",
        zip5="'27701'",
        birth_date="date '1980-05-06'",
    )
    sizes = refreshed(con)
    assert max(sizes) <= 2
    # One more who says who he is goes to his own record, as everywhere.
    record(con, "mailchimp_audience", "M", "JOHN", "SMITH", phone="9193456789", email="js@fastmail.com")
    record(con, "web_events", "U", "JOHN", "SMITH", phone="9193456789", email="js@fastmail.com")
    refreshed(con, "b")
    assert whose(con)["M"] == whose(con)["U"]


def test_swapped_names_are_found(con) -> None:
    vote(
        con,
        1,
        "ROSALIND",
        "TARKINGTON",
        birth_year=1970,
        phone="9193456789",
        residence_address="12 OAK ST",
        zip5="27701",
    )
    vote(con, 2, "TARKINGTON", "QUILL", birth_year=1970, zip5="27701")
    record(con, "web_events", "U1", "TARKINGTON", "ROSALIND", phone="9193456789", zip5="27701")
    record(
        con, "van_list", "V1", "Tarkington", "Rosalind", birth_date="1970-05-06", address="12 Oak Street", zip5="27701"
    )
    people.refresh(con, "a")
    found = whose(con)
    assert found["U1"] == found["V1"] == found["NC-1"] != found["NC-2"]


@pytest.mark.parametrize("born", ["0001-01-01", "1900-01-01", "2090-01-01"])
def test_a_birth_that_cannot_be_says_nothing(con, born: str) -> None:
    """Neither for one person nor against it."""
    year = None if born.startswith("1900") else int(born[:4])  # of voters staging takes 1900 away
    vote(con, 1, "ROSALIND", "TARKINGTON", birth_year=year, phone="9193456789")
    vote(con, 2, "ROSALIND", "TARKINGTON", birth_year=year, phone="9193450000")
    vote(con, 3, "WILHELMINA", "QUILL", birth_year=1970, phone="9193451111")
    record(con, "web_events", "U1", "ROSALIND", "TARKINGTON", birth_date="1970-05-06", phone="9193456789")
    record(con, "web_events", "U2", "WILHELMINA", "QUILL", birth_date=born, phone="9193451111")
    record(con, "van_list", "V1", "ROSALIND", "TARKINGTON", birth_date=born)
    people.refresh(con, "a")
    found = whose(con)
    assert found["U1"] == found["NC-1"] != found["NC-2"]
    assert found["U2"] == found["NC-3"]
    assert list(found.values()).count(found["V1"]) == 1
    assert con.execute(
        "select count(*) from identity.match_review where reason = 'two ids of one state'"
    ).fetchall() == [(0,)]


def test_births_that_cannot_be_of_thousands_are_no_blow_up(con) -> None:
    many_voters(con, 10_000, first_name="'JOHN'", last_name="'SMITH'", birth_year="i % 3 * 1000")  # 0, 1000, 2000
    many(
        con,
        2_000,
        "van_list",
        first_name="'JOHN'",
        last_name="'SMITH'",
        birth_date="make_date(2090, 1, 1)",
        zip5="'27701'",
    )
    assert max(refreshed(con)) <= 2


@pytest.mark.parametrize(
    ("first", "last", "other_first"),
    [
        ("ИВАН", "ПЕТРОВ", "ПЁТР"),
        ("娜", "李", "伟"),
        ("محمد", "الحسن", "أحمد"),
        ("Γιώργος", "Παπαδόπουλος", "Νίκος"),
        ("José", "Núñez", "Juan"),
    ],
    ids=["Cyrillic", "Chinese", "Arabic", "Greek", "accents"],
)
def test_names_of_any_script(con, first: str, last: str, other_first: str) -> None:
    """The same name with the same number is one person, another first name at the same home another."""
    home = {"phone": "9193456789", "zip5": "27701", "address": "12 OAK ST"}
    record(con, "web_events", "U1", first, last, email="one@fastmail.com", **home)
    record(con, "actblue_contributions", "D1", first.upper(), last.upper(), email="one@fastmail.com", **home)
    record(con, "mailchimp_audience", "M1", other_first, last, **home)
    people.refresh(con, "a")
    found = whose(con)
    assert found["U1"] == found["D1"] != found["M1"]
