"""Builds Action Network's exports, byte for byte."""

from __future__ import annotations

from tests.van import written

ACTIVISTS = [
    "uuid", "email", "first_name", "last_name", "zip_code", "can2_user_address", "can2_user_city", "can2_user_state", "can2_phone",
    "can2_user_tags", "can2_subscription_status", "can2_sms_status",
]  # fmt: skip
ACTIVIST = {
    "uuid": "6a5f-1",
    "email": "ann@example.org",
    "first_name": "Ann",
    "last_name": "Lee",
    "can2_subscription_status": "subscribed",
}


def activists(*rows: dict[str, str]) -> bytes:
    """Activists, each with the values of `ACTIVIST` but for those given."""
    return written(ACTIVISTS, [ACTIVIST | row for row in rows], ",")


# A file of each contract: tests/unit/test_drift.py.
FILES = [("actionnetwork_activists", "action_network.csv", activists(*({"uuid": f"6a5f-{n}"} for n in range(12))))]
