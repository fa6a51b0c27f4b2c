"""Game day: what goes wrong in the last week before an election, rehearsed with generated voters in a scratch directory.

A scene does something, by the real commands in processes of their own, and yields what it wanted to see beside what it saw. Scenes follow each
other as the days of a week do: what one leaves in the inbox the next finds there.
"""

from __future__ import annotations

import csv
import io
import shutil
import tempfile
import time
import zipfile
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path

import duckdb
import msgspec.yaml
import yaml
from msgspec import structs

from orchestration.exporting import receipts, suppression
from orchestration.operating.forked import Command, warm_up
from orchestration.sample import SAMPLE_AS_OF, write_sample
from orchestration.settings import ROOT, Mendable, Settings

VOTERS = 5_000
FEWEST = 1_000
SEED = 2028
STATE = "NC"  # whose files a county's can be cut out of
OPT_OUTS = 200_000
SEGMENT, PURPOSE = "multi_voter_residences", "turnout"
# Dagster's events go with each command: nobody looks at the rehearsal's history, and writing it takes a fifth of its time.
EVENTS = {"module": "dagster._core.storage.event_log.in_memory", "class": "InMemoryEventLogStorage"}
LATER = SAMPLE_AS_OF + timedelta(days=30)


@dataclass(frozen=True)
class Seen:
    """One thing that a scene wanted, whether it was so, and what was seen."""

    wanted: str
    held: bool
    what: str


@dataclass(frozen=True)
class Ended:
    """A command that has ended."""

    status: int
    output: str

    def said(self, *words: str) -> str:
        """The first line that it printed with all these words; nothing where it printed none."""
        lines = (line.strip() for line in self.output.splitlines())
        return next((line for line in lines if all(word in line for word in words)), "")

    def failed(self, wanted: str, *words: str) -> Seen:
        """That it ended with exit status 1 and said why in a line with these words, not in a traceback."""
        line = self.said(*words)
        held = self.status == 1 and line != "" and "Traceback" not in self.output
        return Seen(wanted, held, line if held else f"exit status {self.status}, {self._last()}")

    def went_well(self, wanted: str, *words: str) -> Seen:
        """That it ended with exit status 0 and said a line with these words."""
        line = self.said(*words)
        held = self.status == 0 and line != ""
        return Seen(wanted, held, line if held else f"exit status {self.status}, {self._last()}")

    def _last(self) -> str:
        lines = [line.strip() for line in self.output.splitlines() if line.strip()]
        return next((line for line in lines if "NOT DONE" in line), lines[-1] if lines else "nothing printed")


class Week:
    """The scratch directory: files to hand in, a data directory, and the campaign as it decides, in one state."""

    def __init__(self, folder: Path, settings: Settings, voters: int) -> None:
        campaign = structs.replace(settings.campaign, states=[STATE])
        self.settings = Settings(folder / "data", campaign, settings.dbt_project_dir, settings.limits)
        self.settings.make_directories()
        dagster = yaml.safe_load((ROOT / "orchestration" / "dagster.yaml").read_text(encoding="utf-8"))
        del dagster["storage"]
        dagster["event_log_storage"] = EVENTS
        (self.settings.dagster_home / "dagster.yaml").write_text(yaml.safe_dump(dagster), encoding="utf-8")
        self.campaign_file = folder / "campaign.yaml"
        self.campaign_file.write_bytes(msgspec.yaml.encode(campaign))
        self.files = {day: folder / f"{day}" / "files" for day in (SAMPLE_AS_OF, LATER)}
        for day, out in self.files.items():
            write_sample(out, voters, SEED, day, STATE)

    def command(self, *arguments: str, campaign: Path | None = None, file_limit: int | None = None) -> Ended:
        """Run a command of groundgame to its end."""
        campaign = campaign or self.campaign_file
        command = Command(self.settings.data_dir, *arguments, campaign=campaign, file_limit=file_limit)
        return Ended(command.end(), command.output.read_text(encoding="utf-8"))

    def voters_file(self, day: date) -> bytes:
        """The voter file of a day."""
        return (self.files[day] / "ncvoter_Statewide.txt").read_bytes()

    def hand_in(self, name: str, content: bytes) -> None:
        """Put a file into the inbox."""
        (self.settings.inbox / name).write_bytes(content)

    def hand_in_all(self, day: date) -> None:
        """Put the files of a day into the inbox."""
        for file in self.files[day].iterdir():
            self.hand_in(f"{file.stem}_{day:%Y%m%d}{file.suffix}", file.read_bytes())

    def empty_inbox(self) -> None:
        """What whoever runs it does with a refused file."""
        for file in self.settings.inbox.iterdir():
            file.unlink()

    def stays(self, *names: str) -> Seen:
        """That files lie in the inbox."""
        there = {file.name for file in self.settings.inbox.iterdir()}
        return Seen(
            "the file stays in the inbox",
            there >= {*names},
            f"there {'are' if len(there) > 1 else 'is'} {', '.join(sorted(there)) or 'nothing'}",
        )

    @contextmanager
    def standing(self, seen: list[Seen]) -> Iterator[None]:
        """Add to `seen` whether the published file is the same, byte for byte, at the end as at the beginning."""
        before = receipts.digest(self.settings.current)
        yield
        now = receipts.digest(self.settings.current)
        seen.append(
            Seen(
                "the published version stands",
                before == now,
                f"its file is {'the same' if before == now else 'another one'}",
            )
        )

    def version(self) -> str:
        """The published data version."""
        return str(self.published("select data_version from publication")[0][0])

    def published(self, sql: str) -> list[tuple]:
        """Rows of the published version."""
        with duckdb.connect(str(self.settings.current), read_only=True) as con:
            return con.execute(sql).fetchall()

    def export(self, channel: str) -> Ended:
        """Ask for a list."""
        return self.command("export", SEGMENT, "--channel", channel, "--purpose", PURPOSE)

    def receipt(self) -> dict:
        """The newest receipt."""
        return receipts.every(self.settings)[-1]

    def numbers(self) -> set[str]:
        """The telephone numbers on the newest list."""
        [name] = [file["name"] for file in self.receipt()["files"] if file["name"].endswith(".csv")]
        text = (self.settings.exports / name).read_text(encoding="utf-8")
        return {row["phone"] for row in csv.DictReader(io.StringIO(text, newline=""))}


def failed_gate(week: Week) -> Iterator[Seen]:
    """The first voter file has every voter twice, and a list is asked for."""
    header, _, records = week.voters_file(SAMPLE_AS_OF).partition(b"\n")
    week.hand_in("ncvoter_Statewide.txt", header + b"\n" + records + records)
    yield week.command("run").failed("the gate stops it", "gate raw failed", "voter ids occur twice")
    yield week.export("mail").failed("no list is made", "nothing is published")


def good_delivery(week: Week) -> Iterator[Seen]:
    """The state sends the file again as it should be, and its history."""
    week.hand_in_all(SAMPLE_AS_OF)
    yield week.command("run").went_well("all gates pass and it is published", "a new version is current")
    voters = week.published("select count(*) from voters")[0][0]
    yield Seen("its voters are in the published table", voters > 0, f"{voters:,} voters, each once")
    yield week.export("mail").went_well("a list is made", "people on the list")


def wrong_campaign(week: Week) -> Iterator[Seen]:
    """Somebody changes campaign.yaml: a broken line, a state that is none, a word for a number."""
    right = week.campaign_file.read_text(encoding="utf-8")
    wrong = week.campaign_file.with_name("wrong.yaml")
    seen: list[Seen] = []
    with week.standing(seen):
        for change, words in (
            (("name:", "name"), ("line ",)),
            ((f"- {STATE}", "- ZZ"), ("states", "ZZ")),
            (("exports_days: ", "exports_days: many #"), ("keep.exports_days",)),
        ):
            wrong.write_text(right.replace(*change, 1), encoding="utf-8")
            yield week.command("run", campaign=wrong).failed("a run refuses it, and says where", str(wrong), *words)
    yield from seen


def corrupt_county(week: Week) -> Iterator[Seen]:
    """One county's zip comes with damage in its middle."""
    header, *records = week.voters_file(LATER).splitlines(keepends=True)
    county, _ = Counter(record.split(b"\t", 1)[0] for record in records).most_common(1)[0]
    number = county.decode().strip('"')
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        content = header + b"".join(record for record in records if record.startswith(county + b"\t"))
        archive.writestr(f"ncvoter{number}.txt", content)
    damaged = bytearray(packed.getvalue())
    middle = len(damaged) // 2
    damaged[middle : middle + 64] = bytes(64)
    yield from _refused(week, f"ncvoter{number}.zip", bytes(damaged))


def renamed_column(week: Week) -> Iterator[Seen]:
    """The state renames a column."""
    content = week.voters_file(LATER).replace(b"status_cd", b"voter_state", 1)
    yield from _refused(week, f"ncvoter_Statewide_{LATER:%Y%m%d}.txt", content, "missing: status_cd")


def _refused(week: Week, name: str, content: bytes, *words: str) -> Iterator[Seen]:
    week.hand_in(name, content)
    seen: list[Seen] = []
    with week.standing(seen):
        ended = week.command("run", "--only", "raw")
        yield ended.failed("it is refused, and why", "NOT DONE", name, "refused")
        if words:
            yield ended.failed("the message names what changed", *words)
    yield week.stays(name)
    yield from seen
    week.empty_inbox()


def doubled_delivery(week: Week) -> Iterator[Seen]:
    """The same file is handed in again under another name."""
    name = "ncvoter_Statewide (1).txt"
    week.hand_in(name, week.voters_file(SAMPLE_AS_OF))
    seen: list[Seen] = []
    with week.standing(seen):
        yield week.command("run", "--only", "raw").went_well("nothing is taken in twice", name, "unchanged")
    yield from seen


def half_a_file(week: Week) -> Iterator[Seen]:
    """Half of a newer voter file arrives, and a list is asked for meanwhile."""
    content, version = week.voters_file(LATER), week.version()
    week.hand_in(f"ncvoter_Statewide_{LATER:%Y%m%d}.txt", content[: len(content) // 2])
    seen: list[Seen] = []
    with week.standing(seen):
        yield week.command("run").failed(
            "the gate stops it", "gate raw failed", "rows are as many as in the delivery before"
        )
    yield from seen
    yield week.export("walk").went_well("a list is made all the same", "people on the list")
    of = week.receipt()["data_version"]
    yield Seen("it is of the version that passed its gates", of == version, f"its receipt says version {of}")


def full_disk(week: Week) -> Iterator[Seen]:
    """The whole files come, and the disk has no room for them."""
    week.hand_in_all(LATER)
    seen: list[Seen] = []
    # No file may grow beyond half of the published one. A full disk refuses the same writes and is nothing that this user may make.
    limit = week.settings.current.stat().st_size // 2
    with week.standing(seen):
        yield week.command("run", file_limit=limit).failed("it stops and says what to do", "NOT DONE", "run again")
    yield from seen
    yield week.export("walk").went_well("a list is made all the same", "people on the list")


def kill_while_publishing(week: Week) -> Iterator[Seen]:
    """There is room again, and the run is killed while it publishes."""
    seen: list[Seen] = []
    version = week.version()
    with week.standing(seen):
        command = Command(week.settings.data_dir, "run", campaign=week.campaign_file)
        written = next((line for line in command.lines() if "written aside" in line), "")
        command.process.kill()
        status = command.end()
        yield Seen(
            "it is killed between writing and swapping", written != "" and status < 0, f"after {written.strip()!r}"
        )
    yield from seen
    yield week.command("run").went_well("the next run goes on and publishes", "a new version is current")
    now = week.version()
    yield Seen("the version is a new one", now != version, f"{version} before, {now} now")


def opt_outs_at_noon(week: Week) -> Iterator[Seen]:
    """A list of 200,000 opt-outs comes at noon, half of the voters' numbers among them."""
    yield week.export("phone").went_well("the morning's list", "people on the list")
    morning = week.numbers()
    out = week.campaign_file.with_name("opt_outs.csv")
    with duckdb.connect() as con:
        con.execute(f"attach '{week.settings.current}' as published (read_only)")
        con.execute(
            f"""
            create table opt_outs as
            with known as (select distinct phone from published.voters where phone is not null)
            select phone from (select phone, row_number() over (order by phone) as nth from known) where nth % 2 = 0
            union select cast(9802000000 + range as varchar) from range({OPT_OUTS})
            order by phone limit {OPT_OUTS}
            """
        )
        opted_out = {phone for (phone,) in con.execute("select phone from opt_outs").fetchall()}
        con.execute(f"copy (select 'phone' as kind, phone as value from opt_outs) to '{out}' (header)")
        house_list = week.settings.suppressions / "do_not_contact.csv"
        shutil.copyfile(out, house_list)
        yield week.export("phone").went_well("it counts at once, without a run", suppression.REASONS["do_not_contact"])
        noon = week.numbers()
        yield Seen(
            "nobody of it is on the list",
            noon == morning - opted_out,
            f"{len(morning):,} numbers before, {len(noon):,} now",
        )
        house_list.unlink()
        con.execute(
            f"""
            copy (
                select 'ZZ' || row_number() over () as "ID", phone as "Phone", '{LATER} 12:00:00' as "Opted Out At", 'STOP' as "Keyword"
                from opt_outs
            ) to '{week.settings.inbox / f"opt_outs_{LATER:%Y%m%d}.csv"}' (header)
            """
        )
    yield week.command("run").went_well("as the texting tool's list it is taken in", "a new version is current")
    yield week.export("text").went_well("nobody of it may be texted", suppression.REASONS["opted_out"])
    [(wanted,)] = week.published(
        f"""
        select count(*) from segment_members join voters using (voter_id)
        where segment_id = '{SEGMENT}' and phone in (select identifier from subscriptions where channel = 'text' and not is_opted_in)
            and not {suppression.in_holdout(week.settings)}
        """
    )
    counted = week.receipt()["suppressed"]["opted_out"]
    yield Seen("the receipt counts all of them", counted == wanted > 0, f"{counted:,} of {wanted:,}")


Scene = Callable[[Week], Iterator[Seen]]
SCENES: dict[str, Scene] = {
    "A list asked for with a failed gate": failed_gate,
    "The file again, as it should be": good_delivery,
    "A wrong campaign.yaml": wrong_campaign,
    "A corrupt county": corrupt_county,
    "A renamed column": renamed_column,
    "A doubled delivery": doubled_delivery,
    "Half a file": half_a_file,
    "A full disk": full_disk,
    "Killed while publishing": kill_while_publishing,
    "200,000 opt-outs at noon": opt_outs_at_noon,
}


def rehearse(settings: Settings, folder: Path, voters: int, say: Callable[[str], None]) -> list[str]:
    """Play all scenes with so many voters in an empty folder; return the titles of those that did not hold. Of `settings` the campaign's decisions
    count, not its data.

    Raises:
        Mendable: too few voters for the gates to judge.
    """
    if voters < FEWEST:
        raise Mendable(f"game day wants at least {FEWEST:,} voters, not {voters:,}")
    started = time.monotonic()
    week = Week(folder, settings, voters)
    warm_up(week.campaign_file)
    say(f"{voters:,} generated voters of {STATE} in {folder}, ready in {time.monotonic() - started:.1f} s")
    return play(SCENES, week, say)


def play(scenes: dict[str, Scene], week: Week, say: Callable[[str], None]) -> list[str]:
    """Play scenes and say of each what was tried, what was wanted and seen, and the seconds; return the titles of those that did not hold."""
    bad = []
    for title, scene in scenes.items():
        started = time.monotonic()
        say(f"\n{title}\n  tried   {scene.__doc__}")
        held = True
        for seen in _played(scene, week):
            say(f"  {'held' if seen.held else 'NOT '}    {seen.wanted}: {seen.what}")
            held = held and seen.held
        say(f"  {'HELD' if held else 'DID NOT HOLD'} in {time.monotonic() - started:.1f} s")
        bad += [] if held else [title]
    return bad


def _played(scene: Scene, week: Week) -> Iterator[Seen]:
    """What a scene saw; that it broke off is something seen, too, and the next one is played."""
    try:
        yield from scene(week)
    except (Mendable, OSError, LookupError, duckdb.Error) as error:
        yield Seen("the scene is played to its end", False, f"it broke off with {type(error).__name__}")


@contextmanager
def scratch(keep: bool) -> Iterator[Path]:
    """A folder of its own for the rehearsal, gone at the end unless it is kept."""
    folder = Path(tempfile.mkdtemp(prefix="groundgame-gameday-"))
    try:
        yield folder
    finally:
        if not keep:
            shutil.rmtree(folder, ignore_errors=True)
