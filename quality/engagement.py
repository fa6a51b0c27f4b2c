"""Checks of the marts of what people do with the campaign itself, on its site and in its app, for gate `marts`. Nobody has to have
either: of what was never delivered nothing is checked."""

from __future__ import annotations

from quality.suites import linked, no_rows, once

WEB_LINKED = 0.01  # of the events; most visitors never say who they are
MEMBERS_LINKED = 0.05
LINKED = "those who are linked are voters"
# Members who have withdrawn by the newest record of theirs, of records alike by any of them.
WITHDRAWN = """
    select 'APP-' || member_id from (
        select *, rank() over (partition by member_id order by as_of desc, updated_at desc nulls last) as place
        from staging.stg_app__members
    ) where place = 1 and (consented_at is null or not is_consenting)
"""
LATE = "2 day"  # after the day of an export, which is local where times are UTC


def _of_web_activity(settings, con) -> list:
    """The checks of what was read and done on the campaign's site."""
    return [
        once("event_id", "an event stands once"),
        no_rows(
            "select 1 from (select 'WEB-' || message_id as event_id, bool_and(event_type <> 'identify') as has_to_be, "
            "bool_or(event_type <> 'identify') as may_be from staging.stg_web__events group by 1) staged "
            "full join marts.web_activity on web_activity.event_id = staged.event_id "
            "where has_to_be and web_activity.event_id is null or web_activity.event_id is not null and not coalesce(may_be, false)",
            "events are the messages staged, but for those that identify somebody",
        ),
        no_rows(
            f"select 1 from {{batch}} where occurred_at >= as_of + interval {LATE}",
            "nothing happened after the export's day",
        ),
        *linked(con, "web_activity", WEB_LINKED, "events", LINKED),
    ]


def _of_app_friends(settings, con) -> list:
    """The checks of who knows whom. Contacts have consented to nothing: of them a mart may have the voter and nothing else."""
    return [
        once("share_id", "a shared contact stands once"),
        no_rows(
            f"select 1 from {{batch}} where member_id in ({WITHDRAWN})", "nobody who has withdrawn shares contacts"
        ),
        no_rows(
            "select 1 from {batch} where share_id not in (select share_id from staging.stg_app__contacts where not is_withdrawn)",
            "contacts that were taken back are gone",
        ),
        no_rows(
            "select 1 from (select unnest([voter_id, friend_voter_id]) as voter_id from {batch}) "
            "where voter_id is null or voter_id not in (select voter_id from marts.voters)",
            "member and contact are voters",
        ),
        no_rows("select 1 from {batch} where voter_id = friend_voter_id", "nobody is their own contact"),
    ]


def _of_friendships(settings, con) -> list:
    """The checks of friendships, which are the friends of the app, each once."""
    return [
        once("member_id, friend_voter_id", "a friend stands once"),
        no_rows(
            "select 1 from {batch} f full join (select distinct member_id, friend_voter_id from marts.app_friends) a "
            "using (member_id, friend_voter_id) where f.voter_id is null or a.member_id is null",
            "friends are the contacts who were found or confirmed, and nobody else",
        ),
        no_rows(
            f"select 1 from {{batch}} where member_id in ({WITHDRAWN})", "nobody who has withdrawn has friends here"
        ),
    ]


def _of_friendship_candidates(settings, con) -> list:
    """The checks of whom members are to be asked about."""
    return [
        once("share_id, candidate_voter_id", "a candidate stands once"),
        no_rows(
            "select 1 from {batch} where share_id in (select share_id from marts.app_friends)",
            "nobody is asked about a contact who is found",
        ),
        no_rows(
            f"select 1 from {{batch}} where member_id in ({WITHDRAWN})",
            "nobody who has withdrawn is asked about contacts",
        ),
        no_rows(
            "select 1 from {batch} where voter_id = candidate_voter_id "
            "or candidate_voter_id not in (select voter_id from marts.voters)",
            "candidates are voters, and not the member",
        ),
    ]


def _of_social_engagement(settings, con) -> list:
    """The checks of what members do in the app, and how many of their contacts are voters."""
    [(matched, shared)] = con.execute(
        "select sum(linked_contact_count), sum(contact_count) from marts.social_engagement"
    ).fetchall()
    return [
        once("member_id", "a member stands once"),
        no_rows(f"select 1 from {{batch}} where member_id in ({WITHDRAWN})", "members who have withdrawn are gone"),
        no_rows(
            "select 1 from (select distinct 'APP-' || member_id as member_id from staging.stg_app__members) staged "
            "full join marts.social_engagement s on s.member_id = staged.member_id "
            f"where staged.member_id is null or s.member_id is null and staged.member_id not in ({WITHDRAWN})",
            "members are those staged but for those who have withdrawn or never consented",
        ),
        no_rows(
            "select 1 from {batch} where not consents_to_activity and depth > 0 or not consents_to_contacts and contact_count > 0",
            "nothing is counted to which nobody consented",
        ),
        no_rows(
            f"select 1 from {{batch}} where last_activity_at >= (select max(as_of) from staging.stg_app__activity) + interval {LATE}",
            "nothing happened after the export's day",
        ),
        no_rows(
            "select 1 from {batch} having sum(contact_count) > 0 and sum(linked_contact_count) = 0",
            f"some shared contacts are voters; {matched:,} of {shared:,}",
            "warning",
        ),
        *linked(con, "social_engagement", MEMBERS_LINKED, "members", LINKED),
    ]


# What writes the checks of each mart.
CHECKS = {
    "marts.web_activity": _of_web_activity,
    "marts.app_friends": _of_app_friends,
    "marts.friendships": _of_friendships,
    "marts.friendship_candidates": _of_friendship_candidates,
    "marts.social_engagement": _of_social_engagement,
}
