"""What the sample's people read and do on the campaign's site, as Segment keeps it: two exports of JSON lines that overlap. Most of the
visitors who are known say who they are, some sign in, some have two devices; others never say. Messages begin with ZZ.

The dirt is that of a store of events: messages sent twice, lines cut off, blank, of other types, in another encoding, and a BOM.
"""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import numpy as np
import polars as pl

from orchestration.sample.draw import day, pick, stream
from orchestration.sample.layouts.text import Sample, json_lines, texts
from orchestration.sample.people import ANCHOR
from orchestration.sample.roster import roster

VISITORS = 0.03  # of the people in the voter file, all of them with an e-mail address
PAGES = 4  # of a visitor, on average, after the first
MOST_EVENTS = 32  # of a visitor
NAMELESS = 0.5  # visitors who are nobody in particular, to each who is known
TELL, SIGN_IN, SECOND_DEVICE, DEEDS = 0.7, 0.4, 0.2, 0.15
FAVOURITE = 0.7  # of a visitor's pages are on one topic
DAYS, OVERLAP, BEFORE = 200, 10, 30
TOPICS = ("schools", "health care", "taxes", "roads", "water", "jobs", "voting", "farms")
DEED_NAMES = ("Petition Signed", "Video Played", "Volunteer Form Submitted")
REFERRERS = ("https://www.example.com/search?q=zz", "https://social.example.net/", "")
DIRT = b'{"messageId": "ZZ\n\n[{"messageId": "ZZ1"}]\n{"messageId": {"id": "ZZ2"}}\n{"messageId": "ZZ3", "name": "M\xfcller"}\n'
ENOUGH = 50  # records, for the dirt to be a small part


def write(out: Path, sample: Sample) -> tuple[list[Path], dict[str, pl.DataFrame]]:
    """Write the exports of the snapshot's day and of 30 days before. Truth: `web_activity`, one row a page or deed, with who it was."""
    as_of = sample.snapshot.as_of
    before = as_of - timedelta(days=BEFORE)
    events = _events(sample)
    c = pl.col("day")
    again = pl.col("number") % 97 == 0
    files = []
    for made, rows in (
        (before, events.filter(c <= day(before))),
        (as_of, pl.concat([newer := events.filter(c > day(before) - OVERLAP), newer.filter(again)])),
    ):
        if len(rows):  # nobody exports nothing
            dirt = DIRT if len(rows) >= ENOUGH else b""
            files.append(
                json_lines(out / f"web_events_{made:%Y%m%d}.jsonl", _objects(rows), made, dirt, with_bom=made == before)
            )
    seen = events.filter(pl.col("type").is_in(["page", "track"]))
    return files, {"web_activity": seen.select("message_id", "ncid", "person_number", "topic", "type")}


def _events(sample: Sample) -> pl.DataFrame:
    """One row an event, in order of time, of visitors who are there on the snapshot's day. What a visitor does is drawn once for all
    snapshots."""
    known = roster(sample, "web", VISITORS, reached_by="email")
    rng, people = stream(sample.state.seed, "web"), len(known)
    size = people + int(people * NAMELESS)
    count = np.minimum(1 + rng.poisson(PAGES, size), MOST_EVENTS)
    first = ANCHOR - rng.integers(0, DAYS, size)
    topic, tells, signs_in = rng.integers(0, len(TOPICS), size), rng.random(size) < TELL, rng.random(size) < SIGN_IN
    has_two = rng.random(size) < SECOND_DEVICE
    who = np.repeat(np.arange(size), count)
    place = np.arange(len(who)) - np.repeat(np.cumsum(count) - count, count)
    is_deed = rng.random(len(who)) < DEEDS
    read = np.where(rng.random(len(who)) < FAVOURITE, topic[who], rng.integers(0, len(TOPICS), len(who)))
    device = np.where(has_two[who], place % 2, 0)
    seen = pl.DataFrame(
        {
            "who": who,
            "number": who * 64 + place,
            "day": first[who] + 2 * (place // 3),
            "minute": rng.integers(0, 60, len(who)) + 60 * (place % 3) + 600,
            "device": who * 2 + device,
            "type": pl.select(pl.when(pl.Series(is_deed)).then(pl.lit("track")).otherwise(pl.lit("page"))).to_series(),
            "topic": texts(TOPICS, read),
            "event": texts(DEED_NAMES, rng.integers(0, len(DEED_NAMES), len(who))),
            "referrer": texts(REFERRERS, pick(rng, np.array([0.3, 0.3, 0.4]), len(who))),
        }
    )
    # On each device a visitor who tells does so right after the first page; an event of another type comes with some.
    told = (
        seen.filter(pl.Series(tells[who] & (who < people)))
        .sort("day", "minute")
        .unique("device", keep="first", maintain_order=True)
        .with_columns(pl.col("number") + 32, pl.col("minute") + 1, type=pl.lit("identify"))
    )
    other = told.filter(pl.col("who") % 50 == 0).with_columns(pl.col("number") + 16, type=pl.lit("screen"))
    everyone = known.with_row_index("who").with_columns(pl.col("who").cast(pl.Int64))
    user = pl.DataFrame({"who": np.arange(size), "signs_in": signs_in & tells})
    return (
        pl.concat([seen, told, other])
        .filter(pl.col("day") <= day(sample.snapshot.as_of))
        .join(everyone, on="who", how="left")
        .join(user, on="who")
        .filter(pl.col("is_here").fill_null(value=True))
        .with_columns(
            message_id="ZZ" + pl.col("number").cast(pl.String).str.zfill(9),
            time=pl.from_epoch(pl.col("day") * 86_400 + pl.col("minute") * 60, time_unit="s"),
        )
        .sort("day", "minute", "number")
    )


def _objects(events: pl.DataFrame) -> pl.DataFrame:
    """The events as the store has them."""
    c = pl.col
    path = "/issues/" + c("topic").str.replace_all(" ", "-")
    is_identify, is_deed = c("type") == "identify", c("type") == "track"
    page = pl.struct(
        path=path, url="https://zz.example.org" + path + "?utm_source=zz", referrer="referrer", title=c("topic").str.to_titlecase(), search=pl.lit("?utm_source=zz")
    )  # fmt: skip
    library = pl.struct(name=pl.lit("analytics.js"), version=pl.lit("4.1.0"))
    agent = pl.lit("Mozilla/5.0 (X11; Linux x86_64)")
    number = pl.when(c("who") % 2 == 0).then(c("phone").replace("", None))  # half of those who have one tell it
    traits = pl.struct(
        email="email",
        phone=number,
        firstName=c("first_name").str.to_titlecase(),
        lastName=c("last_name").str.to_titlecase(),
    )
    return events.select(
        "type",
        messageId="message_id",
        timestamp=c("time").dt.strftime("%Y-%m-%dT%H:%M:%S.000Z"),
        receivedAt=(c("time") + pl.duration(seconds=c("number") % 7)).dt.strftime("%Y-%m-%dT%H:%M:%S.250Z"),
        anonymousId="zz-" + c("device").cast(pl.String),
        userId=pl.when(c("signs_in") & c("email").is_not_null()).then("ZZU" + c("who").cast(pl.String)),
        event=pl.when(is_deed).then("event"),
        name=pl.when(c("type") == "page").then(c("topic").str.to_titlecase()),
        context=pl.struct(page=page, library=library, ip=pl.lit("192.0.2.1"), userAgent=agent),
        properties=pl.when(is_identify).then(None).otherwise(pl.struct(topic="topic", category=pl.lit("issues"))),
        traits=pl.when(is_identify).then(traits),
    )
