"""Headers held against contracts: every vintage fits in any order, and a misfit is explained so that it can be mended."""

from __future__ import annotations

import re

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from orchestration.ingestion.contracts import all_contracts, best_match, match_header
from orchestration.settings import contract_states
from tests import ga, meta, nc

VINTAGES = [nc.COLUMNS_67, nc.COLUMNS_70, nc.COLUMNS_71, nc.HISTORY_COLUMNS]


@pytest.mark.parametrize("contract", all_contracts(), ids=lambda c: c.name)
def test_no_name_stands_for_two_columns(contract):
    names = [n.lower() for c, aliases in contract.columns.items() for n in (c, *aliases)]
    names += [n.lower() for n in (*contract.never_land, *contract.ignored)]
    assert len(names) == len(set(names))
    marker = [contract.sample.column] if contract.sample else []
    one = filter(None, [contract.scope.column, contract.id_column])
    assert {*contract.scope.columns, *one, *marker} <= set(contract.columns)
    assert contract.id_column or contract.kind not in ("voters", "vote_history")
    # Of a contract of no one state the rows or the file's name say of which state they are.
    assert contract.state or contract.kind == "events" or contract.scope.columns or contract.names_its_scope
    assert {*contract.codes} <= {*contract.profile}
    assert {*contract.profile, *contract.filled, *contract.optional, *contract.content} <= set(contract.columns)


def test_states_are_told_by_the_names_of_contracts():
    assert contract_states() == sorted({contract.state for contract in all_contracts() if contract.state})


@given(st.sampled_from(VINTAGES).flatmap(lambda v: st.tuples(st.permutations(v), st.randoms())))
def test_every_vintage_fits_its_contract_in_any_order_and_case(drawn):
    names, random = drawn
    header = [f" {n.upper()}" if random.random() < 0.5 else n for n in names]
    match = best_match(header, all_contracts())
    assert match.fits
    assert match.contract.name == ("nc_vote_history" if "election_lbl" in names else "nc_voters")
    assert {c for c in match.loads if c} == set(match.contract.columns)
    for name, column in zip(names, match.loads, strict=True):
        assert column == match.contract.known_names[name.lower()]


def test_columns_that_may_never_land_are_read_past():
    match = match_header([*nc.COLUMNS_70], nc.VOTERS)
    dropped = {n for n, column in zip(nc.COLUMNS_70, match.loads, strict=True) if column is None}
    assert dropped == {"drivers_lic", "ssn", "hava_id_req", "no_dl_ssn_chkbx"}


def test_the_alias_block_of_a_refusal_mends_it_when_pasted():
    header = [n.replace("party_cd", "party_code").replace("zip_code", "zipcode") for n in nc.COLUMNS_67]
    match = best_match(header, all_contracts())
    assert not match.fits
    text = match.explain()
    assert "missing: zip_code, party_cd" in text
    assert "unknown: zipcode, party_code" in text
    pasted = yaml.safe_load("\n".join(re.findall(r"^    (\w+: \[.*\])$", text, re.MULTILINE)))
    assert pasted == {"zip_code": ["zipcode"], "party_cd": ["party_code"]}
    mended = match.contract.model_copy(update={"columns": match.contract.columns | pasted})
    assert match_header(header, mended).fits


def test_a_new_column_is_named_with_the_line_to_add():
    match = best_match([*nc.COLUMNS_67, "favourite_colour"], all_contracts())
    assert not match.fits
    assert "unknown: favourite_colour" in match.explain()
    assert "add to its `ignored:` list: favourite_colour" in match.explain()


@pytest.mark.parametrize("header", ["Amount spent (EUR)", "amount spent (gbp)"])
def test_an_amount_in_another_currency_gets_no_alias(header: str):
    """An alias would read it as dollars; a rate is nothing that a contract knows."""
    text = best_match([header if "USD" in name else name for name in meta.HEADER], all_contracts()).explain()
    assert f"{header}: money in another currency" in text
    assert "Export the report in US dollars" in text
    assert "alias" not in text
    assert "ignored" not in text
    also = "Reporting ended"
    text = best_match(
        [{"Amount spent (USD)": header, "Reporting ends": also}.get(n, n) for n in meta.HEADER], all_contracts()
    ).explain()
    assert f"reporting_ends: [Reporting ends, {also}]" in text
    assert f"{header}]" not in text


def test_a_vintage_with_names_of_its_own_wants_those():
    contract = next(c for c in all_contracts() if c.name == "ga_voters")
    new = contract.forms[0]
    assert match_header([*ga.COLUMNS_53], contract, new).fits
    match = match_header([name for name in ga.COLUMNS_53 if name != "Fire District"], contract, new)
    assert match.missing == ("fire_district",)
    renamed = [name.replace("Fire District", "Fire Dist") for name in ga.COLUMNS_53]
    assert "fire_district: [Fire District, Fire Dist]" in match_header(renamed, contract, new).explain()


def test_a_column_that_stands_twice_fits_nothing():
    match = best_match([*nc.COLUMNS_67, "ncid"], all_contracts())
    assert (match.fits, match.repeated) == (False, ("ncid",))
    assert best_match([*nc.COLUMNS_67, "midl_name"], all_contracts()).repeated == ("middle_name",)


def test_a_first_line_that_may_be_a_record_is_not_quoted():
    record = [nc.voter(last_name="ZQXJ").get(c, "") for c in nc.COLUMNS_67]
    text = best_match(record, all_contracts()).explain()
    assert "ZQXJ" not in text
    assert "the first line must hold the column names" in text


def test_a_record_that_stands_in_the_headers_line_is_not_quoted():
    record = nc.voter(last_name="ZQXJ")
    text = best_match([*nc.COLUMNS_67, *(record.get(name, "") for name in nc.COLUMNS_67)], all_contracts()).explain()
    assert "ZQXJ" not in text
    assert "the first line must hold the column names and nothing else" in text
