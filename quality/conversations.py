"""Checks of the marts of whom the campaign talked with, mailed and may reach, for gate `marts`. Nobody has to have any of it: of what was
never delivered nothing is checked."""

from __future__ import annotations

from quality.suites import linked, no_rows, once, shared

LINKED = 0.05  # of what is linked by exact identifiers; less says that a list or a column is missing


def _of_contacts(settings, con) -> list:
    return [
        *_linked(con, "contacts", "contact_id"),
        _all_of(
            "select van_id, contacted_at, type_label from staging.stg_van__contacts",
            "select van_id, contacted_at, contact_type_label from marts.contacts",
            "contacts are the attempts staged",
        ),
        _not_after("contacted_at", "nobody was contacted after the export's day"),
        _known_words(
            "result = 'other' or contact_type = 'other'", "result_label, contact_type_label", "results and ways"
        ),
        shared("phone", "van_id", "telephone number", "people talked with"),
    ]


def _of_answers(settings, con) -> list:
    return [
        *_linked(con, "survey_responses", "survey_response_id"),
        _all_of(
            "select van_id, question, answered_at from staging.stg_van__survey_responses where question is not null and response is not null",
            "select van_id, question, answered_at from marts.survey_responses",
            "answers are those staged",
        ),
        no_rows(
            "select 1 from {batch} group by van_id, question having count_if(is_newest) <> 1",
            "a person has one newest answer to a question",
        ),
        _not_after("answered_at", "nobody answered after the export's day"),
    ]


def _of_codes(settings, con) -> list:
    return [
        *_linked(con, "activist_codes", "person_code_id"),
        _all_of(
            "select van_id, activist_code from staging.stg_van__activist_codes where activist_code is not null",
            "select van_id, activist_code from marts.activist_codes",
            "codes are those staged",
        ),
        _not_after("applied_at", "nobody was given a code after the export's day"),
    ]


def _of_van_ids(settings, con) -> list:
    return [
        once("van_id", "a VANID is one voter's"),
        once("voter_id", "a voter has one VANID"),
        no_rows(
            "select 1 from {batch} b where not exists (select 1 from staging.stg_van__list l join marts.voters v "
            "on v.state_code = l.state_code and v.state_voter_id = l.state_voter_id "
            "where l.van_id = b.van_id and v.voter_id = b.voter_id)",
            "a list has each VANID beside the voter's own id",
        ),
    ]


def _of_mail(settings, con) -> list:
    return [
        *_linked(con, "email_activity", "email_activity_id"),
        _all_of(
            "select email, campaign_id, happened_at from staging.stg_mailchimp__activity",
            "select email, campaign_id, happened_at from marts.email_activity",
            "what happened to mails is what is staged",
        ),
        _not_after("happened_at", "nothing happened to a mail after the export's day"),
        _known_words("action = 'other'", "campaign_id", "actions"),
        no_rows(
            # Of the few addresses that ever opted out each mail is held against what was said before it.
            "select distinct mail.email from (select email, happened_at from {batch} where action = 'sent' and email in "
            "(select identifier from marts.subscriptions where channel = 'email' and not is_opted_in)) mail "
            "asof join (select identifier, is_opted_in, happened_at from marts.subscriptions "
            "where channel = 'email' and identifier_kind = 'email' and happened_at is not null "
            "qualify row_number() over (partition by identifier, happened_at order by is_opted_in) = 1) said "
            "on said.identifier = mail.email and said.happened_at < mail.happened_at where not said.is_opted_in",
            "no address was mailed after its opt-out",
            "warning",
        ),
    ]


def _of_subscriptions(settings, con) -> list:
    return [
        *_linked(con, "subscriptions", "subscription_id"),
        _all_of(
            "select identifier_kind, identifier, channel, is_opted_in, happened_at from intermediate.int_consents",
            "select identifier_kind, identifier, channel, is_opted_in, happened_at from marts.subscriptions",
            "statements are those of all sources",
        ),
        no_rows(
            "select 1 from {batch} group by identifier_kind, identifier, channel having count_if(is_current) <> 1 "
            "or bool_or(is_current and is_opted_in) and max(happened_at) filter (where not is_opted_in) "
            ">= coalesce(max(happened_at) filter (where is_opted_in), '-infinity')",
            "one statement counts, and never an opt-in over an opt-out of its time or later",
        ),
        _not_after("happened_at", "nobody said anything after the export's day"),
        *(
            shared(
                column,
                "coalesce(first_name, '') || ' ' || coalesce(last_name, '')",
                what,
                table="intermediate.int_consents",
            )
            for column, what in (("email", "e-mail address"), ("phone", "telephone number"))
        ),
    ]


def _linked(con, mart: str, key: str) -> list:
    """The checks of every mart whose people are linked: each row once, links that hold, and the share linked."""
    return [
        once(key, f"{key} is there once"),
        *linked(con, mart, LINKED),
    ]


def _all_of(staged: str, found: str, words: str) -> object:
    """The check that what is staged and what a mart has are the same, but for how often it was delivered: by a hash of 64 bits, as long as
    the marts' own ids."""
    staged, found = (f"select distinct hash(r) as hashed from ({query}) r" for query in (staged, found))
    return no_rows(
        f"select 1 from ({staged}) s full join ({found}) f using (hashed) where s.hashed is null or f.hashed is null",
        words,
    )


def _not_after(time: str, words: str) -> object:
    return no_rows(f"select 1 from {{batch}} where {time} >= as_of + interval 1 day", words)


def _known_words(unknown: str, label: str, words: str) -> object:
    return no_rows(
        f"select distinct {label} from {{batch}} where {unknown}", f"{words} are in seeds/contact_labels.csv", "warning"
    )


# What writes the checks of each mart.
CHECKS = {
    "marts.contacts": _of_contacts,
    "marts.survey_responses": _of_answers,
    "marts.activist_codes": _of_codes,
    "marts.van_ids": _of_van_ids,
    "marts.email_activity": _of_mail,
    "marts.subscriptions": _of_subscriptions,
}
