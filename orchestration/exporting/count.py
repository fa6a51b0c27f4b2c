"""How many voters meet a predicate, and how many of them may be contacted by each channel."""

from __future__ import annotations

import re

import duckdb

from orchestration.exporting import suppression
from orchestration.exporting.law import Law
from orchestration.exporting.reading import published
from orchestration.settings import Mendable, Settings


class NotAPredicate(Mendable):
    """What was asked is no condition over the columns of `voters`; the message says where it ends to be one."""


def count(settings: Settings, predicate: str) -> dict[str, int]:
    """`voters` that meet the predicate in all, then those that each channel may contact, before households and numbers are counted once.

    Raises:
        NotAPredicate: the predicate is not one.
    """
    law = Law.load()
    with published(settings) as con:
        suppression.prepare(con, settings)
        channels = ", ".join(
            f'coalesce(sum(people) filter (where ({suppression.reason(name, channel, "is_held")}) is null), 0) as "{name}"'
            for name, channel in law.channels.items()
        )
        asked_of = ("residence_id", "zip5", "mailing_address_1", "phone")  # only whether a voter has one
        try:
            # Of the voters who are alike in what channels ask about there are few kinds, and each is asked about once.
            asked = con.execute(
                f"""
                with met as (
                    select voter_id, registration_status, {", ".join(asked_of)}, {suppression.in_holdout(settings)} as is_held
                    from published.voters where ({predicate}
                    )
                ),
                voters as (
                    select registration_status, is_held, bits, {", ".join(f"case when {a} is not null then true end as {a}" for a in asked_of)},
                        count(*) as people
                    from met left join marks on marks.voter_id = met.voter_id
                    group by all
                )
                select coalesce(sum(people), 0) as voters, {channels} from voters
                """
            )
            [row] = asked.fetchall()
        except (duckdb.ParserException, duckdb.BinderException) as error:
            nearest = re.search(r"Candidate bindings: (.*)", str(error))
            raise NotAPredicate(
                f"not a condition over the columns of voters: {str(error).splitlines()[0]}"
                + (f" Nearest to it: {nearest[1]}" if nearest else "")
            ) from None
        return dict(zip([column[0] for column in asked.description], row, strict=True))
