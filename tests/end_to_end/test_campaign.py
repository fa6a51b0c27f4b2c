"""What people give the campaign, and what others know of them, of a generated state, from inbox to the published file: it adds up, leads back to its records, links
to the right voters, and the gates tell what cannot be."""

from __future__ import annotations

import contextlib
import csv
import io
import json
import re
import shutil
from collections import defaultdict
from itertools import chain

import duckdb
import polars as pl
import pytest

from orchestration import lineage, pictures
from orchestration.erasing import originals, register
from orchestration.erasing.person import find
from orchestration.identity import people, stewards
from orchestration.ingestion.contracts import campaign_contracts
from orchestration.publishing.publish import PUBLIC_SCHEMAS
from orchestration.sample import write_sample
from orchestration.warehouse import Warehouse
from quality import gate, policy, reconcile, versions
from quality.suites.marts import OF_EVENTS
from tests import pipeline, readme


@pytest.fixture(scope="module")
def state(tmp_path_factory):
    settings = pipeline.settings_for(tmp_path_factory.mktemp("campaign"))
    settings.make_directories()
    paths = write_sample(settings.inbox, pipeline.VOTERS, pipeline.SEED, campaign=True)
    output = io.StringIO()
    with contextlib.redirect_stdout(output):
        assert pipeline.run(settings) == 0, output.getvalue()
    with duckdb.connect(str(settings.current), read_only=True) as con:
        yield settings, con, paths.truth_dir


def rows(state, sql: str) -> list[tuple]:
    return state[1].execute(sql).fetchall()


def test_donations_are_those_of_the_truth(state):
    truth = pl.read_parquet(state[2] / "donations.parquet")
    found = {donation.removeprefix("ACTBLUE-") for (donation,) in rows(state, "select donation_id from donations")}
    assert found == {*truth["line_item_id"]}
    assert truth["ncid"].drop_nulls().n_unique() == pytest.approx(0.04 * pipeline.VOTERS, rel=0.3)
    assert truth["ncid"].null_count() / len(truth) == pytest.approx(0.25, abs=0.12)
    [(recurring, ended, refunded)] = rows(
        state, "select count_if(is_recurring), count(recurring_cancelled_at), count_if(is_refunded) from donations"
    )
    assert recurring > ended > 0
    assert refunded > 0


def test_every_source_is_loaded_gated_linked_and_adds_up(state):
    sums = (
        "sum(records_read), sum(rows_loaded + rows_quarantined + rows_erased), sum(rows_suppressed), sum(rows_loaded)"
    )
    delivered = rows(state, f"select contract, {sums} from deliveries where status = 'loaded' group by contract")
    contracts = {contract.name: contract for contract in campaign_contracts()}
    assert {*contracts} <= {name for name, *_ in delivered}
    for name, read, accounted, suppressed, loaded in delivered:
        assert (read, suppressed < loaded) == (accounted, True), name
    checked = {
        (gate, table): (status, count)
        for gate, table, status, count in rows(state, "select gate, table_name, status, check_count from gate_results")
    }
    judged = [("raw", f"raw.{name}") for name in contracts]
    judged += [("staging", reconcile.events_table(contract)) for contract in contracts.values()]
    judged += [("marts", table) for table in OF_EVENTS]
    assert [table for table in judged if checked[table][0] != "passed" or not checked[table][1]] == []
    with duckdb.connect(str(state[0].warehouse), read_only=True) as con:
        for table in map(reconcile.events_table, contracts.values()):
            assert con.execute(f"select count(*) from {table}").fetchall() == [(reconcile.rows_of(con, table),)]
    wanted = {
        "school_readers", "site_readers", "recent_donors", "lapsed_donors", "large_donors", "engaged_supporters", "volunteers",
        "education_workers", "business_owners", "contacts_of_supporters",
    }  # fmt: skip
    assert wanted <= {segment for (segment,) in rows(state, "select segment_id from segments")}
    linked = rows(
        state, "select table_name from duckdb_columns() where column_name = 'is_linked' and schema_name = 'main'"
    )
    shares = {mart: rows(state, f"select count_if(is_linked), count(*) from {mart}")[0] for (mart,) in linked}
    assert [mart for mart, (found, _) in shares.items() if not found] == ["fec_contributions"]  # nobody in it is linked
    assert {*shares} - {"fec_contributions", "app_friends"} == {*pictures.LINKED}
    with duckdb.connect(str(state[0].warehouse), read_only=True) as con:
        [plot] = pictures.of_table(con, "marts.consumer_traits").values()
    by_id = "select round(100.0 * count_if(linked_by = 'state_voter_id') / count(*), 1) from consumer_traits"
    [(share,)] = rows(state, by_id)
    assert f"|state_voter_id|{share:,}" in plot.value


def test_every_row_of_people_says_whose_it_is(state):
    """Also of those who are no voters; and who is a voter is so in `people`, too."""
    whose = {
        "donations": "true", "contacts": "true", "survey_responses": "true", "activist_codes": "true", "email_activity": "true",
        "consumer_traits": "true", "social_engagement": "true", "app_friends": "true", "voters": "true", "vote_history": "true",
        "segment_members": "true", "web_activity": "user_id is not null",
        "subscriptions": "voter_id is not null or source = 'mailchimp_audience'",
    }  # fmt: skip
    for table, who in whose.items():
        found = f"""
            select count(*) from (select * from {table} where {who}) as of_people
            left join people using (person_id) where people.person_id is null
        """
        assert rows(state, found) == [(0,)], table
        assert rows(state, f"select count(person_id) > 0 from {table}") == [(True,)], table
    assert rows(
        state, "select count(*) from voters join people using (person_id) where voters.voter_id <> people.voter_id"
    ) == [(0,)]
    # What a texting tool tells is a number without a name: of some it is known whose it is.
    assert rows(
        state,
        "select count(person_id) between 1 and count(*) - 1 from subscriptions where source = 'texting_opt_outs' and voter_id is null",
    ) == [(True,)]
    stages = dict(rows(state, "select stage, count(*) from person_records group by all"))
    assert {"first", "authoritative", "exact", "probable"} <= {*stages}


def test_people_are_those_of_the_truth(state):
    """Of the records that others joined, and of whom the truth knows: nearly all are the same person."""
    truth = state[2]
    known = f"""
        select 'NC-' || ncid as record_id, person_number from '{truth}/people.parquet' where ncid is not null
        union all select van_id, person_number from '{truth}/contacts.parquet'
        union all select 'L2-' || l2_id, person_number from '{truth}/consumers.parquet'
        union all select 'APP-' || member_id, person_number from '{truth}/app_members.parquet'
        union all select distinct identifier, person_number from '{truth}/subscriptions.parquet' where channel = 'email'
    """
    pairs = f"""
        with known as ({known}),
        of as (
            select record_id, person_id, any_value(person_number) as who from person_records join known using (record_id)
            where valid_to is null and person_number is not null group by all having count(distinct person_number) = 1
        )
        select count(*) filter (where one.who = two.who), count(*)
        from of as one join of as two on two.person_id = one.person_id and two.record_id > one.record_id
    """
    [(right, found)] = rows(state, pairs)
    assert found > 500
    assert right >= 0.995 * found


def test_links_are_right_and_few(state):
    """By exact identifiers alone some donors are found, and none of them is another voter."""
    truth = dict(pl.read_parquet(state[2] / "donations.parquet").select("line_item_id", "ncid").iter_rows())
    linked = rows(state, "select donation_id, voter_id, linked_by from donations where is_linked")
    assert linked
    wrong = [
        donation
        for donation, voter, _ in linked
        if truth[donation.removeprefix("ACTBLUE-")] != voter.removeprefix("NC-")
    ]
    assert wrong == []
    assert {by for *_, by in linked} == {"phone"}


# By mart, or mart and source: whose record (`r`) a row (`m`) came from, and what tells that it is this one.
RECORDS = {
    "donations": ("actblue_contributions", "'ACTBLUE-' || r.lineitem_id = m.donation_id"),
    "fec_contributions": ("fec_contributions", "'FEC-' || r.sub_id = m.fec_contribution_id"),
    "consumer_traits": ("l2_consumer", "'L2-' || r.lalvoterid = m.consumer_id"),
    "contacts": ("van_contacts", "trim(r.van_id, '=\"') = m.van_id"),
    "survey_responses": ("van_survey_responses", "trim(r.van_id, '=\"') = m.van_id"),
    "activist_codes": ("van_activist_codes", "trim(r.van_id, '=\"') = m.van_id"),
    "email_activity": ("mailchimp_activity", "lower(r.email_address) = m.email"),
    "web_activity": ("web_events", "'WEB-' || r.message_id = m.event_id"),
    "social_engagement": ("app_members", "'APP-' || r.member_id = m.member_id"),
    "app_friends": ("app_contacts", "r.share_id = m.share_id"),
    "ad_spend": ("meta_ads", "r.campaign_name = m.campaign_name"),
    "subscriptions mailchimp_audience": ("mailchimp_audience", "lower(r.email_address) = m.identifier"),
    "subscriptions texting_opt_outs": ("texting_opt_outs", "right(regexp_replace(r.phone, '[^0-9]', '', 'g'), 10) = m.identifier"),
    "subscriptions actionnetwork_activists": ("actionnetwork_activists", "m.identifier_kind = 'phone' or lower(r.email) = m.identifier"),
    "subscriptions actblue_contributions": ("actblue_contributions", "m.evidence = 'receipt ' || r.receipt_id"),
    "subscriptions van_contacts": ("van_contacts", "true"),
    "subscriptions van_list": ("van_list", "true"),
}  # fmt: skip


def test_each_row_leads_back_to_its_record(state):
    """Its delivery and record have what tells it from others; also where records before it were held back."""
    with duckdb.connect(str(state[0].warehouse), read_only=True) as con:
        for of, (contract, same) in RECORDS.items():
            mart, _, source = of.partition(" ")
            told = f"select * from marts.{mart}" + (f" where source = '{source}'" if source else "")
            strays = f"""
                from ({told}) m anti join raw.{contract} r
                on r._delivery_id = m.delivery_id and r._record_number = m.record_number and ({same})
            """
            assert con.execute(f"select count(*) {strays}").fetchall() == [(0,)], of
            assert con.execute(f"select count(*) > 0 from ({told})").fetchall() == [(True,)], of
    assert rows(state, "select count(distinct delivery_id) from donations") == [(2,)]
    held_back = "select sum(rows_suppressed) from deliveries where contract = 'actblue_contributions'"
    assert rows(state, held_back) == [(2,)]  # a repeated header and the totals


def test_a_federal_dollar_counts_once(state):
    """By recipient as many gifts and dollars as were made and reported, though each stands up to four times."""
    truth = pl.read_parquet(state[2] / "fec_totals.parquet").select("recipient", "gifts", "dollars").rows()
    found = """
        select recipient_committee_id, count_if(amount_dollars > 0), sum(amount_dollars)::bigint from fec_contributions
        where is_counted group by 1 order by 1
    """
    assert rows(state, found) == truth
    assert len(truth) == 3
    reasons = rows(state, "select distinct not_counted_reason from fec_contributions order by 1")
    assert reasons == [("amended",), ("memo",), ("reported_by_recipient",), (None,)]
    ids = {
        contribution.removeprefix("FEC-")
        for (contribution,) in rows(state, "select fec_contribution_id from fec_contributions")
    }
    assert ids == {*pl.read_parquet(state[2] / "fec.parquet")["sub_id"]}


def test_consumers_are_linked_to_the_right_voters(state):
    """Nearly all whom the state's id tells, and nobody else; what was not to land did not."""
    truth = dict(pl.read_parquet(state[2] / "consumers.parquet").select("l2_id", "ncid").iter_rows())
    found = rows(state, "select consumer_id, voter_id from consumer_traits")
    assert {consumer.removeprefix("L2-") for consumer, _ in found} == {*truth}
    assert [c for c, voter in found if voter and voter != f"NC-{truth[c.removeprefix('L2-')]}"] == []
    voters = {voter for (voter,) in rows(state, "select voter_id from voters")}
    known = [consumer for consumer, ncid in truth.items() if f"NC-{ncid}" in voters]
    assert sum(voter is not None for _, voter in found) > 0.95 * len(known) > 0.6 * pipeline.VOTERS
    assert rows(
        state, "select count(*) from consumer_traits where reads_magazines and occupation = 'TEACHER' and is_linked"
    ) > [(0,)]
    [(told,)] = rows(state, "select reason from deliveries where contract = 'l2_consumer'")
    assert told.startswith("4 of 44 columns were read past, 3 of them since they tell religion")


def test_ad_spend_is_that_of_the_truth(state):
    """Of the month that was not over the newer report counts."""
    truth = pl.read_parquet(state[2] / "ad_spend.parquet")
    found = rows(
        state,
        "select campaign_name, ad_set_name, ad_name, period_start, period_end, (100 * spend_dollars)::integer from ad_spend where is_counted",
    )
    assert sorted(found) == sorted(truth.rows())


def test_contacts_are_those_of_the_truth(state):
    """Each attempt once, though two histories have it; whom a VANID leads to is who it is."""
    truth = pl.read_parquet(state[2] / "contacts.parquet")
    count = dict(rows(state, "select van_id, count(*) from contacts group by 1"))
    assert count == {van_id: n for van_id, n in truth.select("van_id", "contact_count").rows() if n}
    voters = {voter for (voter,) in rows(state, "select voter_id from voters")}
    known = {v: f"NC-{ncid}" for v, ncid in truth.select("van_id", "ncid").rows() if f"NC-{ncid}" in voters}
    found = dict(rows(state, "select van_id, voter_id from contacts where linked_by = 'van_id'"))
    assert {van_id: voter for van_id, voter in known.items() if van_id in count} == {
        v: found[v] for v in known if v in count
    }
    assert truth["ncid"].drop_nulls().n_unique() == pytest.approx(0.15 * pipeline.VOTERS, rel=0.2)
    sums = "count_if(is_reached), count_if(is_randomised), count_if(has_notes), count_if(result = 'other'), count(*)"
    [(reached, randomised, noted, other, every)] = rows(state, f"select {sums} from contacts")
    assert every > reached > noted > other == 0 < randomised < every
    [(newest, people)] = rows(state, "select count_if(is_newest), count(distinct van_id) from survey_responses")
    assert newest == people > 0


def test_whoever_left_a_list_or_texted_stop_may_not_be_reached(state):
    truth = pl.read_parquet(state[2] / "subscriptions.parquet").select("identifier", "channel", "may_be").rows()
    current = rows(state, "select identifier, channel, is_opted_in, source from subscriptions where is_current")
    found = {(identifier, channel): (may_be, source) for identifier, channel, may_be, source in current}
    allowed = [found[(*key,)] for *key, may_be in truth if not may_be and found[(*key,)][0]]
    assert {source for _, source in allowed} <= {"actblue_contributions"}  # who gave later and consented anew
    assert len(allowed) < 0.1 * len(truth)
    may_be = [found[(*key,)][0] for *key, may_be in truth if may_be]
    assert sum(may_be) > 0.9 * len(may_be)  # some of them left in another list
    assert len({source for (source,) in rows(state, "select distinct source from subscriptions")}) == 6


SPOILED = [
    ("update marts.donations set donated_at = as_of + interval 3 day where rowid = 0", "nothing was given or paid back after"),
    ("update marts.donations set amount_dollars = 7001, refunded_at = null, is_refunded = false where rowid = 0", "no donation is above the legal limit, $7,000"),
    ("insert into marts.donations from marts.donations limit 1", "a donation stands once"),
    ("delete from marts.donations where rowid = 0", "donations are the line items staged"),
    ("update marts.donations set voter_id = 'NC-NOBODY' where rowid = 0", "donors who are linked are voters"),
]  # fmt: skip


@pytest.mark.parametrize(("spoil", "expected"), SPOILED, ids=[e for _, e in SPOILED])
def test_the_gate_stops(state, tmp_path, spoil: str, expected: str):
    settings = pipeline.settings_for(tmp_path / "copy")
    settings.make_directories()
    shutil.copy(state[0].warehouse, settings.warehouse)
    warehouse = Warehouse(settings)
    with warehouse.hold("a test"):
        with warehouse.open() as con:
            con.execute(spoil)
        found = gate.run(settings, warehouse, "marts")
    assert [f for result in found for f in result.failed if expected in f], [r.failed for r in found]


SPOILED_AT_ONCE = {
    "update marts.contacts set contacted_at = as_of + interval 3 day where rowid = 0": "nobody was contacted after the export's day",
    "delete from marts.survey_responses where rowid = 0": "answers are those staged",
    "insert into marts.activist_codes from marts.activist_codes limit 1": "person_code_id is there once",
    "update marts.email_activity set voter_id = 'NC-NOBODY', is_linked = true where rowid = 0": "who is linked is a voter",
    "update marts.subscriptions set is_current = not is_current where rowid = 0": "one statement counts, and never an opt-in",
    "delete from marts.fec_contributions where rowid = 0": "contributions are the records staged",
    "update marts.fec_contributions set is_counted = not is_counted where rowid = 1": "each contribution counts or says why not",
    "update marts.fec_contributions set is_linked = true where rowid = 2": "nobody in it is linked to a voter",
    "delete from marts.consumer_traits where rowid = 0": "people are those staged",
    "update marts.consumer_traits set voter_id = 'NC-NOBODY' where rowid = 1": "people who are linked are voters",
    "delete from marts.web_activity where rowid = 0": "events are the messages staged",
    "update marts.web_activity set occurred_at = as_of + interval 3 day where rowid = 1": "nothing happened after the export's day",
    "update marts.app_friends set friend_voter_id = voter_id where rowid = 0": "nobody is their own contact",
    "update marts.app_friends set friend_voter_id = 'NC-NOBODY' where rowid = 1": "member and contact are voters",
    "delete from marts.social_engagement where rowid = 0": "members are those staged but for those who have withdrawn",
    "insert into marts.social_engagement (member_id) select 'APP-' || member_id from staging.stg_app__members where not is_consenting limit 1": "members who have withdrawn are gone",
    'delete from raw."meta_ads__{report}" where rowid between 5 and 20': "the spend of each report adds up to its own row of totals",
}

SEEN_AT_ONCE = {
    "update marts.email_activity set happened_at = as_of where action = 'sent'": "no address was mailed after its opt-out",
    "update marts.contacts set phone = '9195550100'": "no telephone number is that of more than 200 people talked with",
    "update marts.voters set phone = '9195550100'": "no telephone number is that of more than 200 voters",
    "update marts.consumer_traits set phone = '9195550100'": "no telephone number is that of more than 200 people of a consumer file",
    "insert into marts.donations by name select 'D' || range as donor_id, 'one@example.org' as donor_email from range(201)": "no e-mail address is that of more than 200 donors",
    "insert into marts.donations by name select 'D' || range as donor_id, '9195550100' as donor_phone from range(201)": "no telephone number is that of more than 200 donors",
    "insert into intermediate.int_consents by name select 'one@example.org' as email, range::varchar as first_name from range(201)": "no e-mail address is that of more than 200 people",
    "insert into intermediate.int_person_records by name select 'van_list' as source, range::varchar as record_id, 'one@example.org' as email from range(201)": "no e-mail address is that of more than 200 records of all sources",
    "insert into intermediate.int_person_records by name select 'van_list' as source, range::varchar as record_id, '9195550100' as phone from range(201)": "no telephone number is that of more than 200 records of all sources",
    "update marts.contacts set result = 'other' where rowid = 0": "results and ways are in seeds/contact_labels.csv",
    "update marts.contacts set is_linked = false, voter_id = null": "a voter is known for 5% of the rows; 0 of",
}


def test_the_gate_tells_all_that_cannot_be(state, tmp_path):
    settings = pipeline.settings_for(tmp_path / "copy")
    settings.make_directories()
    shutil.copy(state[0].warehouse, settings.warehouse)
    warehouse = Warehouse(settings)
    with warehouse.hold("a test"):
        with warehouse.open() as con:
            [(report,)] = con.execute("select max(delivery_id) from raw.scopes where contract = 'meta_ads'").fetchall()
            for spoil in (*SPOILED_AT_ONCE, *SEEN_AT_ONCE):
                con.execute(spoil.format(report=report))
        found = gate.run(settings, warehouse, "marts") + gate.run(settings, warehouse, "identity")
    failed, seen = ([*chain.from_iterable(told)] for told in ([r.failed for r in found], [r.warnings for r in found]))
    assert [words for words in SPOILED_AT_ONCE.values() if not any(words in f for f in failed)] == [], failed
    assert [words for words in SEEN_AT_ONCE.values() if not any(words in w for w in seen)] == [], seen


PEOPLE_SPOILED_AT_ONCE = {
    "update identity.compared set generation = n % 2 + 1": "nobody's birth, generation, sex or first name contradicts itself",
    "delete from identity.person_records where valid_to is null and rowid = (select max(rowid) from identity.person_records where source = 'van_list')": "each record of a source is there",
    "insert into identity.match_review from identity.match_review limit 1": "a pair stands once",
}
PEOPLE_SEEN_AT_ONCE = {
    "insert into identity.match_rates select source, record_count, record_count, 0, happened_on - 7, 'before' from identity.match_rates; update identity.match_rates set matched_count = 0 where run <> 'before'": "as many of each source's people are found among voters as before",
    "update identity.match_rates set review_count = record_count": "of a source's people wait to be looked at",
    "insert into identity.person_events by name select 'ended' as event, person_id, (select arg_max(run, rowid) from identity.match_rates where run <> 'before') as run from identity.people": "of the people are gone at once",
}


def test_a_steward_is_obeyed_and_the_gate_of_people_tells_all_that_cannot_be(state, tmp_path, capsys):
    settings = pipeline.settings_for(tmp_path / "copy")
    settings.make_directories()
    for file in ("warehouse", "current"):
        shutil.copy(getattr(state[0], file), getattr(settings, file))
    [two] = rows(
        state, "select min(source || ':' || record_id), max(source || ':' || record_id) from person_records where valid_to is null and not ends_with(source, '_voters') group by person_id having count(*) = 2 order by 1 limit 1"
    )  # fmt: skip
    assert pipeline.groundgame(settings, "why", *two) == 0
    assert "are one person" in capsys.readouterr().out
    assert pipeline.groundgame(settings, "match", "reject", *two, "--by", "a test") == 0
    whose = (
        "select person_id from identity.person_records where valid_to is null and source || ':' || record_id in (?, ?)"
    )
    warehouse = Warehouse(settings)
    with warehouse.hold("a test"):
        with warehouse.open() as con:
            people.refresh(con, versions.built_version(con, "identity"), stewards.read(settings))
            assert len({*con.execute(whose, two).fetchall()}) == 2
        found = gate.run(settings, warehouse, "identity")
        assert [f for r in found for f in r.failed] == []
        with warehouse.open() as con:
            for spoil in (*PEOPLE_SPOILED_AT_ONCE, *PEOPLE_SEEN_AT_ONCE):
                con.execute(spoil)
            con.execute(f"update identity.person_records set person_id = 'P-1' where person_id in ({whose})", two)
        found = gate.run(settings, warehouse, "identity")
    failed, seen = ([*chain.from_iterable(told)] for told in ([r.failed for r in found], [r.warnings for r in found]))
    wanted = [*PEOPLE_SPOILED_AT_ONCE.values(), "what stewards rejected is two people"]
    assert [words for words in wanted if not any(words in f for f in failed)] == [], failed
    assert [words for words in PEOPLE_SEEN_AT_ONCE.values() if not any(words in w for w in seen)] == [], seen


def test_web_activity_is_that_of_the_truth(state):
    truth = pl.read_parquet(state[2] / "web_activity.parquet")
    found = rows(state, "select event_id, topic, voter_id, is_linked, email from web_activity")
    assert {event for event, *_ in found} == {f"WEB-{message}" for message in truth["message_id"]}
    of = {
        f"WEB-{message}": (ncid, topic) for message, ncid, topic in truth.select("message_id", "ncid", "topic").rows()
    }
    assert [event for event, topic, *_ in found if topic != of[event][1]] == []
    linked = [(event, voter.removeprefix("NC-")) for event, _, voter, is_linked, _ in found if is_linked]
    assert linked
    assert [event for event, voter in linked if of[event][0] != voter] == []
    assert {email is None for *_, email in found} == {True, False}


def test_friends_and_engagement_are_those_of_the_truth(state):
    """Members who withdrew are gone with their contacts; of the others all are there, and the voters among their contacts."""
    members = pl.read_parquet(state[2] / "app_members.parquet")
    contacts = pl.read_parquet(state[2] / "app_contacts.parquet")
    acts = pl.read_parquet(state[2] / "app_activity.parquet")
    standing = members.filter("is_consenting")
    assert 0 < len(standing) < len(members)
    found = rows(
        state,
        "select member_id, contact_count, follow_count + like_count + share_count + reply_count + event_count from social_engagement",
    )
    shared, done = (dict(table.filter("counts").group_by("member_id").len().iter_rows()) for table in (contacts, acts))
    assert {row for row in found} == {(f"APP-{m}", shared.get(m, 0), done.get(m, 0)) for m in standing["member_id"]}
    friends = rows(state, "select share_id, voter_id, friend_voter_id from app_friends")
    voter = dict(members.select("member_id", "ncid").iter_rows())
    of = {
        share: (f"NC-{voter[m]}", f"NC-{ncid}")
        for share, m, ncid in contacts.filter("counts").select("share_id", "member_id", "ncid").iter_rows()
    }
    assert friends
    assert [share for share, *both in friends if tuple(both) != of.get(share)] == []
    assert {(a, b) for a, b in rows(state, "select voter_id, friend_voter_id from friendships")} == {
        tuple(both) for _, *both in friends
    }
    # Of those whom a contact may be some are and some are not, and that is why nobody is believed without being asked.
    asked = rows(state, "select share_id, voter_id, candidate_voter_id from friendship_candidates")
    right = [share for share, *both in asked if tuple(both) == of.get(share)]
    assert 0 < len(right) < len(asked)


def test_what_is_known_of_a_segment_is_told_in_aggregate(state):
    """By the queries of README.md: as many people as the marts have, never fewer than ten."""
    told = {}
    for phrase in readme.PHRASES:
        found = state[1].execute(readme.queries()[phrase])
        assert [(column, str(kind)) for column, kind, *_ in found.description] == [
            ("source", "VARCHAR"), ("value", "VARCHAR"), ("people", "BIGINT"),
        ]  # fmt: skip
        told[phrase] = {(source, value): people for source, value, people in found.fetchall()}
        assert all(people >= 10 for people in told[phrase].values())
    books = """
        select count(distinct voter_id) from segment_members join consumer_traits using (voter_id)
        where segment_id = 'mid_propensity' and reads_books
    """
    assert rows(state, books) == [(told["what you read"]["consumer file", "books"],)]
    assert told["where you shop"]["consumer file", "online"] > 10
    assert ("consumer file", "EDUCATION") in told["what work you do"]


def test_what_analysts_see_of_people_may_serve_analysis(state):
    """By the terms of every source behind each column of a view, of which none is sensitive and none of the FEC."""
    register = policy.of(state[0])
    home, columns = {}, defaultdict(dict)
    for table, column in register.columns:
        schema, _, name = table.partition(".")
        if schema in PUBLIC_SCHEMAS and column != lineage.ROWS:
            home[f"main.{name}"] = table
            columns[f"main.{name}"][column] = "varchar"
    views = rows(state, "select view_name, sql from duckdb_views() where schema_name = 'analyst'")
    assert "segment_traits" in dict(views)
    for view, sql in views:
        origins = lineage.read(sql.partition(" AS ")[2].rstrip(";"), columns)
        used = [register.columns[home[table], column] for found in origins.values() for table, column in found]
        assert used, view
        assert [c for c in used if c.sensitive or "analysis" not in c.purposes] == [], view
        assert [c for c in used if any(source.startswith("fec") for source in c.sources)] == [], view


def test_contacts_who_are_no_voters_are_gone_after_the_run(state):
    contacts = pl.read_parquet(state[2] / "app_contacts.parquet")
    with duckdb.connect(str(state[0].warehouse), read_only=True) as con:
        said = "select share_id, first_name, last_name, email, phone from raw.app_contacts where coalesce(first_name, last_name, email, phone) is not null"
        kept = con.execute(said).fetchall()
        [(loaded,)] = con.execute("select count(*) from raw.app_contacts").fetchall()
    assert {share for share, *_ in kept} == {share for (share,) in rows(state, "select share_id from app_friends")}
    assert loaded == len(contacts) > len(kept)
    [(sha256,)] = rows(state, "select sha256 from deliveries where contract = 'app_contacts'")
    assert [*state[0].archive.glob(f"{sha256}*")] == []


def test_all_that_is_held_on_a_donor_who_is_no_voter_is_told_by_whatever_names_them(state, capsys):
    [(donor, email, person)] = rows(
        state,
        """
        select donor_id, donor_email, person_id from donations
        where person_id in (select person_id from people where voter_id is null) and donor_email is not null order by 1 limit 1
        """,
    )
    for named in (f"donor:{donor.removeprefix('ACTBLUE-')}", email, person):
        assert pipeline.groundgame(state[0], "subject", named) == 0
        told = json.loads(capsys.readouterr().out)
        assert donor in {row["donor_id"] for row in told["held"]["marts.donations"]}
        assert {row["person_id"] for row in told["held"]["identity.people"]} == {person}
        files = {delivery["delivery_id"] for delivery in told["deliveries"]}
        assert {record["delivery_id"] for record in told["delivered"]["actblue_contributions"]} <= files


def test_an_erased_person_is_in_no_file_and_all_the_rest_is_published_again(state, tmp_path, capsys):
    shutil.copytree(state[0].data_dir, tmp_path / "data", ignore=shutil.ignore_patterns("truth"))
    settings = pipeline.settings_for(tmp_path / "data")
    [(voter,)] = rows(
        state,
        """
        select voter_id from voters join donations using (voter_id) join subscriptions using (voter_id) join segment_members using (voter_id)
        where segment_id = 'multi_voter_residences' and registration_status = 'active' group by 1 order by count(*) desc, 1 limit 1
        """,
    )
    for channel in ("van", "mail", "meta"):
        assert (
            pipeline.groundgame(
                settings, "export", "multi_voter_residences", "--channel", channel, "--purpose", "turnout"
            )
            == 0
        )
    [copy] = settings.exports.glob("*-van-*.csv")
    shutil.copy(copy, tmp_path / "copy.csv")
    with copy.open(newline="", encoding="utf-8") as stream:
        told = {row["State Voter ID"]: row["Voter File VANID"] for row in csv.DictReader(stream, strict=True)}
    by_vanid = dict(rows(state, "select state_voter_id, van_id from van_ids join voters using (voter_id)"))
    assert told == {voter_id: by_vanid.get(voter_id, "") for voter_id in told}
    assert 0 < sum(map(bool, told.values())) < len(told)
    with Warehouse(settings).open() as con:
        person = find(con, voter)
    # Of other ids some begin as another person's do.
    values = {value for value in person.written if "@" in value} | {voter.removeprefix("NC-")}
    assert {path.partition("/")[0] for path in holding(settings, values)} == {
        "archive",
        "exports",
        "published",
        "warehouse",
    }
    capsys.readouterr()
    assert pipeline.groundgame(settings, "why", voter, "multi_voter_residences") == 0
    assert re.search(r"^  actblue_contributions \S+: .+ \(\w+.*\), since 20", capsys.readouterr().out, re.M)

    assert pipeline.groundgame(settings, "erase", voter) == 0

    told = capsys.readouterr()
    assert holding(settings, values) == []
    assert not is_in_text(told.out + told.err, values)
    [erasure] = register.every(settings)
    assert erasure.done_at
    assert len(erasure.lists) == 3
    before = {table: count for table, count in rows(state, COUNTS)}
    with duckdb.connect(str(settings.current), read_only=True) as con:
        after = {table: count for table, count in con.execute(COUNTS).fetchall()}
        assert con.execute("select 1 from gate_results where status = 'failed'").fetchall() == []
    assert before["voters"] - after["voters"] == 1
    assert before["donations"] > after["donations"]
    assert {table for table in before if after[table] > before[table]} == set()
    assert pipeline.groundgame(settings, "verify", str(tmp_path / "copy.csv")) == 0
    told = capsys.readouterr().out
    assert "1 people were erased since it was made" in told
    assert "it was removed from exports/" in told
    assert pipeline.groundgame(settings, "subject", voter) == 1


COUNTS = """
    select table_name, estimated_size from duckdb_tables()
    where schema_name = 'main' and table_name in ('voters', 'donations', 'subscriptions', 'vote_history', 'contacts')
"""


def holding(settings, values: set[str]) -> list[str]:
    """The files of a data directory that hold one of these values."""
    wanted = {value.lower().encode() for value in values}
    return [
        file.relative_to(settings.data_dir).as_posix()
        for file in sorted(settings.data_dir.rglob("*"))
        if file.is_file() and originals.is_in(file, wanted)
    ]


def is_in_text(text: str, values: set[str]) -> bool:
    return any(value.lower() in text.lower() for value in values)
