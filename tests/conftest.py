"""Fixtures for all tests: a data directory of its own for each."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from pathlib import Path

import duckdb
import hypothesis
import pytest
from msgspec import structs

from orchestration.ingestion import inbox, stretches
from orchestration.ingestion.contracts import all_contracts
from orchestration.ingestion.inbox import shown_name
from orchestration.ingestion.ingest import Outcome, ingest_inbox, keep_outcomes
from orchestration.settings import ROOT, Settings, read_campaign
from orchestration.warehouse import Warehouse
from tests import nc

PERSONAL = "ZQXJ"  # tests plant it in records; it may show up nowhere but in the records themselves


# How long an example takes says how busy the machine is.
hypothesis.settings.register_profile("untimed", deadline=None, suppress_health_check=[hypothesis.HealthCheck.too_slow])
hypothesis.settings.load_profile("untimed")


class Desk:
    """A data directory to hand files in at. Whatever is handed in, `take` checks what always has to hold."""

    def __init__(self, folder: Path):
        self.settings = Settings(folder, read_campaign(ROOT / "campaign.yaml"))
        self.settings.make_directories()
        self.said: list[str] = []
        self.runs = 0

    def hold_states(self, *states: str) -> None:
        """Make it the data directory of a campaign in these states."""
        campaign = structs.replace(self.settings.campaign, states=[*states])
        self.settings = replace(self.settings, campaign=campaign)

    def put(self, name: str, content: bytes, day: str = "2026-01-03") -> Path:
        return nc.deliver(self.settings.inbox, name, content, day)

    def take(self, as_of: date | None = None) -> list[Outcome]:
        """One run over the inbox."""
        warehouse = Warehouse(self.settings)
        with warehouse.hold("test", say=self.said.append), warehouse.open() as con:
            outcomes = ingest_inbox(self.settings, con, as_of, say=self.hear)
            self.runs += 1
            keep_outcomes(con, f"run-{self.runs}", outcomes)
            for outcome in outcomes:
                self._check_outcome(con, outcome, outcomes)
            self._check_tidy(con)
        return outcomes

    def hear(self, line: str, **about: object) -> None:
        self.said.append(f"{line} {about}")

    def take_one(self, as_of: date | None = None) -> Outcome:
        (outcome,) = self.take(as_of)
        return outcome

    def hand_in(self, name: str, content: bytes, day: str = "2026-01-03") -> Outcome:
        """Put one file into an empty inbox and run."""
        self.put(name, content, day)
        return self.take_one()

    def query(self, sql: str, *values) -> list[tuple]:
        with Warehouse(self.settings).open() as con:
            return con.execute(sql, list(values)).fetchall()

    def ids(self, table: str = "nc_voters") -> list[str]:
        return [i for (i,) in self.query(f"select ncid from raw.{table} order by ncid")]

    def delivery(self, outcome: Outcome) -> dict:
        names = [n for (n,) in self.query("select column_name from (describe meta.deliveries)")]
        (row,) = self.query("select * from meta.deliveries where delivery_id = ?", outcome.delivery_id)
        return dict(zip(names, row, strict=True))

    def _check_outcome(self, con: duckdb.DuckDBPyConnection, outcome: Outcome, outcomes: list[Outcome]) -> None:
        entry = outcome.file_name.split("/")[0]
        stays = entry in {shown_name(entry) for entry in self.settings.inbox.iterdir()}
        # A zip of several files stays for any of them.
        assert stays == any(o.is_bad for o in outcomes if o.file_name.split("/")[0] == entry)
        if outcome.status == "loaded":
            assert outcome.records_read == outcome.rows_loaded + outcome.rows_quarantined + outcome.rows_erased
            kept = con.execute("select count(*) from raw.quarantine where delivery_id = ?", [outcome.delivery_id])
            assert kept.fetchone() == (outcome.rows_quarantined,)
        else:
            assert outcome.reason
            assert outcome.rows_loaded == 0

    def _check_tidy(self, con: duckdb.DuckDBPyConnection) -> None:
        """Nothing of a file that was not taken is left, and no message holds what a record holds."""

        def found(sql: str) -> set:
            return {value for (value,) in con.execute(sql).fetchall()}

        spill = self.settings.scratch / "spill"  # DuckDB's own
        assert [p for p in self.settings.scratch.rglob("*") if not p.is_dir() and spill not in p.parents] == []
        archived = {p.name.split(".")[0] for p in self.settings.archive.iterdir()}
        unkept = [c.name for c in all_contracts() if c.matching_only]
        assert archived == found(
            f"select sha256 from meta.deliveries where status <> 'refused' and not list_contains({unkept}, contract)"
        )
        tables = found(
            "select table_name from duckdb_tables() where schema_name = 'raw' and contains(table_name, '__')"
        )
        assert tables == found("select contract || '__' || delivery_id from raw.scopes") | found(
            "select contract || '__' || previous_delivery_id from raw.scopes where previous_delivery_id is not null"
        )
        strays = "select delivery_id from raw.{} anti join meta.deliveries d using (delivery_id)"
        assert found(strays.format("quarantine")) | found(strays.format("profiles")) == set()
        notes = [con.execute(f"select * from meta.{t}").fetchall() for t in ("deliveries", "intakes")]
        assert PERSONAL not in repr((notes, self.said))


def as_if_large(monkeypatch: pytest.MonkeyPatch) -> None:
    """Have each file loaded alone, by two connections as soon as it has two records."""
    monkeypatch.setattr(inbox, "ALONE", 0)
    monkeypatch.setattr(stretches, "ROW_GROUP", 1)


@pytest.fixture
def desk(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> Desk:
    """A fresh data directory; at the end nothing personal may have been printed."""
    yield Desk(tmp_path / "data")
    assert PERSONAL not in "".join(capfd.readouterr())
