"""Gate `identity`: every record is of exactly one person, people are no crowds, and ids stay."""

from __future__ import annotations

from quality.suites import is_missing, no_rows, once, shared

TABLES = tuple(
    f"identity.{table}" for table in ("people", "person_records", "person_events", "match_review", "match_rates")
)
LARGEST_PERSON = 60  # records of one person, beyond which it is none
MOST_LOST = 0.1  # of a source's people who were voters the time before
MOST_IN_REVIEW = 0.5  # of a source's people
FEWEST = 100  # people of a source, of which shares are told
MOST_ENDED = 0.2  # of the people there were, in one run: more have not moved away


def tables(settings) -> tuple[str, ...]:
    """The tables that the gate judges."""
    return TABLES


def expectations(settings, con) -> dict[str, list]:
    """The checks by table."""
    from orchestration.identity import stewards
    from quality import versions

    rejected = [
        (d.a.source, d.a.record_id, d.b.source, d.b.record_id)
        for d in stewards.read(settings)
        if d.decision == stewards.REJECT
    ]
    con.execute("create temp table rejected (source_a varchar, record_a varchar, source_b varchar, record_b varchar)")
    if rejected:
        con.executemany("insert into rejected values (?, ?, ?, ?)", rejected)
    [(together,)] = con.execute(
        """
        select count(*) from rejected
        join identity.person_records as one on one.source = source_a and one.record_id = record_a and one.valid_to is null
        join identity.person_records as two on two.source = source_b and two.record_id = record_b and two.valid_to is null
        where one.person_id = two.person_id
        """
    ).fetchall()
    contradicting = _contradicting(con)
    run = versions.built_version(con, "identity")
    return {
        "identity.people": [
            once("person_id", "a person stands once"),
            no_rows(
                "select 1 from {batch} p full join (select hash(person_id) as person, count(*) as n from identity.person_records "
                "where valid_to is null group by 1) r on r.person = hash(p.person_id) where record_count is distinct from n",
                "people have the records counted",
            ),
            no_rows(
                f"select 1 from {{batch}} where voter_id is not null and {is_missing('voter_id', 'marts.voters')}",
                "voter_id is a voter's",
            ),
            no_rows(
                "select 1 from (select person_id, unnest(voter_ids) as id from {batch} where len(voter_ids) > 1) "
                "group by person_id, split_part(id, '-', 1) having count(*) > 1 and person_id not in "
                "(select unnest([person_a, person_b]) from identity.match_review where person_a = person_b)",
                "nobody has two voter ids of one state unless it is reported",
            ),
        ],
        "identity.person_records": [
            once("source, record_id", "a record is of one person", "valid_to is null"),
            no_rows(
                "select 1 from (select hash(record_id) as record from {batch} where valid_to is null and ends_with(source, '_voters')) r "
                "full join (select hash(voter_id) as voter from marts.voters) v on v.voter = r.record where v.voter is null or r.record is null",
                "each voter is a record",
            ),
            no_rows(
                "select distinct source, record_id from intermediate.int_person_records where "
                + is_missing(
                    "source, record_id",
                    "identity.person_records where valid_to is null and not ends_with(source, '_voters')",
                ),
                "each record of a source is there",
            ),
            no_rows(
                f"select 1 from range(0, {together}), {{batch}} limit {together}",
                "what stewards rejected is two people",
            ),
            no_rows(
                f"select 1 from range(0, {contradicting}), {{batch}} limit {contradicting}",
                "nobody's birth, generation, sex or first name contradicts itself, but where an id or a steward says so",
            ),
            no_rows(
                f"select 1 from {{batch}} where valid_to is null and stage <> 'first' group by person_id having count(*) >= {LARGEST_PERSON}",
                f"nobody has more than {LARGEST_PERSON} records",
            ),
            *(
                shared(
                    column,
                    "source || '|' || record_id",
                    what,
                    "records of all sources",
                    "intermediate.int_person_records",
                )
                for column, what in (("email", "e-mail address"), ("phone", "telephone number"))
            ),
        ],
        "identity.person_events": [
            no_rows(
                f"select 1 from (select count(distinct person_id) as n from {{batch}} where event in ('ended', 'merged') and run = '{run}'), "
                f"(select count(*) as now from identity.people) where n > {MOST_ENDED} * (now + n)",
                f"no more than {MOST_ENDED:.0%} of the people are gone at once",
                "warning",
            ),
            no_rows(
                f"select distinct person_id from identity.people where {is_missing('person_id', '{batch}')}",
                "everybody began at some time",
            ),
        ],
        "identity.match_review": [
            no_rows(
                "select 1 from {batch} group by source_a, record_a, source_b, record_b having count(*) > 1",
                "a pair stands once",
            ),
        ],
        "identity.match_rates": [
            no_rows(
                "select 1 from (select *, matched_count / nullif(record_count, 0) as share, lag(matched_count / nullif(record_count, 0)) "
                f"over (partition by source order by happened_on, run = '{run}') as before from {{batch}}) "
                f"where run = '{run}' and record_count >= {FEWEST} and share < before - {MOST_LOST}",
                "as many of each source's people are found among voters as before",
                "warning",
            ),
            no_rows(
                f"select 1 from {{batch}} where run = '{run}' and record_count >= {FEWEST} and review_count > {MOST_IN_REVIEW} * record_count",
                f"no more than {MOST_IN_REVIEW:.0%} of a source's people wait to be looked at",
                "warning",
            ),
        ],
    }


def _contradicting(con) -> int:
    """How many pairs of records of one person contradict each other. Whom an id or what is one voter's alone leads to a voter is hers whatever
    else they say, and a steward may know better."""
    from orchestration.identity import exact, model, normalise
    from orchestration.warehouse import has_table

    if not has_table(con, "compared", "identity"):
        return 0
    con.execute(f"""
        create or replace temp table judged as
        with open as not materialized (select source, record_id, person_id, stage, evidence from identity.person_records where valid_to is null),
        linked as (
            select * from open where stage in ('first', 'exact', 'probable') and not coalesce({exact.IS_LED}, false)
                and person_id in (select person_id from open where stage in ('exact', 'probable'))
                and person_id not in (select person_id from open where stage = 'steward')
        )
        select n, person_id, first, left(middle, 1) as middle, generation, sex, birth_year
        from linked join identity.compared using (source, record_id)
    """)
    # Whoever says the same of all these contradicts nobody: only of the others it is asked what takes long.
    con.execute("""
        create or replace temp table judged_pairs as
        select one.n as n_l, two.n as n_r
        from judged as one join judged as two on two.person_id = one.person_id and two.n > one.n
        where one.first <> two.first or one.middle <> two.middle or one.generation <> two.generation or one.sex <> two.sex
            or one.birth_year <> two.birth_year
    """)
    normalise.load_words(con, family_names=False)
    exact.paired(con, "select n_l from judged_pairs union select n_r from judged_pairs", among="identity.compared")
    [(pairs,)] = con.execute(f"""
        select count(*) from judged_pairs
        join (select {model.sided("paired", "l")}) using (n_l) join (select {model.sided("paired", "r")}) using (n_r)
        where {model.contradiction(households=True)} is not null
    """).fetchall()
    return int(pairs)
