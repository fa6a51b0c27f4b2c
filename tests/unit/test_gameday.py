"""What game day says of a scene that does not hold."""

from __future__ import annotations

from orchestration.operating import gameday
from orchestration.operating.gameday import Ended, Seen


def holds(_week):
    """Nothing is done."""
    yield Seen("it holds", True, "as before")


def fails(_week):
    """Something is done."""
    yield Seen("it holds", True, "as before")
    yield Seen("it is refused", False, "exit status 0")


def breaks_off(_week):
    """Somebody trips."""
    yield Seen("it holds", True, "as before")
    raise OSError("ZQXJ")


def test_a_scene_that_does_not_hold_or_breaks_off_is_named_and_the_others_are_played() -> None:
    told: list[str] = []
    scenes = {"One": fails, "Two": breaks_off, "Three": holds}
    assert gameday.play(scenes, None, told.append) == ["One", "Two"]
    text = "\n".join(told)
    assert (
        "\nOne\n  tried   Something is done.\n  held    it holds: as before\n  NOT     it is refused: exit status 0\n  DID NOT HOLD in 0.0 s\n"
        in text
    )
    assert "NOT     the scene is played to its end: it broke off with OSError" in text
    assert "ZQXJ" not in text
    assert text.endswith("Three\n  tried   Nothing is done.\n  held    it holds: as before\n  HELD in 0.0 s")


def test_a_command_holds_by_its_exit_status_and_by_what_it_says() -> None:
    refused = Ended(1, "reading\n  NOT DONE: a.txt was refused: it is no whole zip file\n")
    assert refused.failed("it is refused", "a.txt", "refused") == Seen(
        "it is refused", True, "NOT DONE: a.txt was refused: it is no whole zip file"
    )
    assert not refused.failed("it is refused", "b.txt").held
    assert not refused.went_well("it is taken in", "a.txt").held
    assert not Ended(0, refused.output).failed("it is refused", "a.txt").held
    assert not Ended(1, f"Traceback (most recent call last):\n{refused.output}").failed("it is refused", "a.txt").held
    assert (
        refused.failed("it is refused", "b.txt").what
        == "exit status 1, NOT DONE: a.txt was refused: it is no whole zip file"
    )
