"""Builds L2's consumer files, byte for byte: text between tabs with the names of L2's uniform file."""

from __future__ import annotations

from orchestration.ingestion.contracts import all_contracts

CONTRACT = next(contract for contract in all_contracts() if contract.name == "l2_consumer")
LOADED = [aliases[0] if aliases else column for column, aliases in CONTRACT.columns.items()]
SENSITIVE = [
    "ConsumerData_Religion_Code",
    "Ethnic_Description",
    "hf_attends_church",
    "ConsumerData_Health_Medical",
    "ConsumerData_MAID_MAID1",
]
READ_PAST = [
    "SEQUENCE",
    "FECDonors_TotalDonationsAmount",
    "City_Council_Commissioner_District",
    "hs_harris_approval",
    "General_2024",
]
HEADER = (
    ["LALVOTERID" if name == "lalvoterid" else "County" if name == "county" else name for name in LOADED]
    + SENSITIVE
    + READ_PAST
)
PERSON = {
    "LALVOTERID": "LALNC1", "Voters_StateVoterID": "AA1", "Voters_FirstName": "Ann", "Voters_LastName": "Lee",
    "Residence_Addresses_State": "NC", "County": "WAKE", "ConsumerData_Occupation_of_Person": "Teacher", "ConsumerData_Reading_Mags": "Yes",
}  # fmt: skip


def consumer(*rows: dict[str, str], header: list[str] = HEADER) -> bytes:
    """A consumer file of people, each with the values of `PERSON` but for those given."""
    lines = [header, *([(PERSON | row).get(name, "") for name in header] for row in rows)]
    return "".join("\t".join(line) + "\r\n" for line in lines).encode("utf-8")


# A file of each contract and form: tests/unit/test_drift.py.
FILES = [("l2_consumer", "VM2Uniform--NC.tab", consumer(*({"LALVOTERID": f"LALNC{n}"} for n in range(12))))]
