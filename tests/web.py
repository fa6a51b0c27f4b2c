"""Builds web events as Segment and RudderStack keep them, byte for byte."""

from __future__ import annotations

import json

PAGE = {
    "messageId": "m1", "type": "page", "timestamp": "2026-01-05T10:11:12.123Z", "receivedAt": "2026-01-05T10:11:13.000Z",
    "anonymousId": "a1", "userId": None, "name": "Issues", "integrations": {},
    "context": {
        "ip": "192.0.2.1", "userAgent": "Mozilla/5.0", "library": {"name": "analytics.js", "version": "4.1.0"},
        "page": {"url": "https://example.org/issues/schools?utm=1", "path": "/issues/schools", "referrer": "https://news.example.org/x"},
    },
    "properties": {"topic": "Schools", "category": "issues"},
}  # fmt: skip
IDENTIFY = {
    "messageId": "i1", "type": "identify", "timestamp": "2026-01-05T10:12:00.000Z", "anonymousId": "a1", "userId": "u1",
    "traits": {"email": "ann@example.org", "firstName": "Ann", "lastName": "Lee"}, "context": {"ip": "192.0.2.1"},
}  # fmt: skip


def lines(*objects: dict, end: str = "\n") -> bytes:
    """JSON lines, an object each."""
    return "".join(json.dumps(o, ensure_ascii=False) + end for o in objects).encode()


def events(*changes: dict, end: str = "\n") -> bytes:
    """An export of events: each that of `PAGE`, or of `IDENTIFY` where its type says so, but for what is given."""
    return lines(*((IDENTIFY if c.get("type") == "identify" else PAGE) | c for c in changes), end=end)


# A file of each contract and form: tests/unit/test_drift.py.
FILES = [("web_events", "web_events.jsonl", events(*({"messageId": f"m{n}"} for n in range(12))))]
