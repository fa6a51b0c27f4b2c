"""Who is on a generated state's lists: Mailchimp's audience in its three files and what became of three mails, Action Network's activists,
and the numbers that texted STOP. Ids begin with ZZ."""

from __future__ import annotations

from datetime import date, timedelta
from pathlib import Path

import polars as pl

from orchestration.sample.draw import day, stream
from orchestration.sample.layouts.text import Sample, whole_file
from orchestration.sample.people import ANCHOR
from orchestration.sample.roster import WITH_EMAIL, roster

TEXTED = 0.05  # of the voters
ACTIVISTS = 0.03
MEMBER = [
    "Email Address", "First Name", "Last Name", "Phone Number", "MEMBER_RATING", "OPTIN_TIME", "OPTIN_IP", "CONFIRM_TIME", "CONFIRM_IP",
    "LAST_CHANGED", "LEID", "EUID", "NOTES", "TAGS",
]  # fmt: skip
LEFT = ["UNSUB_TIME", "UNSUB_CAMPAIGN_TITLE", "UNSUB_CAMPAIGN_ID", "UNSUB_REASON", "UNSUB_REASON_OTHER"]
CLEANED = ["CLEAN_TIME", "CLEAN_CAMPAIGN_TITLE", "CLEAN_CAMPAIGN_ID"]
ACTIVITY = ["Email Address", "Campaign ID", "Campaign Title", "Action", "Timestamp", "URL"]
ACTIVIST = [
    "uuid", "email", "first_name", "last_name", "zip_code", "can2_user_address", "can2_user_city", "can2_user_state", "can2_phone",
    "can2_user_tags", "can2_subscription_status", "can2_sms_status",
]  # fmt: skip
OPT_OUT = ["ID", "Phone", "Opted Out At", "Keyword"]
MAILS = 3  # a week apart, the last a week before the anchor


def write(out: Path, sample: Sample) -> tuple[list[Path], dict[str, pl.DataFrame]]:
    """Write the exports of the snapshot's day.

    Truth `subscriptions`: for each address of the audience and number of the list of opt-outs the voter, null if it is nobody in the voter
    file, the channel, and whether it may be used.
    """
    made = sample.snapshot.as_of
    members, texted = _members(sample), _texted(sample)
    files = []
    for name, header, rows in (
        ("mailchimp_subscribed", MEMBER, members.filter(pl.col("status") == "subscribed")),
        ("mailchimp_unsubscribed", MEMBER + LEFT, members.filter(pl.col("status") == "unsubscribed")),
        ("mailchimp_cleaned", MEMBER + CLEANED, members.filter(pl.col("status") == "cleaned")),
        ("mailchimp_activity", ACTIVITY, _activity(sample, members)),
        ("action_network", ACTIVIST, _activists(sample)),
        ("opt_outs", OPT_OUT, texted),
    ):
        if len(rows):
            files.append(_write(out / f"{name}_{made:%Y%m%d}.csv", header, rows, made))
    truth = [
        members.select(
            "ncid",
            "person_number",
            identifier="email",
            channel=pl.lit("email"),
            may_be=pl.col("status") == "subscribed",
        ),
        texted.select("ncid", "person_number", identifier="phone", channel=pl.lit("text"), may_be=pl.lit(False)),
    ]
    return files, {"subscriptions": pl.concat(truth)}


def _members(sample: Sample) -> pl.DataFrame:
    """One row an address: of those who share one the first. Who joined and left is drawn once for all snapshots."""
    people, rng = roster(sample, "mailchimp", WITH_EMAIL, reached_by="email"), stream(sample.state.seed, "mailchimp")
    size, c = len(people), pl.col
    people = people.with_columns(
        joined=pl.Series(ANCHOR - rng.integers(40, 900, size)), left=pl.Series(ANCHOR - rng.integers(1, 30, size)), fate=pl.Series(rng.random(size))
    ).filter(c("is_here") & (c("joined") <= day(sample.snapshot.as_of))).unique("email", keep="first", maintain_order=True)  # fmt: skip
    gone = c("left") <= day(sample.snapshot.as_of)
    people = people.with_columns(
        status=pl.when(gone & (c("fate") < 0.06)).then(pl.lit("unsubscribed")).when(gone & (c("fate") < 0.09)).then(pl.lit("cleaned"))
        .otherwise(pl.lit("subscribed"))
    )  # fmt: skip
    joined, left = _moment(c("joined")), _moment(c("left"))
    return people.with_columns(
        c("email").alias("Email Address"),
        c("first_name").str.to_titlecase().alias("First Name"),
        c("last_name").str.to_titlecase().alias("Last Name"),
        c("phone").alias("Phone Number"),
        pl.lit("3").alias("MEMBER_RATING"),
        joined.alias("OPTIN_TIME"),
        pl.lit("192.0.2.1").alias("OPTIN_IP"),
        joined.alias("CONFIRM_TIME"),
        pl.lit("192.0.2.1").alias("CONFIRM_IP"),
        pl.when(c("status") == "subscribed").then(joined).otherwise(left).alias("LAST_CHANGED"),
        ("ZZ" + (c("person") + 10_000_000).cast(pl.String)).alias("LEID"),
        pl.lit("zz").alias("EUID"),
        pl.when(c("fate") > 0.98).then(pl.lit("Met at the fair.\nWants a sign")).otherwise(pl.lit("")).alias("NOTES"),
        pl.lit('"Newsletter","2026"').alias("TAGS"),
        left.alias("UNSUB_TIME"),
        left.alias("CLEAN_TIME"),
        pl.lit("ZZ Weekly 3").alias("UNSUB_CAMPAIGN_TITLE"),
        pl.lit("ZZ Weekly 3").alias("CLEAN_CAMPAIGN_TITLE"),
        *(
            pl.lit("").alias(name)
            for name in ("UNSUB_CAMPAIGN_ID", "UNSUB_REASON", "UNSUB_REASON_OTHER", "CLEAN_CAMPAIGN_ID")
        ),
    )


def _activity(sample: Sample, members: pl.DataFrame) -> pl.DataFrame:
    """What became of the mails: one is sent to each who is there, a third open it, a tenth follow a link."""
    c, parts = pl.col, []
    for number in range(MAILS):
        sent = ANCHOR - 7 * (MAILS - number)
        if sent > day(sample.snapshot.as_of):
            continue
        there = members.filter((c("joined") < sent) & ((c("status") == "subscribed") | (c("left") > sent)))
        for action, share, hour in (("sent", 1.0, "08"), ("open", 0.33, "09"), ("click", 0.1, "10")):
            parts.append(
                there.filter((c("fate") * (number + 7)) % 1 < share).select(
                    c("Email Address"),
                    pl.lit(f"ZZC{number + 1}").alias("Campaign ID"),
                    pl.lit(f"ZZ Weekly {number + 1}").alias("Campaign Title"),
                    pl.lit(action).alias("Action"),
                    pl.lit(f"{date(1970, 1, 1) + timedelta(days=sent)} {hour}:00:00").alias("Timestamp"),
                    pl.lit("https://example.org/sign" if action == "click" else "").alias("URL"),
                )
            )
    return pl.concat(parts) if parts else pl.DataFrame()


def _activists(sample: Sample) -> pl.DataFrame:
    """Activists by Action Network, who mostly take mail."""
    c = pl.col
    return roster(sample, "actionnetwork", ACTIVISTS, reached_by="email").filter("is_here").select(
        uuid="ZZ" + (c("person") + 10_000_000).cast(pl.String) + "-4c1d",
        email=c("email").str.to_uppercase(),
        first_name=c("first_name").str.to_titlecase(),
        last_name=c("last_name").str.to_titlecase(),
        zip_code="zip5",
        can2_user_address="street",
        can2_user_city="city",
        can2_user_state="state_code",
        can2_phone="phone",
        can2_user_tags=pl.lit(""),
        can2_subscription_status=pl.when(c("person") % 20 == 3).then(pl.lit("unsubscribed")).otherwise(pl.lit("subscribed")),
        can2_sms_status=pl.when(c("phone") != "").then(pl.lit("subscribed")).otherwise(pl.lit("")),
    )  # fmt: skip


def _texted(sample: Sample) -> pl.DataFrame:
    """Numbers that texted STOP, as three tools write numbers."""
    people, rng = roster(sample, "texting", TEXTED, reached_by="phone"), stream(sample.state.seed, "texting")
    c, size = pl.col, len(people)
    number = c("phone")
    return people.with_columns(stopped=pl.Series(ANCHOR - rng.integers(1, 200, size))).filter(
        c("is_here") & (c("stopped") <= day(sample.snapshot.as_of))
    ).unique("phone", keep="first", maintain_order=True).with_columns(
        ("ZZ" + (c("person") + 10_000_000).cast(pl.String)).alias("ID"),
        pl.when(c("person") % 3 == 0).then("+1" + number).when(c("person") % 3 == 1).then(number)
        .otherwise("(" + number.str.slice(0, 3) + ") " + number.str.slice(3, 3) + "-" + number.str.slice(6)).alias("Phone"),
        _moment(c("stopped")).alias("Opted Out At"),
        pl.when(c("person") % 5 == 0).then(pl.lit("stop")).otherwise(pl.lit("STOP")).alias("Keyword"),
    )  # fmt: skip


def _moment(days: pl.Expr) -> pl.Expr:
    return days.cast(pl.Int32).cast(pl.Date).dt.strftime("%Y-%m-%d 12:00:00")


def _write(path: Path, header: list[str], rows: pl.DataFrame, made: date) -> Path:
    with whole_file(path, made) as file:
        rows.select(header).write_csv(file, line_terminator="\r\n", quote_style="necessary")
    return path
