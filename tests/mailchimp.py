"""Builds Mailchimp's exports, byte for byte."""

from __future__ import annotations

from tests.van import written

SUBSCRIBED = [
    "Email Address", "First Name", "Last Name", "Address", "Phone Number", "MEMBER_RATING", "OPTIN_TIME", "OPTIN_IP", "CONFIRM_TIME",
    "CONFIRM_IP", "LATITUDE", "LONGITUDE", "GMTOFF", "DSTOFF", "TIMEZONE", "CC", "REGION", "LAST_CHANGED", "LEID", "EUID", "NOTES", "TAGS",
]  # fmt: skip
UNSUBSCRIBED = [
    *SUBSCRIBED, "UNSUB_TIME", "UNSUB_CAMPAIGN_TITLE", "UNSUB_CAMPAIGN_ID", "UNSUB_REASON", "UNSUB_REASON_OTHER"
]  # fmt: skip
CLEANED = [*SUBSCRIBED, "CLEAN_TIME", "CLEAN_CAMPAIGN_TITLE", "CLEAN_CAMPAIGN_ID"]
MEMBER = {
    "Email Address": "ann@example.org", "First Name": "Ann", "Last Name": "Lee", "CONFIRM_TIME": "2025-11-02 10:00:00",
    "LAST_CHANGED": "2025-11-02 10:00:00", "LEID": "1",
}  # fmt: skip
ACTIVITY = ["Email Address", "Campaign ID", "Campaign Title", "Action", "Timestamp", "URL", "IP"]
SENT = {
    "Email Address": "ann@example.org", "Campaign ID": "c1", "Campaign Title": "News", "Action": "sent", "Timestamp": "2026-01-05 10:00:00",
}  # fmt: skip


def audience(*rows: dict[str, str], header: list[str] = SUBSCRIBED) -> bytes:
    """A file of an audience, each with the values of `MEMBER` but for those given."""
    return written(header, [MEMBER | row for row in rows], ",")


def activity(*rows: dict[str, str]) -> bytes:
    """Campaign activity, each with the values of `SENT` but for those given."""
    return written(ACTIVITY, [SENT | row for row in rows], ",")


# A file of each contract: tests/unit/test_drift.py.
FILES = [
    ("mailchimp_audience", "subscribed_members.csv", audience(*({"LEID": f"{n}"} for n in range(12)))),
    ("mailchimp_activity", "mailchimp_activity.csv", activity(*({"Action": "open"} for _ in range(12)))),
]
