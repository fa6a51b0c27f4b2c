"""Checks of the marts of what others know of people and of what was spent on them, for gate `marts`. Nobody has to have any of it: of
what was never delivered nothing is checked."""

from __future__ import annotations

from quality.suites import linked, no_rows, once, shared

CENT = 0.01
LINKED_CONSUMERS = 0.50  # what is bought of a state's voters mostly carries the state's own id


def _of_fec(settings, con) -> list:
    """The checks of what the Federal Election Commission has. It is the committees that mistake dates and amounts in it, and nobody
    here can mend that, so those are told and stop nothing."""
    limit = settings.campaign.contribution_limit
    reasons = con.execute(
        "select not_counted_reason, count(*) from marts.fec_contributions where not is_counted group by 1 order by 2 desc, 1"
    ).fetchall()
    told = "".join(f"; {reason}: {count:,}" for reason, count in reasons)
    return [
        once("fec_contribution_id", "a contribution stands once"),
        no_rows(
            "select 1 from (select distinct 'FEC-' || sub_id as fec_contribution_id from staging.stg_fec__contributions) staged "
            "full join marts.fec_contributions c on c.fec_contribution_id = staged.fec_contribution_id "
            "where staged.fec_contribution_id is null or c.fec_contribution_id is null",
            "contributions are the records staged",
        ),
        no_rows(
            "select 1 from {batch} where is_counted = (not_counted_reason is not null)",
            f"each contribution counts or says why not{told}",
        ),
        no_rows("select 1 from {batch} where is_linked or voter_id is not null", "nobody in it is linked to a voter"),
        no_rows(
            "select 1 from {batch} where contributed_on > as_of", "nothing was given after the file's day", "warning"
        ),
        no_rows(
            "select 1 from {batch} where is_counted and recipient_type in ('H', 'S', 'P') and election_code is not null "
            "group by recipient_committee_id, election_code, donor_last_name, donor_first_name, donor_zip5 "
            f"having sum(amount_dollars) > {limit}",
            f"nobody gave a candidate more than the legal limit for an election, ${limit:,}",
            "warning",
        ),
        no_rows(
            "select 1 from {batch} where recipient_committee is null and exists (select 1 from staging.stg_fec__committees)",
            "recipients are in the committee master",
            "warning",
        ),
    ]


def _of_consumer_traits(settings, con) -> list:
    """The checks of what a vendor sells of people."""
    return [
        once("consumer_id", "a person stands once"),
        no_rows(
            "select 1 from (select count(distinct l2_id) as n from staging.stg_l2__consumer) "
            "where n <> (select count(*) from {batch})",
            "people are those staged",
        ),
        *linked(
            con, "consumer_traits", LINKED_CONSUMERS, "people of a consumer file", "people who are linked are voters"
        ),
        no_rows(
            "select 1 from {batch} where voter_id is not null group by voter_id having count(*) > 1",
            "a voter is one person of the file",
            "warning",
        ),
        shared("phone", "consumer_id", "telephone number", "people of a consumer file"),
    ]


def _of_ad_spend(settings, con) -> list:
    """The checks of what was spent on advertisements. A report that does not add up to its own totals was cut off or edited."""
    return [
        once("ad_spend_id", "an ad and period stand once"),
        no_rows(
            f"""
            with rows as (
                select delivery_id, sum(spend_dollars) as spend, count(*) as n from staging.stg_meta__ads group by 1
            )
            select 1 from staging.stg_meta__ads_totals t left join rows on rows.delivery_id = t.delivery_id
            where abs(coalesce(rows.spend, 0) - t.spend_dollars) > {CENT} * greatest(coalesce(rows.n, 0), 1)
            """,
            "the spend of each report adds up to its own row of totals",
        ),
        no_rows(
            "select 1 from (select distinct campaign_name from staging.stg_meta__ads) staged left join "
            "(select campaign_name, bool_or(is_counted) as counts from marts.ad_spend group by 1) m using (campaign_name) "
            "where not coalesce(counts, false)",
            "each campaign staged counts",
        ),
        no_rows("select 1 from {batch} where period_end > as_of", "no period ends after the report's day", "warning"),
        no_rows("select 1 from {batch} where spend_dollars < 0", "nobody spent less than nothing", "warning"),
    ]


# What writes the checks of each mart.
CHECKS = {
    "marts.fec_contributions": _of_fec,
    "marts.consumer_traits": _of_consumer_traits,
    "marts.ad_spend": _of_ad_spend,
}
