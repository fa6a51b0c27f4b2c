"""Who is one person: rules that keep a household apart, what is no evidence, and that nothing blows up."""

import random
import time
from collections import defaultdict
from importlib.resources import files
from pathlib import Path

import duckdb
import networkx
import polars as pl
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from orchestration import cli
from orchestration.identity import clusters
from orchestration.identity.blocking import LARGEST_BLOCK
from orchestration.identity.normalise import COLUMNS, SHARED_BY_NAMES, normalise
from orchestration.identity.resolve import resolve

HOME = {"address": "12 Oak Street", "city": "Durham", "state_code": "NC", "zip5": "27701"}
PHONE, EMAIL = {"phone": "919-345-6789"}, {"email": "family@fastmail.com"}


def person(first: str | None, last: str | None, **more: str) -> dict:
    return {"first_name": first, "last_name": last, **more}


ONE_PERSON = {
    "nickname": [person("Bob", "Tarkington", **HOME), person("Robert", "Tarkington", **HOME)],
    "accents and hyphens": [
        person("José", "García-Luján", birth_date="1971-03-04", zip5="28202"),
        person("JOSE", "GARCIA LUJAN", birth_date="03/04/1971", zip5="28202-1234"),
    ],
    "one of two last names": [
        person("Guadalupe", "Luján", birth_year="1971", address="31 Hawthorn Close", zip5="27707"),
        person("Guadalupe", "García-Luján", birth_year="1971", address="31 Hawthorn Close", zip5="27707", sex_code="M"),
    ],
    "address in other words": [
        person("Wilma", "Okonkwo", address="400 North Elm Street Apt 3", city="Boone", zip5="28607", birth_year="1961"),
        person("Wilma", "Okonkwo", address="400 N. ELM ST #3", city="BOONE", zip5="28607", birth_year="1961"),
    ],
    "a box of the post office": [
        person("Zebulon", "Thistlewood", address="P.O. Box 45", zip5="28607", birth_year="1961"),
        person("Zebulon", "Thistlewood", address="PO BOX 45", zip5="28607", birth_year="1961"),
    ],
    "phone in other signs": [
        person("Ines", "Quillfeather", phone="(704) 345-1122"),
        person("Ines", "Quillfeather", phone="+1 704 345 1122"),
    ],
    "swapped names": [
        person("Pemberton", "Alice", birth_date="1958-11-30", zip5="27514"),
        person("Alice", "Pemberton", birth_date="1958-11-30", zip5="27514"),
    ],
    "married and moved, same mail": [
        person("Henrietta", "Vandermeer", birth_date="1990-02-17", email="hv.90@fastmail.com", sex_code="F"),
        person("Henrietta", "Stoltzfus", birth_date="1990-02-17", email="hv.90@fastmail.com", sex_code="F"),
    ],
    "married and stayed": [
        person("Philippa", "Rutherford", sex_code="F", address="31 Hawthorn Close", zip5="27707"),
        person("Philippa", "Engelbrecht", sex_code="F", address="31 Hawthorn Close", zip5="27707"),
    ],
    "married, with the name at birth as middle name": [
        person("Ottoline", "Featherstone", middle_name="Kay", sex_code="F", birth_year="1968", **HOME),
        person("Ottoline", "Marchbanks", middle_name="Featherstone", sex_code="F", birth_year="1968", **HOME),
    ],
    "called by the middle name": [
        person("Leopold", "Winterbourne", middle_name="Barnaby", address="5 Quarry Ln", zip5="27713", birth_year="1952"),
        person("Barnaby", "Winterbourne", address="5 Quarry Ln", zip5="27713", birth_year="1952"),
    ],
    "year against date": [
        person("Ulysses", "Brandywine", birth_year="1949", zip5="28801", **PHONE),
        person("Ulysses", "Brandywine", birth_date="1949-07-01", zip5="28801", **PHONE),
    ],
    "generation in the last name": [
        person("Cornelius", "Hathaway Jr.", **HOME),
        person("Cornelius", "Hathaway", name_suffix="JR", **HOME),
    ],
    "not of Latin letters": [
        person("Владимир", "Кузнецов", birth_date="1966-05-05", zip5="27601"),
        person("ВЛАДИМИР", "КУЗНЕЦОВ", birth_date="1966-05-05", zip5="27601"),
    ],
    "one record, the wrong birth year of no one": [
        person("Thelma", "Ogilvie", birth_year="0", **HOME),
        person("Thelma", "Ogilvie", birth_year="2190", **HOME),
    ],
}  # fmt: skip
TWO_PEOPLE = {
    "junior and senior": [
        person("Walter", "Greer", name_suffix="Jr", **HOME, **PHONE),
        person("Walter", "Greer", name_suffix="Sr", **HOME, **PHONE),
    ],
    "junior and senior by year": [
        person("Otis", "Lambert", birth_year="1945", **HOME, **EMAIL),
        person("Otis", "Lambert", birth_year="1975", **HOME, **EMAIL),
    ],
    "twins": [
        person("Kayla", "Fenwick", birth_date="1999-04-04", **HOME),
        person("Kyle", "Fenwick", birth_date="1999-04-04", **HOME),
    ],
    "spouses": [person("Ruth", "Dabrowski", **HOME, **PHONE), person("Carl", "Dabrowski", **HOME, **PHONE)],
    "mother and daughter": [
        person("Denise", "Ashworth", **HOME, **EMAIL),
        person("Danielle", "Ashworth", **HOME, **EMAIL),
    ],
    "alike but known names": [person("Joan", "Whitcomb", **HOME, **PHONE), person("John", "Whitcomb", **HOME, **PHONE)],
    "sexes": [
        person("Robin", "Applegate", sex_code="F", birth_year="1980", **HOME),
        person("Robin", "Applegate", sex_code="M", birth_year="1980", **HOME),
    ],
    "neighbours of one first name": [
        person("Marcia", "Lindqvist", birth_year="1977", address="110 Larkspur Hollow Ln", zip5="27707"),
        person("Marcia", "Abernathy", birth_year="1977", address="118 Larkspur Hollow Ln", zip5="27707"),
    ],
    "housemates of like names": [
        person("Marjorie", "Pinkerton", middle_name="Ann", address="77 Juniper Ridge Ct", zip5="27707"),
        person("Margie", "Castellano", middle_name="Ann", address="77 Juniper Ridge Ct", zip5="27707"),
    ],
    "short form, other middle name": [
        person("William", "Drummond", middle_name="Henry", address="9 Sycamore Bend", zip5="27707"),
        person("Bill", "Drummond", middle_name="Otto", address="9 Sycamore Bend", zip5="27707"),
    ],
    "man of another middle name": [
        person("Alistair", "Kingfisher", middle_name="Rupert", sex_code="M", address="8 Mill Race Rd", zip5="27713"),
        person("Alistair", "Kingfisher", middle_name="Desmond", address="8 Mill Race Rd", zip5="27713"),
    ],
    "one's first name is the other's middle name": [
        person("Sylvester", "Ravenscroft", middle_name="Jerome", address="3 Orchard Bank", zip5="27713"),
        person("Jerome", "Ravenscroft", middle_name="Timothy", address="3 Orchard Bank", zip5="27713"),
    ],
    "namesakes of two flats": [
        person("Rosalind", "Buckminster", sex_code="F", address="6000 Harbor Pl Apt 102", zip5="27713"),
        person("Rosalind", "Pettigrew", address="6000 Harbor Pl Apt 119", zip5="27713"),
    ],
    "two names of which one is said to be short for Bill": [
        person("Robert", "Hollingsworth", address="44 Ferry Rd", zip5="27713"),
        person("William", "Hollingsworth", address="44 Ferry Rd", zip5="27713"),
    ],
    "one first name and address": [
        person("Ferdinand", "Cavanaugh", address="17 Tannery Row", zip5="27713"),
        person("Ferdinand", "Blackwood", address="17 Tannery Row", zip5="27713"),
    ],
    "no first name": [person(None, "Montague", **HOME, **PHONE), person("Roderick", "Montague", **HOME, **PHONE)],
    "placeholders": [person("UNKNOWN", "TEST", **HOME), person("Unknown", "Test", **HOME)],
    "nothing": [person(None, None), person(None, None)],
    "nobody": [person("John", "Doe", **HOME), person("John", "Doe", **HOME)],
    "a name alone": [person("Mary", "Williams"), person("Mary", "Williams")],
}


def table(records: list[dict]) -> pl.DataFrame:
    return pl.DataFrame(records, schema=dict.fromkeys(COLUMNS, pl.String))


def people(records: list[dict], duplicate_free: tuple[str, ...] = (), threads: int = 2) -> dict[str, str]:
    given = table(records)
    with duckdb.connect(config={"threads": threads}) as con:
        con.register("given", given)
        resolve(con, "given", "resolved", duplicate_free)
        return dict(con.sql("select * from resolved").fetchall())


@pytest.fixture(scope="module")
def families() -> dict[str, str]:
    cases = ONE_PERSON | TWO_PEOPLE
    return people([{"record_id": f"{case} {n}", **each} for case, pair in cases.items() for n, each in enumerate(pair)])


@pytest.mark.parametrize("case", ONE_PERSON)
def test_one_person(families: dict[str, str], case: str) -> None:
    assert families[f"{case} 0"] == families[f"{case} 1"]


@pytest.mark.parametrize("case", TWO_PEOPLE)
def test_two_people(families: dict[str, str], case: str) -> None:
    assert families[f"{case} 0"] != families[f"{case} 1"]


def test_duplicate_free_source_keeps_its_records_apart() -> None:
    """Also where another source's record belongs to both; that one goes to who fits better."""
    day = {"birth_date": "1970-06-06"}
    records = [
        {"record_id": "v1", "source": "voters", **person("Gail", "Thornberry", **day, **HOME)},
        {"record_id": "v2", "source": "voters", **person("Gail", "Thornberry", **day, zip5="27701")},
        {"record_id": "d1", "source": "donors", **person("Gail", "Thornberry", **day, **HOME)},
    ]
    assert people(records, ("voters",)) == {"v1": "d1", "d1": "d1", "v2": "v2"}
    assert len(set(people(records).values())) == 1


def test_record_between_two_people_goes_to_neither() -> None:
    records = [
        {"record_id": "jr", **person("Amos", "Pettibone", name_suffix="Jr", **HOME)},
        {"record_id": "sr", **person("Amos", "Pettibone", name_suffix="Sr", **HOME)},
        {"record_id": "which", **person("Amos", "Pettibone", **HOME, **PHONE)},
    ]
    assert len(set(people(records).values())) == 3


def test_no_cluster_by_way_of_a_third() -> None:
    """Bert may be Albert's or Robert's short form; all share a mailbox and none makes the others one."""
    names = ("Albert", "Bert", "Robert")
    found = people([{"record_id": name, **person(name, "Zimmerli", **HOME, **EMAIL)} for name in names])
    assert found["Albert"] != found["Robert"]


@settings(max_examples=40, deadline=None)
@given(st.lists(st.tuples(st.integers(0, 29), st.integers(0, 29)), max_size=40))
@example([(n, n + 1) for n in range(29)])
@example([(n, 29 - n) for n in range(15)] + [(n, n + 15) for n in range(15)])
def test_links_connect_all_that_hangs_together(links: list[tuple[int, int]]) -> None:
    with duckdb.connect() as con:
        con.execute(
            "create table links as select unnest($l) as n_l, unnest($r) as n_r",
            {s: [link[side] for link in links] for side, s in enumerate("lr")},
        )
        con.execute("create temp table held as select n, n as cluster from range(30) t(n)")
        clusters.connect(con, "links", "held")
        found = dict(con.execute("from held").fetchall())
    graph = networkx.Graph(links)
    graph.add_nodes_from(range(30))
    assert found == {n: min(component) for component in networkx.connected_components(graph) for n in component}


def test_values_of_many_names_are_no_evidence() -> None:
    shared = [
        {"record_id": f"{n}", **person(f"Name{chr(65 + n // 26)}{chr(65 + n % 26)}", "Lee", **EMAIL, **PHONE)}
        for n in range(SHARED_BY_NAMES + 1)
    ]
    with duckdb.connect() as con:
        con.register("given", table(shared))
        normalise(con, "given", "many")
        con.register("given", table(shared[:-1]))
        normalise(con, "given", "few")
        assert con.sql("select count(email), count(phone) from many").fetchall() == [(0, 0)]
        assert con.sql("select count(email), count(phone) from few").fetchall() == [(SHARED_BY_NAMES, SHARED_BY_NAMES)]


def test_bad_input_does_not_blow_up() -> None:
    records = [person("John", "Smith") for _ in range(50_000)]
    records += [
        person("John", "Smith", birth_year="1980", **HOME) for _ in range(2 * LARGEST_BLOCK)
    ]  # one donor's gifts
    records += [person(None, None, **EMAIL) for _ in range(3_000)]
    records += [person(None, None) for _ in range(1_000)]
    records += [person("Test", "Test", phone="9195555555", birth_date="1900-01-01") for _ in range(1_000)]
    records = [{"record_id": f"{n:05}", **record} for n, record in enumerate(records)]
    began = time.process_time()
    found = people(records)
    assert time.process_time() - began < 20
    clusters = defaultdict(list)
    for record, owner in found.items():
        clusters[owner].append(record)
    sizes = sorted(map(len, clusters.values()))
    assert len(found) == len(records)
    assert sizes[-1] == 2 * LARGEST_BLOCK
    assert set(sizes[:-1]) == {1}


def test_same_answer_by_one_or_two_threads() -> None:
    """Also in another order of records, with enough of them to learn from; and nearly all of it is right."""
    draw = random.Random(1)
    listed = {kind: (files("names") / f"dist.{kind}").read_text().split()[::4] for kind in ("female.first", "all.last")}
    records = []
    for home in range(300):
        last = draw.choice(listed["all.last"][:2000])
        lives = {
            "address": f"{draw.randrange(999)} {draw.choice(listed['all.last'][:300])} St",
            "zip5": f"277{home % 20:02}",
        }
        for first in draw.sample(listed["female.first"][:200], 2):
            known = {
                **lives,
                "birth_year": f"{draw.randrange(1930, 2005)}",
                "phone": f"919{draw.randrange(2220000, 9990000)}",
            }
            for copy in range(2):
                unsaid = draw.choice(list(known))
                fields = {field: value for field, value in known.items() if field != unsaid}
                records.append({"record_id": f"{home} {first} {copy}", **person(first, last, **fields)})
    found = people(records, threads=1)
    assert found == people(records[::-1], threads=2)
    together = {(a, b) for a in found for b in found if a < b and found[a] == found[b]}
    right = {(a, b) for a, b in together if a[:-1] == b[:-1]}
    assert len(together - right) <= 4  # Tina lives with Christina
    assert len(right) >= 595


def test_command(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file, out = tmp_path / "people.csv", tmp_path / "who.parquet"
    records = [{"record_id": f"{n}", "source": "gifts", **each} for n, each in enumerate(ONE_PERSON["nickname"])]
    table(records).drop("phone", "middle_name").write_csv(file)
    assert cli.main(["resolve", str(file), "--out", str(out)]) == 0
    assert pl.read_parquet(out).rows() == [("0", "0"), ("1", "0")]
    assert cli.main(["resolve", str(file), "--out", str(out), "--duplicate-free", "gifts"]) == 0
    assert pl.read_parquet(out).rows() == [("0", "0"), ("1", "1")]
    assert "2 records are of 1 people" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("text", "more", "told"),
    [
        ("name\nAnn\n", [], "names no column record_id"),
        ("record_id,first_name\n1,Ann\n1,Zelda\n", [], "1 of 2 record_ids occur again"),
        ("record_id,first_name\n1,Ann\n,Zelda\n", [], "1 of 2 records have no record_id"),
        ("record_id,first_name\n1,Ann\n2,Zelda,x,y\n", [], "line 3"),
        ("record_id,source\n1,a\n2,b\n", ["--duplicate-free", "c"], "no record has the source c"),
    ],
)
def test_refused_file(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], text: str, more: list[str], told: str
) -> None:
    file, out = tmp_path / "people.csv", tmp_path / "who.csv"
    file.write_text(text)
    assert cli.main(["resolve", str(file), "--out", str(out), *more]) == 1
    error = capsys.readouterr().err
    assert told in error
    assert "Zelda" not in error
    assert list(tmp_path.iterdir()) == [file]
