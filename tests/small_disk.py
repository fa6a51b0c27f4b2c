"""A disk of its own that a test can fill: a tmpfs in a mount namespace that nobody else sees and that goes with its holder."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

LARGE = 2 << 30  # bytes; tmpfs takes what is written, not what it may hold


class NoSmallDisk(Exception):
    """This machine does not let the test mount one; the message says why."""


class SmallDisk:
    """`mount` is where commands see it, `seen` where this process does."""

    def __init__(self, holder: int, mount: Path):
        self.mount = mount
        self.seen = Path(f"/proc/{holder}/root{mount}")
        self.enter = ["nsenter", f"--target={holder}", "--user", "--mount", "--preserve-credentials", "--wd=."]

    def leave(self, free: int) -> None:
        """Make the disk as large as what is on it and `free` bytes."""
        usage = os.statvfs(self.seen)
        used = (usage.f_blocks - usage.f_bfree) * usage.f_frsize
        self._resize(used + free)

    def make_room(self) -> None:
        """Make the disk large again."""
        self._resize(LARGE)

    def _resize(self, size: int) -> None:
        subprocess.run([*self.enter, "mount", "-o", f"remount,size={size}", self.mount], check=True)


@contextmanager
def small_disk(mount: Path) -> Iterator[SmallDisk]:
    """Mount a disk on the folder `mount`.

    Raises:
        NoSmallDisk: no namespaces or no mounts for this user here.
    """
    if not (shutil.which("unshare") and shutil.which("nsenter")):
        raise NoSmallDisk("unshare and nsenter (util-linux) are not installed")
    mount.mkdir()
    script = f"mount -t tmpfs -o size={LARGE} tmpfs {mount} && echo mounted && exec sleep 3600"
    holder = subprocess.Popen(
        ["unshare", "--map-root-user", "--mount", "sh", "-c", script],
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip
    try:
        if holder.stdout.readline() != "mounted\n":
            raise NoSmallDisk(f"no private mount: {holder.stderr.read().strip()}")
        yield SmallDisk(holder.pid, mount)
    finally:
        holder.kill()
        holder.wait()
        holder.stdout.close()
        holder.stderr.close()
