"""The inbox: which entries are files that may be read, and each file in them as plain text held still while it is read."""

from __future__ import annotations

import codecs
import gzip
import itertools
import os
import re
import shutil
import stat
import struct
import time
import zipfile
import zlib
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path
from typing import IO

import zstandard

from orchestration import progress

# .xls: what VAN calls text between tabs
TEXT_ENDINGS = (".txt", ".csv", ".tsv", ".tab", ".lst", ".xls", ".jsonl", ".ndjson", ".json")
WORKBOOK_ENDINGS = (".xlsx", ".xlsm", ".xlsb", ".ods")
PACKED_ENDINGS = (".zip", ".gz")
ENDINGS = (*TEXT_ENDINGS, *PACKED_ENDINGS)
BESIDE = re.compile(r"datadictionary|^(?!elections?cd)[a-z]+cd\.lst$", re.IGNORECASE)
MOST_MEMBERS = 1_000  # of a zip; the largest that a state ships holds a few hundred
TOGETHER = 128_000_000  # bytes of text; so much waits in memory, or spills, until it is committed
ALONE = 32_000_000  # bytes of text that several connections read, for which it is loaded by itself
PACKED = 10  # times smaller than its text is about what a gzip file is
ZIP_RATIO = 100  # state files shrink 10 to 15 fold; deflate cannot pass 1032, a bomb comes near it
ZIP_RATIO_FROM = 50_000_000  # bytes; below this even a bomb does no harm
SETTLED_SECONDS = 1.0  # a file written to within this time is looked at twice
_NUMBERS = itertools.count()  # of the files opened so far, since two may be open at a time
DATE_IN_NAME = re.compile(r"(?<!\d)((?:19|20)\d\d)[-_.]?(0[1-9]|1[0-2])[-_.]?(0[1-9]|[12]\d|3[01])(?!\d)")


class Refused(Exception):
    """A file is not taken; the message says why and what to do, and holds nothing of its records."""


class Growing(Refused):
    """A file is still being written; it waits in the inbox for the next run."""


@dataclass(frozen=True)
class TextFile:
    """One delivery as text on disk."""

    path: Path  # a name of our own without glob characters, safe to hand to any reader
    original: Path  # the inbox entry
    name: str  # the file's own: of a zip with several files that of this one
    packed: Path | None  # the zip, gzip or UTF-16 file that holds just this one, to be kept as it came
    dated: date  # from the file's name, else the zip member's name or date, else the file's own date
    signature: tuple[int, int]  # size and modification time when it was opened
    is_one_of_several: bool = False  # files of a zip


@dataclass(frozen=True)
class Part:
    """A file in the inbox: an entry, or the one at a `place` of a zip with several."""

    entry: Path
    place: int | None
    size: int  # bytes of text, as far as they are known beforehand
    is_last: bool  # of its entry


def entries(inbox: Path) -> list[Path]:
    """The inbox's entries by name. Hidden ones and half-written `.part` files are nobody's delivery yet."""
    return sorted(p for p in inbox.iterdir() if not p.name.startswith(".") and p.suffix != ".part")


def shown_name(entry: Path) -> str:
    """A file's name as text: bytes in it that are no UTF-8 show as U+FFFD."""
    return os.fsencode(entry.name).decode("utf-8", "replace")


def members(entry: Path) -> list[Part]:
    """The files that an entry holds: a zip's text files where it has several, else the one."""
    size, places = _signature(entry)[0], []
    if entry.suffix.lower() == ".gz":
        size *= PACKED
    if entry.suffix.lower() == ".zip" and entry.is_file() and not entry.is_symlink():
        try:
            with zipfile.ZipFile(entry) as zipped:
                every = zipped.infolist()
            size = sum(map(_text_size, every))
            places = [(place, _text_size(every[place])) for place in _files(every)]
        except (OSError, zipfile.BadZipFile, ValueError, NotImplementedError, struct.error):
            pass  # to be refused when it is opened
    if not 1 < len(places) <= MOST_MEMBERS:
        return [Part(entry, None, size, True)]
    return [Part(entry, place, bytes_, (place, bytes_) == places[-1]) for place, bytes_ in places]


def together(every: list[Path]) -> Iterator[list[Part]]:
    """The files in entries, in groups to be loaded together, since beginning and ending a load costs more than a small file:
    as many as make up `TOGETHER` bytes, or one that is to be loaded `ALONE`."""
    group: list[Part] = []
    for part in itertools.chain.from_iterable(map(members, every)):
        if group and (sum(p.size for p in group) + part.size > TOGETHER or max(part.size, group[0].size) > ALONE):
            yield group
            group = []
        group.append(part)
    if group:
        yield group


@contextmanager
def opened(entry: Path, scratch: Path, place: int | None = None, say: Callable[[str], None] = lambda line: None):
    """Yield an inbox entry, or the file at a `place` of a zip with several, as a `TextFile` in `scratch`, gone afterwards. Where it
    takes long to unpack, `say` is told how far that is.

    Raises:
        Refused: it is no readable regular text, gzip or zip file.
        Growing: it is still being written.
    """
    signature = _settled(entry)
    scratch.mkdir(parents=True, exist_ok=True)
    kind = entry.suffix.lower()
    held = scratch / f"delivery-{os.getpid()}-{next(_NUMBERS)}{kind}"
    text, unicode = held.with_suffix(".text"), held.with_suffix(".unicode")
    try:
        _hold(entry, held)
        name, dated = shown_name(entry), datetime.fromtimestamp(signature[1] / 1e9, UTC).date()
        if kind == ".zip":
            member, day = _unzip(held, text, place, name, say)
            name, dated = (name if place is None else member), day or dated
        elif kind == ".gz":
            _gunzip(held, text, name, say)
        else:
            held.rename(text)
        packed = held if kind in (".zip", ".gz") and place is None else None
        if _is_utf16(text):
            _write_utf8(text, unicode, name, say)
            if kind not in (".zip", ".gz"):
                packed = text.rename(held)
            unicode.rename(text)
        yield TextFile(
            text,
            entry,
            name,
            packed,
            date_in_name(entry.name) or date_in_name(name) or dated,
            signature,
            place is not None,
        )
    finally:
        held.unlink(missing_ok=True)
        text.unlink(missing_ok=True)
        unicode.unlink(missing_ok=True)


def put(original: Path, target: Path) -> None:
    """Write a file of the archive into the inbox as it came, under its name only when it is whole."""
    part = target.with_name(f".{target.name}.part")
    try:
        with original.open("rb") as source, part.open("wb") as out:
            if original.suffix == ".zst":
                zstandard.ZstdDecompressor().copy_stream(source, out)
            else:
                shutil.copyfileobj(source, out)
        long_ago = time.time() - 60  # nobody is still writing it
        os.utime(part, (long_ago, long_ago))
        os.replace(part, target)
    finally:
        part.unlink(missing_ok=True)


def name_of(original: Path, delivered: str) -> str:
    """The name for a file of the archive that came under another: what was packed and is kept as text is text."""
    name = Path(delivered)
    if original.suffix != ".zst" or name.suffix.lower() not in (".zip", ".gz"):
        return delivered
    return name.stem if Path(name.stem).suffix.lower() in TEXT_ENDINGS else f"{name.stem}.txt"


def still_the_same(file: TextFile) -> None:
    """Raise `Growing` if the inbox entry has changed since it was opened."""
    if _signature(file.original) != file.signature:
        raise Growing("it is still being written; left in the inbox, run again when it is complete")


def date_in_name(name: str) -> date | None:
    """A date in a file name (20260103, 2026-01-03, 2026_01_03), if there is just one."""
    found = {f"{y}-{m}-{d}" for y, m, d in DATE_IN_NAME.findall(name)}
    try:
        return date.fromisoformat(found.pop()) if len(found) == 1 else None
    except ValueError:  # 31 February and the like
        return None


def _signature(entry: Path) -> tuple[int, int]:
    try:
        info = entry.lstat()
    except OSError:
        return (-1, -1)
    return info.st_size, info.st_mtime_ns


def _settled(entry: Path) -> tuple[int, int]:
    mode = entry.lstat().st_mode
    if stat.S_ISLNK(mode):
        raise Refused("it is a link; links are not followed. Copy the file itself into the inbox")
    if stat.S_ISDIR(mode):
        raise Refused("it is a folder. Put the files in it straight into the inbox")
    if not stat.S_ISREG(mode):
        raise Refused("it is no regular file")
    if entry.suffix.lower() in WORKBOOK_ENDINGS:
        raise Refused("it is a workbook, which is not read; open it and save it as CSV UTF-8")
    if entry.suffix.lower() not in ENDINGS:
        raise Refused(f"its name ends in none of {', '.join(ENDINGS)}; rename or remove it")
    before = _signature(entry)
    age = time.time() - before[1] / 1e9
    if 0 <= age < SETTLED_SECONDS:
        time.sleep(SETTLED_SECONDS - age)
        if _signature(entry) != before:
            raise Growing("it is still being written; left in the inbox, run again when it is complete")
    return before


def _hold(entry: Path, held: Path) -> None:
    """Give the file a second name of our own, so that a rename in the inbox cannot swap what is being read."""
    held.unlink(missing_ok=True)
    try:
        with entry.open("rb"):
            pass
    except OSError as error:
        raise Refused(f"it cannot be read ({error.strerror}); mend it with chmod u+r") from None
    try:
        os.link(entry, held, follow_symlinks=False)
    except OSError:  # another file system, or links not allowed
        shutil.copyfile(entry, held, follow_symlinks=False)


def _files(every: list[zipfile.ZipInfo], packed: bool = True) -> list[int]:
    """The places of a zip's text files; where it has none of those that are `packed` by themselves, as Colorado's are."""
    texts = [place for place, member in enumerate(every) if _is_one(member, TEXT_ENDINGS)]
    return texts or [place for place, member in enumerate(every) if packed and _is_one(member, PACKED_ENDINGS)]


def _is_one(member: zipfile.ZipInfo, endings: tuple[str, ...]) -> bool:
    """Whether a zip's member ends so, and is not one of those that packers and publishers put beside a file: L2 its data
    dictionary, Michigan its other lists of codes, the Federal Election Commission in `by_date` once more all that the file
    itself has."""
    path = Path(member.filename)
    is_beside = path.name[:1] == "." or {"__MACOSX", "by_date"} & {*path.parts} or BESIDE.search(path.name)
    return path.suffix.lower() in endings and not is_beside


def _text_size(member: zipfile.ZipInfo) -> int:
    """The bytes of text in a zip's member, as far as they are known beforehand."""
    return member.file_size * (PACKED if Path(member.filename).suffix.lower() in PACKED_ENDINGS else 1)


def _is_utf16(text: Path) -> bool:
    with text.open("rb") as source:
        return source.read(2) in (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)


def _write_utf8(text: Path, target: Path, shown: str, say: Callable[[str], None]) -> None:
    """UTF-16 text as UTF-8 with a BOM. What is no text in it is none in UTF-8 either, so that its record is found to be broken."""
    with text.open("rb") as source, target.open("wb") as out, _told(say, shown, "rewritten", source, _size(text)):
        name = "utf-16-le" if source.read(2) == codecs.BOM_UTF16_LE else "utf-16-be"
        decoder = codecs.getincrementaldecoder(name)("surrogatepass")
        out.write(codecs.BOM_UTF8)
        while block := source.read(1 << 20):
            out.write(decoder.decode(block).encode("utf-8", "surrogatepass"))
        if decoder.getstate()[0]:
            out.write(b"\xff")  # the file was cut off within a letter


def _told(
    say: Callable[[str], None], shown: str, doing: str, source: IO[bytes], size: int
) -> AbstractContextManager[None]:
    """Lines of how much of a file has been read."""
    return progress.told(say, progress.by_bytes(shown, doing, source.tell, size))


def _size(file: Path) -> int:
    return file.stat().st_size


def _gunzip(archive: Path, text: Path, shown: str, say: Callable[[str], None]) -> None:
    size, written = _size(archive), 0
    try:
        with (
            archive.open("rb") as packed,
            gzip.open(packed) as source,
            text.open("wb") as target,
            _told(say, shown, "unpacked", packed, size),
        ):
            while block := source.read(1 << 20):
                written += len(block)
                if written > ZIP_RATIO_FROM and written > ZIP_RATIO * size:
                    raise Refused(
                        f"the gzip file unpacks to more than {ZIP_RATIO} times its size; "
                        "if that is right, unpack it yourself and deliver the text file"
                    )
                target.write(block)
    except (gzip.BadGzipFile, EOFError, zlib.error):
        raise Refused("it is no whole gzip file; fetch it again") from None


def _unzip(
    archive: Path, text: Path, place: int | None, shown: str, say: Callable[[str], None], within: bool = False
) -> tuple[str, date | None]:
    """Unpack the one text file, or that at a place, also if it is packed by itself `within` the zip; return its name and the day
    that its name or its entry gives, if any."""
    try:
        with zipfile.ZipFile(archive) as zipped:
            every = zipped.infolist()
            member = every[place] if place is not None else _only_member(every, not within)
            if member.filename.startswith(("/", "\\")) or ".." in Path(member.filename.replace("\\", "/")).parts:
                raise Refused(
                    "the zip's member has a path that leads out of its folder; do not trust where it came from"
                )
            if member.flag_bits & 0x41:  # by password, or strong encryption
                raise Refused("the zip is encrypted; unpack it and deliver the text file")
            if member.file_size > ZIP_RATIO_FROM and member.file_size > ZIP_RATIO * max(member.compress_size, 1):
                raise Refused(
                    f"the zip would unpack to {member.file_size:,} bytes, more than {ZIP_RATIO} times its size; "
                    "if that is right, unpack it yourself and deliver the text file"
                )
            ending = Path(member.filename).suffix.lower()
            is_packed = ending in PACKED_ENDINGS and not within
            # Some publishers leave the ending off what they pack.
            if not is_packed and ending not in ("", *TEXT_ENDINGS):
                raise Refused(f"the zip's member ends in none of {', '.join(TEXT_ENDINGS)}")
            if member.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
                raise Refused("the zip is packed in a way that is not read here; unpack it and deliver the text file")
            with (
                zipped.open(member) as source,
                text.open("wb") as target,
                _told(say, shown, "unpacked", source, member.file_size),
            ):
                shutil.copyfileobj(source, target, 1 << 20)
        name, day = Path(member.filename).name, date_in_name(member.filename) or _member_date(member)
        if is_packed:
            inner = text.rename(text.with_suffix(".inner"))
            try:
                if ending == ".gz":
                    _gunzip(inner, text, shown, say)
                else:
                    name, dated = _unzip(inner, text, None, shown, say, within=True)
                    day = date_in_name(name) or day or dated
            finally:
                inner.unlink(missing_ok=True)
        return name, day
    except (zipfile.BadZipFile, EOFError, NotImplementedError, ValueError, zlib.error, struct.error):
        raise Refused("it is no whole zip file; fetch it again") from None


def _only_member(every: list[zipfile.ZipInfo], packed: bool) -> zipfile.ZipInfo:
    texts = [every[place] for place in _files(every, packed)] or [member for member in every if not member.is_dir()]
    if len(texts) != 1:
        raise Refused(
            f"the zip holds {len(texts)} files; up to {MOST_MEMBERS:,} text files are expected. "
            "Unpack it and deliver each by itself"
        )
    return texts[0]


def _member_date(member: zipfile.ZipInfo) -> date | None:
    if member.date_time[:3] == (1980, 1, 1):  # what a packer writes that keeps no dates
        return None
    try:
        return date(*member.date_time[:3])
    except ValueError:
        return None
