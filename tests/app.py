"""Builds what the campaign's own app delivers, byte for byte."""

from __future__ import annotations

from tests.web import lines

MEMBER = {
    "member_id": "M1", "signed_up_at": "2026-01-02T10:00:00Z", "updated_at": "2026-01-02T10:00:00Z",
    "consent": {"given_at": "2026-01-02T10:00:00Z", "activity": True, "contacts": True, "text_version": "3", "withdrawn_at": None},
    "name": {"first": "Ann", "last": "Lee"}, "email": "ann@example.org", "phone": "+1 919 555 0101", "address": {"zip": "27601"},
}  # fmt: skip
CONTACT = {
    "share_id": "S1", "member_id": "M1", "shared_at": "2026-01-03T10:00:00Z", "withdrawn_at": None,
    "contact": {"first_name": "Ben", "last_name": "Fox", "email": "ben@example.org", "phone": "(919) 555-0102", "note": "my boss"},
}  # fmt: skip
ACTIVITY = {
    "activity_id": "A1", "member_id": "M1", "kind": "share", "happened_at": "2026-01-04T10:00:00Z", "undone_at": None,
    "target": {"id": "P1", "topic": "Schools", "channel": "instagram"},
}  # fmt: skip


def members(*changes: dict) -> bytes:
    """An export of members, each with the values of `MEMBER` but for those given."""
    return lines(*(MEMBER | change for change in changes))


def contacts(*changes: dict) -> bytes:
    """An export of shared contacts, each with the values of `CONTACT` but for those given."""
    return lines(*(CONTACT | change for change in changes))


def activity(*changes: dict) -> bytes:
    """An export of activity, each with the values of `ACTIVITY` but for those given."""
    return lines(*(ACTIVITY | change for change in changes))


# A file of each contract and form: tests/unit/test_drift.py.
FILES = [
    ("app_members", "app_members.jsonl", members(*({"member_id": f"M{n}"} for n in range(12)))),
    ("app_contacts", "app_contacts.jsonl", contacts(*({"share_id": f"S{n}"} for n in range(12)))),
    ("app_activity", "app_activity.jsonl", activity(*({"activity_id": f"A{n}"} for n in range(12)))),
]
