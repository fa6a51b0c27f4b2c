"""Lists from a real published version, and what is said of one person."""

from __future__ import annotations

import csv
import json

import dagster as dg
import duckdb
import pytest

from orchestration import cli
from orchestration.definitions import build_definitions
from orchestration.exporting import receipts
from orchestration.settings import Settings
from tests import pipeline

CHANNELS = ("mail", "walk", "phone", "text", "email", "van", "meta", "google")


def published(settings: Settings, query: str, *values) -> list[tuple]:
    with duckdb.connect(str(settings.current), read_only=True) as con:
        return con.execute(query, list(values)).fetchall()


def test_each_channels_list_is_of_the_segment_and_on_its_receipt(state, capsys: pytest.CaptureFixture[str]) -> None:
    [(segment, size)] = published(
        state, "select segment_id, size from segments where segment_id = 'multi_voter_residences'"
    )
    members = {
        voter for (voter,) in published(state, "select voter_id from segment_members where segment_id = ?", segment)
    }
    for channel in CHANNELS:
        assert pipeline.groundgame(state, "export", segment, "--channel", channel, "--purpose", "turnout") == 0
    capsys.readouterr()
    kept = receipts.every(state)
    assert [receipt["channel"] for receipt in kept] == [*CHANNELS]
    for receipt in kept:
        assert receipt["people"] + sum(receipt["suppressed"].values()) == size == len(members)
        assert {gate["gate"] for gate in receipt["gates"]} >= {
            "raw",
            "staging",
            "marts",
            "identity",
            "segments",
            "published",
        }
        file = state.exports / receipt["files"][0]["name"]
        assert receipts.verify(state, file).receipt == receipt
        with file.open(newline="", encoding="utf-8") as stream:
            rows = list(csv.DictReader(stream, strict=True))
        assert len(rows) == receipt["rows"]
        if rows and "voter_id" in rows[0]:
            assert {row["voter_id"] for row in rows} <= members
    mailed = kept[0]
    # Mail goes to boxes and to other states, where voters have it sent; and a household gets one piece at each address.
    with (state.exports / mailed["files"][0]["name"]).open(newline="", encoding="utf-8") as stream:
        pieces = list(csv.DictReader(stream, strict=True))
    assert len({(p["household_id"], p["address"], p["zip5"]) for p in pieces}) == len(pieces)
    assert {piece["state"] for piece in pieces} == {"NC", "SC"}
    assert [piece for piece in pieces if piece["address"].startswith("PO BOX") and piece["zip4"]]
    assert [piece for piece in pieces if not (piece["address"] and piece["city"] and piece["zip5"])] == []
    households = dict(published(state, "select voter_id, household_id from household_members"))
    assert {piece["household_id"] for piece in pieces} <= {*households.values(), *households}
    # A segment that is made of households.
    asked = ["export", "mixed_party_households", "--channel", "mail", "--purpose", "persuasion"]
    assert pipeline.groundgame(state, *asked) == 0
    of_two_parties = receipts.every(state)[-1]
    assert of_two_parties["rows"] < of_two_parties["people"]
    assert of_two_parties["people"] + sum(of_two_parties["suppressed"].values()) == of_two_parties["segment"]["size"]
    cli.prepare_dagster(state)
    asked = {"segment": segment, "channel": "mail", "purpose": mailed["purpose"], "asked_by": "Ada"}
    with dg.DagsterInstance.get() as instance:
        job = build_definitions(state).resolve_job_def("export")
        assert job.execute_in_process(instance=instance, run_config={"ops": {"write_list": {"config": asked}}}).success
    again = receipts.every(state)[-1]
    assert again["asked_by"] == "Ada"
    assert again["files"][0]["sha256"] == mailed["files"][0]["sha256"]  # the same request, the same list
    assert mailed["suppressed"]["holdout"] > 0
    assert mailed["suppressed"]["not_at_residence"] > 0
    assert mailed["rows"] < mailed["people"]


def test_why_a_person_is_in_a_segment_and_all_that_is_held_on_them(state, capsys: pytest.CaptureFixture[str]) -> None:
    [(voter, file)] = published(
        state,
        """
        select voter_id, file_name from segment_members join voters using (voter_id) join deliveries using (delivery_id)
        where segment_id = 'lapsed' and registration_status = 'active' order by voter_id limit 1
        """,
    )
    (state.suppressions / "litigators.csv").write_text(f"kind,value\nvoter_id,{voter}\n")
    assert pipeline.groundgame(state, "why", voter, "lapsed") == 0
    told = capsys.readouterr().out
    assert f"{voter} is in segment lapsed (Lapsed): Has voted, but in neither of the last two general elections" in told
    [(last,)] = published(state, "select last_voted_date from voters where voter_id = ?", voter)
    assert f"  last_voted_date: {last}. Day of the last election" in told
    assert f" of {file} (nc_voters, delivery " in told
    assert "Which records of other sources are taken for theirs, and by what:\n  none\n" in told
    assert "  text: no, on the list of people who sue over calls and texts" in told
    assert pipeline.groundgame(state, "why", voter, "newly_registered") == 0
    assert f"{voter} is not in segment newly_registered" in capsys.readouterr().out

    assert pipeline.groundgame(state, "subject", voter) == 0
    held = json.loads(capsys.readouterr().out)
    assert held["lists"] == ["litigators.csv"]
    assert {"marts.voters", "marts.vote_history", "segments.segment_members", "staging.stg_nc__voters"} <= {
        *held["held"]
    }
    [(person,)] = published(state, "select person_id from voters where voter_id = ?", voter)
    of_others = [
        row
        for rows in held["held"].values()
        for row in rows
        if voter not in row.values() and person not in row.values()
    ]
    assert of_others == []
    assert [record["ncid"] for record in held["delivered"]["nc_voters"]] == [voter.removeprefix("NC-")]
    assert file in {delivery["file_name"] for delivery in held["deliveries"]}
    assert pipeline.groundgame(state, "subject", "NC-NOBODY") == 1
    assert "no record, no table and no list names NC-NOBODY" in capsys.readouterr().err
