"""`campaign.yaml`, the paths and the limits: what is wrong is said with the file and the line, or the variable."""

from __future__ import annotations

from pathlib import Path

import pytest

from orchestration.settings import GIB, ROOT, Limits, Settings, SettingsError, machine_memory, read_campaign
from orchestration.warehouse import limits

GOOD = (ROOT / "campaign.yaml").read_text(encoding="utf-8")


def test_the_repositorys_own_campaign_is_read(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.delenv("GROUNDGAME_DATA", raising=False)
    monkeypatch.delenv("GROUNDGAME_CAMPAIGN", raising=False)
    settings = Settings.load()
    assert settings.campaign.states == ["NC"]
    assert settings.data_dir == ROOT / "data"


def test_the_environment_names_other_places(monkeypatch: pytest.MonkeyPatch, tmp_path: Path):
    other = tmp_path / "other.yaml"
    other.write_text(GOOD.replace("party: UNA", "party: REP"), encoding="utf-8")
    monkeypatch.setenv("GROUNDGAME_CAMPAIGN", str(other))
    monkeypatch.setenv("GROUNDGAME_DATA", str(tmp_path / "here"))
    settings = Settings.load()
    assert settings.campaign.party == "REP"
    assert {p.parent for p in (settings.inbox, settings.archive, settings.published)} == {tmp_path / "here"}
    settings.make_directories()
    assert settings.archive.stat().st_mode & 0o777 == 0o700


@pytest.mark.parametrize(
    ("content", "says"),
    [
        ("states: [NC\nelection", r"campaign.yaml, line 2: not valid YAML"),
        ("- NC", r"campaign.yaml: expected `key: value` lines"),
        (GOOD.replace("2028-11-07", "soon"), r"campaign.yaml: Invalid RFC3339 encoded date - at `election`"),
        (GOOD.replace("states: [NC]", "states: []"), r"Expected `array` of length >= 1 - at `states`"),
        (GOOD.replace("runs_days: 90", "runs_days: 0"), r"Expected `int` >= 1 - at `keep.runs_days`"),
        (
            GOOD.replace("holdout_percent: 1 ", "holdout_percent: 60"),
            r"Expected `float` <= 50.0 - at `holdout_percent`",
        ),
        (GOOD.replace("party: UNA", "party: NO"), r"Expected `str`, got `bool` - at `party`"),
        (GOOD + "colour: blue\n", r"unknown field `colour`"),
        (GOOD.replace("party: UNA", "#"), r"missing required field `party`"),
    ],
)
def test_a_wrong_campaign_says_where(tmp_path: Path, content: str, says: str):
    file = tmp_path / "campaign.yaml"
    file.write_text(content, encoding="utf-8")
    with pytest.raises(SettingsError, match=says):
        read_campaign(file)


def test_a_missing_campaign_says_how_to_name_another(tmp_path: Path):
    with pytest.raises(SettingsError, match=r"nowhere.yaml: cannot be read .* GROUNDGAME_CAMPAIGN"):
        read_campaign(tmp_path / "nowhere.yaml")


def test_a_state_without_a_contract_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    file = tmp_path / "campaign.yaml"
    file.write_text(GOOD.replace("states: [NC]", "states: [NC, ZZ]"), encoding="utf-8")
    monkeypatch.setenv("GROUNDGAME_CAMPAIGN", str(file))
    with pytest.raises(SettingsError, match=r"campaign.yaml: states: there is no contract for ZZ, only for .*NC"):
        Settings.load()


def test_limits_default_to_the_machine():
    found = Limits.load({"GROUNDGAME_MEMORY": ""})
    assert found == Limits()
    assert 0 < found.memory <= machine_memory() // 2
    assert found.threads is None


def test_the_environment_sets_limits(monkeypatch: pytest.MonkeyPatch, tmp_path: Path):
    monkeypatch.setenv("GROUNDGAME_MEMORY", "0.5 gib")
    monkeypatch.setenv("GROUNDGAME_THREADS", "3")
    monkeypatch.setenv("GROUNDGAME_SPILL", "20GB")
    settings = Settings.load()
    assert settings.limits == Limits(memory=GIB // 2, threads=3, spill=20 * 10**9)
    config = limits(settings.limits, tmp_path / "scratch")
    assert (config["memory_limit"], config["threads"], config["max_temp_directory_size"]) == ("512MiB", 3, "19073MiB")


@pytest.mark.parametrize(
    ("variable", "value", "says"),
    [
        ("GROUNDGAME_MEMORY", "plenty", r"GROUNDGAME_MEMORY: 'plenty' is not a size; write one as 4GiB or 512MiB"),
        ("GROUNDGAME_MEMORY", "80%", r"GROUNDGAME_MEMORY: '80%' is not a size"),
        ("GROUNDGAME_MEMORY", "4", r"GROUNDGAME_MEMORY: '4' is not a size"),
        ("GROUNDGAME_MEMORY", "-4GiB", r"GROUNDGAME_MEMORY: '-4GiB' is not a size"),
        (
            "GROUNDGAME_MEMORY",
            "1MiB",
            r"GROUNDGAME_MEMORY: 1MiB is not between 256MiB and what this machine has, \d+MiB",
        ),
        ("GROUNDGAME_MEMORY", "900TiB", r"GROUNDGAME_MEMORY: 900TiB is not between"),
        ("GROUNDGAME_THREADS", "two", r"GROUNDGAME_THREADS: 'two' is not a number of threads; write one as 4"),
        ("GROUNDGAME_THREADS", "0", r"GROUNDGAME_THREADS: '0' is not a number"),
        ("GROUNDGAME_SPILL", "0GiB", r"GROUNDGAME_SPILL: '0GiB' is less than 1MiB"),
    ],
)
def test_a_limit_that_cannot_be_is_refused(variable: str, value: str, says: str):
    with pytest.raises(SettingsError, match=says):
        Limits.load({variable: value})
