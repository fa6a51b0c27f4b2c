"""Why two records are one person, or are not, in words."""

from __future__ import annotations

import re

import duckdb

from orchestration.exporting.reading import published
from orchestration.identity import exact, model, normalise, probable, review, stewards
from orchestration.settings import Settings
from orchestration.warehouse import Warehouse, has_table


def names_a_record(name: str) -> bool:
    """Whether a word of the shell names a person or record, and no segment."""
    return bool(re.match(r"P-|[A-Z]{2}-|[a-z0-9_]+:", name))


def why_two(settings: Settings, a: str, b: str) -> str:
    """In words: whether `a` and `b` are one person by the published version, by what each belongs there, what speaks for and against it, and
    what somebody decided. Each is a `person_id`, `voter_id` or `source:record_id`; for a person her first record stands.

    Raises:
        Undecidable: the published version has nobody of that name.
    """
    with published(settings) as con:
        records = [stewards.find(con, name) for name in (a, b)]
        told = [
            con.execute(
                "select person_id, stage, evidence, weight, valid_from from published.person_records "
                "where valid_to is null and source = ? and record_id = ?",
                [record.source, record.record_id],
            ).fetchall()[0]
            for record in records
        ]
        reasons = con.execute(
            """
            select reason from published.match_review
            where (source_a, record_a, source_b, record_b) in (($a, $b, $c, $d), ($c, $d, $a, $b))
            """,
            dict(zip("abcd", (part for r in records for part in (r.source, r.record_id)), strict=True)),
        ).fetchall()
    one = told[0][0] == told[1][0]
    lines = [f"{records[0]} and {records[1]} are {f'one person, {told[0][0]}' if one else 'two people'}.", ""]
    for record, (person, stage, evidence, weight, since) in zip(records, told, strict=True):
        by = (
            "the record that others joined"
            if stage == "first"
            else f"by {evidence} ({stage}{f', {weight:g} bits' if weight else ''})"
        )
        lines.append(f"{record} is of {person} since {since}: {by}.")
    compared = _compared(settings, records)
    if compared:
        links, weights, speaks_for, against, contradicted = compared
        lines += ["", f"For one person: {speaks_for or 'nothing'}.", f"Against: {against or 'nothing'}."]
        total, parts = weights
        said = ", ".join(
            f"{name} {bits:+.1f}" for name, bits in sorted(parts.items(), key=lambda part: -abs(part[1])) if bits
        )
        lines += [
            f"Weighed: {total:+.1f} bits ({said}; before anything is known {total - sum(parts.values()):+.1f}). From {probable.THRESHOLD:+.1f} on it is likely."
        ]
        lines += [f"Linked by {evidence} ({stage}, {weight:g})." for stage, evidence, weight in links]
        lines += (
            [f"No weight makes them one person: the {contradicted} contradicts."] if contradicted and not links else []
        )
    lines += [f"To be looked at: {reason}." for (reason,) in reasons]
    for decision in stewards.read(settings):
        if {decision.a, decision.b} == set(records):
            lines.append(f"Decided: {decision.decision} ({stewards.file_of(settings)}).")
    return "\n".join(lines)


def _compared(settings: Settings, records: list[stewards.Record]) -> tuple | None:
    """What the warehouse knows of two records beside each other: links, words for and against, what contradicts. None where they were never
    compared, as voters are not whom no other source touches."""
    with Warehouse(settings).hold("groundgame why") as warehouse, warehouse.open() as con:
        if not has_table(con, "compared", "identity"):
            return None
        places = [
            con.execute(
                "select n from identity.compared where source = ? and record_id = ?", [r.source, r.record_id]
            ).fetchone()
            for r in records
        ]
        if None in places:
            return None
        pair = [place[0] for place in places if place]
        links = con.execute(
            "select stage, evidence, weight from identity.links where n_l in (select unnest(?)) and n_r in (select unnest(?)) order by weight desc",
            [pair, pair],
        ).fetchall()
        normalise.load_words(con)
        exact.paired(con, f"values ({pair[0]}), ({pair[1]})", among="identity.compared")
        [said] = con.execute(
            f"""
            select {review.words("for")}, {review.words("against")}, {model.veto(households=True)}
            from (select {model.sided("paired", "l")} where n = ?), (select {model.sided("paired", "r")} where n = ?)
            """,
            pair,
        ).fetchall()
        return links, _weighed(con, pair), *said


def _weighed(con: duckdb.DuckDBPyConnection, pair: list[int]) -> tuple[float, dict[str, float]]:
    """log2 of the odds that two compared records are one person, and each comparison's part of it."""
    model.add_frequencies(con, "paired", "paired", among="identity.compared", some="paired")
    con.execute(
        "create or replace temp table one_pair as select min(n) as join_key_l, max(n) as join_key_r, '0' as match_key from paired"
    )
    [(records,)] = con.execute("select count(*) from identity.compared").fetchall()
    model.score(con, "paired", "one_pair", "pair_weight", model.pinned(records))
    parts = ", ".join(f"weight_{name}" for name in model.COMPARISONS)
    [(total, *weights)] = con.execute(f"select weight, {parts} from pair_weight").fetchall()
    return total, dict(zip(model.COMPARISONS, weights, strict=True))
