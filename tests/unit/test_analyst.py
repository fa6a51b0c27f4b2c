"""What is told of a segment's members in aggregate: each trait of ten and more, by the queries of README.md."""

from __future__ import annotations

import duckdb
import pytest

from orchestration.settings import ROOT
from tests import published, readme

SQL = ROOT / "orchestration/publishing/analyst.sql"
READ_BY_IT = (
    "voters", "vote_history", "precincts", "precinct_results", "precinct_crosswalk", "consumer_traits", "web_activity",
    "social_engagement", "app_friends",
)  # fmt: skip
# Twelve voters, 0 to 11, all of them mid_propensity. What nine of them have is told to nobody, what ten have is.
ROWS = """
    create table segment_members as select 'mid_propensity' as segment_id, 'NC-' || range as voter_id from range(12);
    insert into segment_members select 'lapsed', 'NC-' || range from range(9);
    insert into segment_members select 'volunteers', 'NC-' || range from range(100, 110);
    insert into consumer_traits by name
        select 'L2-' || range as consumer_id, 'NC-' || range as voter_id, range < 11 as reads_books, range < 9 as reads_finance,
            true as shops_online, range < 9 as buys_books, case when range < 10 then 'LEGAL' else 'OFFICE' end as occupation_group
        from range(12);
    insert into consumer_traits by name select 'L2-9' || range as consumer_id, null as voter_id, true as reads_finance from range(20);
    -- The vendor has one of them again, who stays one person.
    insert into consumer_traits by name select 'L2-Z' as consumer_id, 'NC-0' as voter_id, true as reads_finance, 'LEGAL' as occupation_group;
    insert into web_activity by name
        select 'page' as event_type, 'schools' as topic, 'NC-' || (range % 10) as voter_id from range(30);
    insert into web_activity by name select 'page' as event_type, 'roads' as topic, 'NC-' || (range % 9) as voter_id from range(30);
    insert into web_activity by name
        select 'track' as event_type, 'Petition Signed' as event_name, 'water' as topic, 'NC-' || range as voter_id from range(2, 12);
    insert into social_engagement by name
        select 'NC-' || range as voter_id, 1 as follow_count, 0 as like_count, 0 as share_count, (range < 10)::int as reply_count,
            (range < 9)::int as event_count
        from range(12);
    insert into social_engagement by name select 'NC-0' as voter_id, 1 as follow_count, 1 as event_count;  -- is a member twice
    -- Eleven shared a volunteer each, two of them the same and one of them another besides.
    insert into app_friends by name select 'NC-' || range as voter_id, 'NC-10' || least(range, 9) as friend_voter_id from range(11);
    insert into app_friends by name select 'NC-0' as voter_id, 'NC-105' as friend_voter_id;
"""
TOLD = {
    "what you read": [("consumer file", "books", 11), ("site", "schools", 10)],
    "where you shop": [("consumer file", "online", 12)],
    "what work you do": [("consumer file", "LEGAL", 10)],
    "who your friends are": [("app", "in volunteers", 11)],
    "social media and other sites": [
        ("app", "follows or likes", 12), ("app", "is a member", 12), ("app", "replies", 10), ("site", "Petition Signed", 10),
        ("site", "visits", 10),
    ],
}  # fmt: skip


@pytest.fixture(scope="module")
def con():
    with duckdb.connect() as con:
        published.create(con, *READ_BY_IT)
        con.execute(ROWS)
        con.execute(SQL.read_text(encoding="utf-8"))
        yield con


@pytest.mark.parametrize("phrase", readme.PHRASES)
def test_the_readme_answers_it_for_a_segment(con, phrase: str):
    assert sorted(con.execute(readme.queries()[phrase]).fetchall()) == TOLD[phrase]


def test_a_segment_of_nine_is_not_told(con):
    segments = con.execute("select distinct segment_id from analyst.segment_traits order by 1").fetchall()
    assert segments == [("mid_propensity",), ("volunteers",)]


def test_friends_are_friends_of_either(con):
    of_volunteers = con.execute(
        "select kind, value, people from analyst.segment_traits where segment_id = 'volunteers'"
    ).fetchall()
    assert of_volunteers == [("friends", "in mid_propensity", 10)]  # and nine of them one in lapsed


def test_work_for_a_church_is_not_told(con):
    con.execute("begin")
    con.execute("update consumer_traits set occupation_group = 'RELIGIOUS'")
    work = con.execute(readme.queries()["what work you do"]).fetchall()
    con.execute("rollback")
    assert work == []
