"""Codes that a contract does not list stop at the raw gate, which says what to paste: for every contract that lists some."""

from __future__ import annotations

import re

import pytest
import yaml

from orchestration.ingestion.contracts import Contract
from orchestration.settings import contract_states
from quality.suites import raw
from tests.conftest import PERSONAL, Desk
from tests.unit.test_drift import CONTRACTS, FILES, taken_apart

LISTED = [(contract, column) for contract in CONTRACTS for column in contract.listed]


def judged(desk: Desk, contract: Contract, column: str) -> tuple[bool, str]:
    """Whether the check on a column's codes passes, and its words."""
    from orchestration.warehouse import Warehouse

    with Warehouse(desk.settings).open() as con:
        checks = raw.expectations(desk.settings, con)[f"raw.{contract.name}"]
        (check,) = [c for c in checks if (c.description or "").startswith(f"{column} of {contract.name} has the codes")]
        query = check.unexpected_rows_query.replace("{batch}", f"raw.{contract.name}")
        return con.execute(query).fetchall() == [], check.description


@pytest.mark.parametrize(("contract", "column"), LISTED, ids=lambda value: getattr(value, "name", value))
def test_a_changed_code_is_named_with_what_to_paste(desk: Desk, tmp_path, contract: Contract, column: str):
    desk.hold_states(*contract_states())
    name, content = next((n, c) for of, n, c in FILES if of == contract.name)
    table = taken_apart(tmp_path, contract.name, name, content)
    outcome = desk.hand_in(name, content)
    assert outcome.status == "loaded", outcome.reason
    assert judged(desk, contract, column) == (
        True, f"{column} of {contract.name} has the codes that its layout lists, but for 0.5% of the rows",
    )  # fmt: skip

    listed = contract.listed[column]
    if not table.form.header and not re.fullmatch(contract.content.get(column, ".*"), "Q"):
        pytest.skip("recognition already refuses another code")
    assert desk.hand_in(name, table.with_values(column, "Q").content()).status == "loaded"
    passed, words = judged(desk, contract, column)
    assert not passed
    assert f"not listed: Q ({len(table.rows)})" in words
    assert f"say in {contract.models} what they mean, and under `listed:` in {contract.file}: " in words
    assert yaml.safe_load(words.rpartition(f"{contract.file}: ")[2]) == {column: [*listed, "Q"]}


def test_values_that_are_no_codes_are_not_shown(desk: Desk, tmp_path):
    """As where a column of names has taken the place of the codes, or a code is a voter's alone."""
    contract, column = next((c, column) for c, column in LISTED if column == "status_cd")
    desk.hold_states(*contract_states())
    name, content = next((n, c) for of, n, c in FILES if of == contract.name)
    table = taken_apart(tmp_path, contract.name, name, content)
    place = table.loads.index(column)
    for count, values in enumerate(([PERSONAL] * 9, [f"{PERSONAL}{n % 30}" for n in range(600)])):
        rows = [[*table.rows[0][:place], value, *table.rows[0][place + 1 :]] for value in values]
        table.rows[:] = rows
        assert desk.hand_in(name, table.content(), f"2026-02-0{count + 1}").status == "loaded"
        passed, words = judged(desk, contract, column)
        assert not passed
        assert PERSONAL not in words
        assert "values are not listed, too many or too rare to be codes" in words
