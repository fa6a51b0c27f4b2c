"""A member of the campaign's app who leaves: a withdrawal as the app itself would deliver it."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

from orchestration import files
from orchestration.exporting.reading import published
from orchestration.settings import Mendable, Settings


def leave(settings: Settings, member_id: str) -> Path:
    """Put the withdrawal of a member (`APP-` and the app's own id, or that alone) into the inbox and return its file. The next run takes it
    in; from then on nothing that the member did or shared is in any mart, whatever later exports of the app say, until the
    member consents anew.

    Raises:
        Mendable: no such member is published, or nothing is.
    """
    member = member_id.removeprefix("APP-")
    with published(settings) as con:
        found = con.execute(
            "select signed_up_at from published.social_engagement where member_id = 'APP-' || ?", [member]
        ).fetchone()
    if found is None:
        raise Mendable(
            "the published version has no such member of the app who consents to anything, so there is nothing to withdraw; "
            "member ids are in its table social_engagement"
        )
    now = datetime.now(UTC).replace(tzinfo=None)
    record = {
        "member_id": member,
        "signed_up_at": f"{found[0]:%Y-%m-%dT%H:%M:%SZ}",
        "updated_at": f"{now:%Y-%m-%dT%H:%M:%SZ}",
        "consent": {"withdrawn_at": f"{now:%Y-%m-%dT%H:%M:%SZ}"},
    }
    settings.make_directories()
    file = settings.inbox / f"app_members_left_{now:%Y%m%d}.jsonl"
    files.add_line(file, record)
    return file
