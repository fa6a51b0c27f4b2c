"""The plots in an asset's metadata, as text."""

from __future__ import annotations

from orchestration.pictures import MOST_ROWS, bars

SHOWN_AT_ONCE = 1_000  # characters of Markdown that the UI shows without a click


def lines(rows: list[tuple], unit: str = "") -> list[str]:
    return bars(rows, unit).value.replace("\N{NO-BREAK SPACE}", " ").splitlines()[2:]


def test_a_bar_is_as_long_as_its_value():
    assert lines([("whole", 48), ("half", 24), ("a bit more", 25), ("none", 0)], " %") == [
        "|whole|48 %|████████████|",
        "|half|24 %|██████|",
        "|a bit more|25 %|██████▎|",
        "|none|0 %||",
    ]


def test_what_is_there_is_seen_however_small():
    assert lines([("many", 1_000_000), ("one", 1)])[1] == "|one|1|▏|"


def test_a_note_follows_and_a_label_cannot_break_the_table():
    (line,) = lines([("a|b", 1.5, "was 1.2 %")], " %")
    assert line == "|a/b|1.5 %|████████████|was 1.2 %|"


def test_a_long_chart_is_cut_and_stays_short_enough_to_be_shown_at_once():
    rows = [(f"{n:02} columns where 67 are expected", 1_000_000 - n) for n in range(40)]
    assert len(lines(rows)) == MOST_ROWS
    assert len(bars(rows).value) < SHOWN_AT_ONCE


def test_nothing_to_draw_is_said_in_words():
    assert bars([], none="no record was quarantined").value == "no record was quarantined"
