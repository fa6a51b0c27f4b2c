"""The campaign's own app among the sample's people, as it delivers JSON lines: who signed up and consented to what, the contacts that they
share, and what they do. Of the members there are two exports, and some withdraw between. All ids begin with ZZ.

The dirt is that of address books (relations instead of names, contacts without a number) and of lines that are cut off or nested.
"""

from __future__ import annotations

from datetime import date, timedelta
from pathlib import Path

import numpy as np
import polars as pl

from orchestration.sample.draw import day, pick, stream
from orchestration.sample.layouts.text import Sample, json_lines, texts
from orchestration.sample.people import ANCHOR
from orchestration.sample.roster import roster

MEMBERS = 0.01  # of the people in the voter file
KNOWN = 0.20  # of them somebody's contact
CONTACTS, MOST_CONTACTS = 40, 128  # of a member
DRAWN = 1.4  # people for each contact, of whom not all are there on a day
ACTS, MOST_ACTS = 6, 64
NEVER_CONSENT, NOT_TO_CONTACTS, NOT_TO_ACTIVITY, WITHDRAW = 0.05, 0.20, 0.10, 0.15
TAKEN_BACK, UNDONE = 0.02, 0.03
DAYS, BEFORE = 300, 30
NEVER = 10**6
KINDS = ("follow", "like", "share", "reply", "event")
KIND_SHARES = (0.2, 0.4, 0.2, 0.12, 0.08)
CHANNELS = ("app", "photos", "videos")
TOPICS = ("schools", "health care", "taxes", "roads", "water", "jobs", "voting", "farms")
RELATIONS = ("Mom", "Dad", "Work", "Plumber")
DIRT = b'{"member_id": "ZZ\n{"member_id": {"id": "ZZ1"}, "share_id": {"id": "ZZ1"}, "activity_id": {"id": "ZZ1"}}\n\n'
ENOUGH = 30  # records, for the dirt to be a small part


def write(out: Path, sample: Sample) -> tuple[list[Path], dict[str, pl.DataFrame]]:
    """Write what the app delivers. Truth: `app_members`, `app_contacts`, `app_activity`, one row a record, with who it is and whether it
    counts on the snapshot's day."""
    as_of = sample.snapshot.as_of
    before = as_of - timedelta(days=BEFORE)
    everyone = _members(sample)
    today = day(as_of)
    contacts, acts = (made(sample, everyone).filter(pl.col("at") <= today) for made in (_contacts, _acts))
    members = everyone.filter("is_here")
    files = []
    for name, made, rows in (
        ("members", before, _as_members(members.filter(pl.col("signed") <= day(before)), before)),
        ("members", as_of, _as_members(members.filter(pl.col("signed") <= today), as_of)),
        ("contacts", as_of, _as_contacts(contacts, as_of)),
        ("activity", as_of, _as_acts(acts, as_of)),
    ):
        if len(rows):  # nobody exports nothing
            dirt = DIRT if len(rows) >= ENOUGH else b""
            files.append(json_lines(out / f"app_{name}_{made:%Y%m%d}.jsonl", rows, made, dirt))
    stands = (pl.col("withdrawn") > today) & pl.col("consents")
    return files, {
        "app_members": members.filter(pl.col("signed") <= today).select(
            "member_id", "ncid", "person_number", is_consenting=stands, shares_contacts=stands & pl.col("to_contacts")
        ),
        "app_contacts": contacts.select(
            "share_id", "member_id", "ncid", "person_number", "phone", counts=stands & (pl.col("back") > today)
        ),
        "app_activity": acts.select(
            "activity_id", "member_id", "kind", counts=stands & pl.col("to_activity") & (pl.col("undone") > today)
        ),
    }  # fmt: skip


def _members(sample: Sample) -> pl.DataFrame:
    """One row a member, `is_here` if there on the snapshot's day. When they sign up and withdraw is drawn once for all snapshots, as
    is what follows from it."""
    people = roster(sample, "app", MEMBERS, reached_by="phone")
    rng, size = stream(sample.state.seed, "app members"), len(people)
    signed = ANCHOR - rng.integers(2, DAYS, size)
    return people.with_columns(
        number=pl.Series(np.arange(size)),
        member_id="ZZM" + pl.Series(np.arange(size)).cast(pl.String).str.zfill(7),
        signed=pl.Series(signed),
        consents=pl.Series(rng.random(size) >= NEVER_CONSENT),
        to_contacts=pl.Series(rng.random(size) >= NOT_TO_CONTACTS),
        to_activity=pl.Series(rng.random(size) >= NOT_TO_ACTIVITY),
        withdrawn=pl.Series(np.where(rng.random(size) < WITHDRAW, signed + rng.integers(1, DAYS, size), NEVER)),
    )


def _repeated(members: pl.DataFrame, count: np.ndarray, most: int) -> tuple[pl.DataFrame, np.ndarray]:
    """Each member's row so many times, and a number of its own for each."""
    which = np.repeat(np.arange(len(members)), count)
    place = np.arange(len(which)) - np.repeat(np.cumsum(count) - count, count)
    return members[which], members["number"].to_numpy()[which] * most + place


def _contacts(sample: Sample, members: pl.DataFrame) -> pl.DataFrame:
    """One row a contact that a member who consents to it shares: somebody of the state or elsewhere, as an address book has them."""
    sharing = members.filter(pl.col("consents") & pl.col("to_contacts"))
    people = roster(sample, "app contacts", KNOWN, reached_by="phone")
    rng = stream(sample.state.seed, "app contacts")
    count = np.clip(rng.poisson(CONTACTS * DRAWN, len(sharing)), 1, MOST_CONTACTS)
    rows, numbers = _repeated(sharing, count, MOST_CONTACTS)
    whom = rng.integers(0, len(people), len(rows))
    signed, odd = rows["signed"].to_numpy(), rng.random(len(rows))
    known = people[whom].select(
        "ncid", "person_number", "first_name", "last_name", "email", "phone", known_here="is_here"
    )
    relation = texts(RELATIONS, rng.integers(0, len(RELATIONS), len(rows)))
    return rows.select("member_id", "consents", "withdrawn", "signed", "is_here").hstack(known).with_columns(
        share_id="ZZS" + pl.Series(numbers).cast(pl.String).str.zfill(9),
        at=pl.Series(signed + rng.integers(1, 30, len(rows))),
        back=pl.Series(np.where(rng.random(len(rows)) < TAKEN_BACK, signed + 40, NEVER)),
        first_name=pl.when(pl.Series(odd < 0.10)).then(relation).otherwise(pl.col("first_name").str.to_titlecase()),
        last_name=pl.when(pl.Series(odd < 0.10)).then(pl.lit("")).otherwise(pl.col("last_name").str.to_titlecase()),
        phone=pl.when(pl.Series(odd > 0.95)).then(pl.lit("")).otherwise("phone"),
    ).filter(pl.col("is_here") & pl.col("known_here"))  # fmt: skip


def _acts(sample: Sample, members: pl.DataFrame) -> pl.DataFrame:
    """One row a thing that a member does in the app."""
    rng = stream(sample.state.seed, "app activity")
    count = np.clip(rng.poisson(ACTS * rng.random(len(members)) * 2), 0, MOST_ACTS)
    rows, numbers = _repeated(members, count, MOST_ACTS)
    size, signed = len(rows), rows["signed"].to_numpy()
    at = signed + rng.integers(1, 120, size)
    return (
        rows.select("member_id", "consents", "withdrawn", "to_activity", "is_here")
        .with_columns(
            activity_id="ZZA" + pl.Series(numbers).cast(pl.String).str.zfill(9),
            kind=texts(KINDS, pick(rng, np.array(KIND_SHARES), size)),
            at=pl.Series(at),
            undone=pl.Series(np.where(rng.random(size) < UNDONE, at + 3, NEVER)),
            topic=texts(TOPICS, rng.integers(0, len(TOPICS), size)),
            channel=texts(CHANNELS, rng.integers(0, len(CHANNELS), size)),
            target=pl.Series(rng.integers(0, 500, size)),
        )
        .filter("is_here")
    )


def _at_noon(column: str, until: date | None = None) -> pl.Expr:
    """A day as the app writes a time; none for one that had not come."""
    time = pl.from_epoch(pl.col(column) * 86_400 + 43_200, time_unit="s").dt.strftime("%Y-%m-%dT%H:%M:%S.000Z")
    return time if until is None else pl.when(pl.col(column) <= day(until)).then(time)


def _as_members(members: pl.DataFrame, as_of: date) -> pl.DataFrame:
    c = pl.col
    consent = pl.struct(
        given_at=_at_noon("signed"), activity="to_activity", contacts="to_contacts", text_version=pl.lit("3"),
        withdrawn_at=_at_noon("withdrawn", as_of),
    )  # fmt: skip
    changed = pl.when(c("withdrawn") <= day(as_of)).then("withdrawn").otherwise("signed")
    return members.with_columns(changed=changed).select(
        "member_id",
        signed_up_at=_at_noon("signed"),
        updated_at=_at_noon("changed"),
        consent=pl.when("consents").then(consent),
        name=pl.struct(first=c("first_name").str.to_titlecase(), last=c("last_name").str.to_titlecase()),
        email=c("email").replace("", None),
        phone="+1" + c("phone"),
        address=pl.struct(zip="zip5"),
        app_version=pl.lit("2.4.1"),
    )


def _as_contacts(contacts: pl.DataFrame, as_of: date) -> pl.DataFrame:
    card = pl.struct(first_name="first_name", last_name="last_name", email=pl.col("email").replace("", None),
                     phone=pl.col("phone").replace("", None))  # fmt: skip
    return contacts.select(
        "share_id", "member_id", shared_at=_at_noon("at"), withdrawn_at=_at_noon("back", as_of), contact=card
    )


def _as_acts(acts: pl.DataFrame, as_of: date) -> pl.DataFrame:
    target = pl.struct(id="ZZP" + pl.col("target").cast(pl.String), topic="topic", channel="channel")
    return acts.select(
        "activity_id",
        "member_id",
        "kind",
        happened_at=_at_noon("at"),
        undone_at=_at_noon("undone", as_of),
        target=target,
    )
