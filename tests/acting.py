"""What the tests of acting share: small libraries, and children that are disturbed at every call.

A child is a fork of this process with an audit hook, which sees each call that changes a file
before it happens (and, where asked, each that reads one). Python does not audit writing, syncing
and calls through ctypes: in the child those are wrapped so that they are announced, and then
really made.
"""

from __future__ import annotations

import os
import pickle
import secrets
import shutil
import signal
import stat
import sys
import traceback
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from typing import Any, NoReturn

from blake3 import blake3

import dupfinder
import dupfinder.choose
import dupfinder.engines.acting
from dupfinder.filesystem import posix
from dupfinder.model import (
    Action,
    Companion,
    Evidence,
    Match,
    Metadata,
    Photo,
    PhotoFile,
    Plan,
    Relation,
    Sidecar,
    Stamp,
)
from dupfinder.settings import Acting
from dupfinder.xmp import packet

IDENTICAL = Relation.IDENTICAL
OLD = 1_600_000_000_123_456_789  # nanoseconds; the act "delete" leaves alone what is just written
FAST = "/dev/shm" if os.access("/dev/shm", os.W_OK) else None

_CHANGING = {
    "os.rename", "os.remove", "os.link", "os.symlink", "os.mkdir", "os.rmdir", "os.utime",
    "os.chmod", "os.chown", "os.setxattr", "os.truncate", "own.rename", "own.write", "own.fsync",
}  # fmt: skip
_WRITE = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC

Hook = Callable[[int, str], None]  # the number of the call, from 1, and its kind


# Photos and plans -------------------------------------------------------------------------------


def write(path: str, content: bytes, mtime_ns: int = OLD) -> str:
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with open(path, "wb") as file:
        file.write(content)
    os.utime(path, ns=(mtime_ns, mtime_ns))
    return path


def photo(path: str, *companions: tuple[str, str, bool]) -> Photo:
    status = os.stat(path)
    stamp = Stamp(
        status.st_dev, status.st_ino, status.st_size, status.st_mtime_ns, status.st_ctime_ns
    )
    beside = tuple(Companion(*each) for each in companions)
    with open(path, "rb") as file:
        digest = blake3(file.read()).digest()
    return Photo(
        file=PhotoFile(path, stamp, companions=beside), digest=digest, pixel_digest=None,
        format="jpeg", width=1, height=1, inner=(1, 1), taken_at=None, camera=None, exposure=None,
        quality=100, quantization=None, lossless=False, fingerprints=(),
    )  # fmt: skip


def action(victim: Photo, keeper: Photo, relation: Relation = IDENTICAL) -> Action:
    match = Match(keeper, victim, relation, (), Evidence("contents"))
    return Action("remove", victim, keeper, match, "largest", "it is larger")


def sidecar(keeper: Photo) -> Sidecar:
    holds = Metadata(rating=4, keywords=("sea",))
    return Sidecar(f"{keeper.path}.xmp", holds, packet(holds))


def plan(*actions: Action) -> Plan:
    keepers = tuple({each.keeper.path: each.keeper for each in actions}.values())
    return Plan((), keepers, actions, (), ())


def pair(victim: str, keeper: str, relation: Relation = IDENTICAL) -> Action:
    return action(photo(victim), photo(keeper), relation)


# A small world ----------------------------------------------------------------------------------


@dataclass
class World:
    """A library of two clusters with three copies each, and all the places that acts use."""

    top: str
    act: str = "trash"
    other: str | None = None  # a folder on another volume, for the quarantine
    plan: Plan = field(default_factory=lambda: Plan((), (), (), (), ()))

    @property
    def photos(self) -> str:
        return os.path.join(self.top, "photos")

    @property
    def state(self) -> str:
        return os.path.join(self.top, "state")

    @property
    def trash(self) -> str:
        return os.path.join(self.top, "data", "Trash")

    @property
    def quarantine(self) -> str:
        return os.path.join(self.other or self.top, "to-check")

    @property
    def places(self) -> tuple[str, ...]:
        return self.trash, self.quarantine

    def path(self, name: str) -> str:
        return os.path.join(self.photos, name)

    def write(self, name: str, content: bytes, mtime_ns: int = OLD) -> str:
        return write(self.path(name), content, mtime_ns)

    def acting(self, **changes: Any) -> Acting:
        quarantine = self.quarantine if self.act == "quarantine" else None
        given = {"roots": (self.photos,), "quarantine": quarantine, "state": self.state}
        return Acting(self.act, **(given | changes))

    def apply(self, of: Plan | None = None, **changes: Any) -> dupfinder.Applied:
        os.environ["XDG_DATA_HOME"] = os.path.join(self.top, "data")
        return dupfinder.apply(of or self.plan, self.acting(**changes))

    def recover(self) -> tuple[str, ...]:
        return dupfinder.engines.acting.recover(self.state)

    def undo(self) -> dupfinder.Undone:
        return dupfinder.undo(state=self.state)

    def done(self) -> int:
        return sum(run.done for run in dupfinder.runs(self.state))


def fill(world: World) -> World:
    """Two clusters: copies of bytes in two folders, and (not for links) one with companions."""
    one = [world.write(f"{at}.jpg", b"first picture" * 9, OLD + 7) for at in ("a/1", "a/2", "b/3")]
    last = b"second picture" * 5
    near = world.act != "hardlink"
    two = [
        world.write(f"c/{at}.jpg", last + (b"~%d" % at if near else b""), OLD + at)
        for at in range(3)
    ]
    for path in one if not near else one[1:2]:
        os.chmod(path, 0o640)
    if near:
        os.setxattr(one[1], "user.rating", b"5")
    for at in (0, 1):
        world.write(f"c/{at}.xmp", b"<xmp/>", OLD + 3 + at)
    kept, gone = (photo(two[at], (two[at][:-3] + "xmp", "xmp", False)) for at in (0, 1))
    relation = Relation.SAME_PIXELS if near else IDENTICAL
    actions = [action(gone, kept, relation), action(photo(two[2]), kept, relation)]
    if near:  # both wait for what only they have to be kept
        actions = [replace(each, sidecar=sidecar(kept)) for each in actions]
    world.plan = plan(pair(one[1], one[0]), pair(one[2], one[0]), *actions)
    return world


@contextmanager
def worlds(act: str, other: str | None = None) -> Iterator[Callable[[], World]]:
    """Makes world after world, each in a folder of its own that goes at the end."""
    base = os.path.join(FAST or "/tmp", f"dupfinder-test-{secrets.token_hex(6)}")
    far = None if other is None else os.path.join(other, os.path.basename(base))

    def make() -> World:
        for folder in (base, far):
            if folder is not None:
                shutil.rmtree(folder, ignore_errors=True)
                os.makedirs(folder)
        return fill(World(base, act, far))

    try:
        yield make
    finally:
        for folder in (base, far):
            if folder is not None:
                shutil.rmtree(folder, ignore_errors=True)


Entry = tuple[Any, ...]


def snapshot(top: str, inodes: bool = False) -> dict[str, Entry]:
    """Every entry below a folder: kind, mode, bytes, modification time, extended attributes."""
    found: dict[str, Entry] = {}
    for folder, folders, files in os.walk(top):
        for name in folders + files:
            path = os.path.join(folder, name)
            status = os.lstat(path)
            entry: Entry = (stat.filemode(status.st_mode),)
            if stat.S_ISLNK(status.st_mode):
                entry += (os.readlink(path),)
            elif stat.S_ISREG(status.st_mode):
                with open(path, "rb") as file:
                    entry += (file.read(), status.st_mtime_ns, status.st_nlink, attributes(path))
                if inodes:
                    entry += (status.st_ino,)
            found[os.path.relpath(path, top)] = entry
    return found


def attributes(path: str) -> tuple[tuple[str, bytes], ...]:
    names = sorted(name for name in os.listxattr(path) if name.startswith("user."))
    return tuple((name, os.getxattr(path, name)) for name in names)


def contents(*folders: str) -> set[bytes]:
    """The bytes of every regular file below folders."""
    found = set()
    for folder in folders:
        for entry in snapshot(folder).values():
            if entry[0].startswith("-"):
                found.add(entry[1])
    return found


def figure(text: str) -> None:
    """Show what a proof has come to; pytest -s lets it through."""
    sys.stdout.write(text + "\n")


# Children ---------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Ended:
    """How a child ended: the signal that killed it, or what its job returned or raised."""

    signal: int
    value: Any
    error: str
    calls: int


def child(job: Callable[[], Any], hook: Hook | None = None, reads: bool = False) -> Ended:
    """Run a job in a fork of this process, with a hook that is called before each call."""
    return together(job, hook=hook, reads=reads)[0]


def together(
    *jobs: Callable[[], Any], hook: Hook | None = None, reads: bool = False
) -> list[Ended]:
    """Run each job in a fork of this process, all of them at once."""
    sys.stdout.flush()
    return [_ended(*each) for each in [_forked(job, hook, reads) for job in jobs]]


def _forked(job: Callable[[], Any], hook: Hook | None, reads: bool) -> tuple[int, int]:
    theirs, ours = os.pipe()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # threads that the child does not use
        pid = os.fork()
    if pid == 0:
        os.close(theirs)
        _be_child(job, hook, reads, ours)
    os.close(ours)
    return pid, theirs


def _ended(pid: int, pipe: int) -> Ended:
    with open(pipe, "rb") as file:
        told = file.read()
    _, status = os.waitpid(pid, 0)
    number = os.WTERMSIG(status) if os.WIFSIGNALED(status) else 0
    value, error, calls = pickle.loads(told) if told else (None, "", 0)
    return Ended(number, value, error, calls)


def _be_child(job: Callable[[], Any], hook: Hook | None, reads: bool, pipe: int) -> NoReturn:
    calls = 0
    signal.signal(signal.SIGINT, signal.default_int_handler)
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    if hook is not None:
        within = False

        def audit(event: str, args: tuple[Any, ...]) -> None:
            nonlocal calls, within
            if within or not _counts(event, args, reads):
                return
            calls += 1
            within = True  # what the hook itself does counts not
            try:
                hook(calls, event)
            finally:
                within = False

        _announce_all()
        sys.addaudithook(audit)
    value, error = None, ""
    try:
        value = job()
    except BaseException as raised:  # noqa: BLE001 - whatever it is, the parent judges it
        error = f"{type(raised).__name__}: {raised}"
        if not isinstance(raised, dupfinder.DupfinderError | KeyboardInterrupt):
            error += "\n" + traceback.format_exc()
    hook = None
    told = pickle.dumps((value, error, calls))
    while told:
        told = told[_write(pipe, told) :]
    os._exit(0)


def _counts(event: str, args: tuple[Any, ...], reads: bool) -> bool:
    if event == "open":
        path, _, flags = args
        if isinstance(path, str) and path.endswith((".py", ".pyc", ".so")):
            return False
        return bool(flags & _WRITE) or reads
    return event in _CHANGING or (reads and event == "own.read")


_write = os.write


def _announce_all() -> None:
    """Announce what Python does not, then do it."""
    for module, name, event in (
        (os, "write", "own.write"),
        (os, "fsync", "own.fsync"),
        (os, "read", "own.read"),
        (posix, "_rename_exclusively", "own.rename"),
    ):
        setattr(module, name, _announced(getattr(module, name), event))


def _announced(call: Callable[..., Any], event: str) -> Callable[..., Any]:
    def announced(*args: Any, **named: Any) -> Any:
        sys.audit(event, *args)
        return call(*args, **named)

    return announced


def kill_at(number: int) -> Hook:
    def hook(at: int, _: str) -> None:
        if at == number:
            os.kill(os.getpid(), signal.SIGKILL)

    return hook


def fail_at(number: int, code: int, for_good: bool) -> Hook:
    def hook(at: int, _: str) -> None:
        if at == number or (for_good and at > number):
            raise OSError(code, os.strerror(code))

    return hook


def at(number: int, change: Callable[[], None]) -> Hook:
    def hook(now: int, _: str) -> None:
        if now == number:
            change()

    return hook


def count(job: Callable[[], Any], reads: bool = False) -> int:
    """How many calls a job makes when nothing disturbs it."""
    ended = child(job, lambda _, __: None, reads)
    assert ended.error == "", ended.error
    return ended.calls
