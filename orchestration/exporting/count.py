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
            f'count(*) filter (where ({suppression.reason(name, channel, "voters.is_held")}) is null) as "{name}"'
            for name, channel in law.channels.items()
        )
        try:
            asked = con.execute(
                f"""
                with voters as (
                    select voter_id, registration_status, residence_id, zip5, mailing_address_1, phone, {suppression.in_holdout(settings)} as is_held
                    from published.voters where ({predicate}
                    )
                )
                select count(*) as voters, {channels} from voters left join marks on marks.voter_id = voters.voter_id
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
