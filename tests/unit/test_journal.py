"""The journal: whatever happens to the file, what is read is a beginning of what was written."""

from __future__ import annotations

import errno
import os
import resource
import signal
from pathlib import Path
from zlib import crc32

import pytest
from acting import child
from hypothesis import given
from hypothesis import strategies as st

from dupfinder.storage.journal import Journal, Resumed, Unwritten, journal_path, journals, read

RECORDS = [
    {"op": "run", "act": "trash", "roots": ["/photos"]},
    {"op": "intent", "n": 0, "folder": "/photos/\udcff", "members": [["a\nb.jpg", "x"]]},
    {"op": "done", "n": 0, "carried": {"times": [-1, 2**63]}},
]


def written(folder: Path, records: list[dict[str, object]]) -> str:
    path = journal_path(str(folder), "run")
    with Journal(path) as journal:
        for record in records:
            journal.write(record)
    return path


def test_what_is_written_is_read(tmp_path: Path) -> None:
    assert list(read(written(tmp_path, RECORDS))) == RECORDS
    assert journals(str(tmp_path)) == [str(tmp_path / "run.journal")]
    assert journals(str(tmp_path / "none")) == []


def test_a_journal_takes_no_others_place(tmp_path: Path) -> None:
    written(tmp_path, RECORDS)

    with pytest.raises(Unwritten):
        Journal(journal_path(str(tmp_path), "run"))


def test_cut_at_any_byte_it_reads_as_a_beginning(tmp_path: Path) -> None:
    """E3: a torn line is none."""
    path = written(tmp_path, RECORDS)
    whole = Path(path).read_bytes()
    ends = [at + 1 for at, byte in enumerate(whole) if byte == ord("\n")]
    for length in range(len(whole)):
        Path(path).write_bytes(whole[:length])
        assert list(read(path)) == RECORDS[: sum(end <= length for end in ends)]


def test_resumed_after_a_torn_line_it_goes_on_where_it_was_whole(tmp_path: Path) -> None:
    """E3, D1: what is written later can be read."""
    path = written(tmp_path, RECORDS)
    whole = Path(path).read_bytes()
    for length in range(len(whole) - 30, len(whole)):
        Path(path).write_bytes(whole[:length])
        with Resumed(path) as journal:
            journal.write({"op": "end"})
        assert list(read(path)) == [*RECORDS[:2], {"op": "end"}]


@given(st.data())
def test_flipped_bits_never_invent_a_record(
    tmp_path_factory: pytest.TempPathFactory, data: st.DataObject
) -> None:
    """E3."""
    folder = tmp_path_factory.mktemp("journal")
    path = written(folder, RECORDS)
    whole = bytearray(Path(path).read_bytes())
    for _ in range(data.draw(st.integers(1, 3))):
        whole[data.draw(st.integers(0, len(whole) - 1))] ^= 1 << data.draw(st.integers(0, 7))
    Path(path).write_bytes(whole)
    found = list(read(path))

    assert found == RECORDS[: len(found)]


@given(st.binary(max_size=60) | st.text(max_size=60).map(lambda text: text.encode()))
def test_a_line_with_a_right_checksum_and_anything_in_it_raises_nothing(
    tmp_path_factory: pytest.TempPathFactory, text: bytes
) -> None:
    """E3: whoever tampers can compute a checksum as well."""
    path = tmp_path_factory.mktemp("journal") / "x.journal"
    path.write_bytes(f"{crc32(text):08x} ".encode() + text + b"\n")

    assert all(isinstance(record, dict) and "op" in record for record in read(str(path)))


def test_deeply_nested_lists_raise_nothing(tmp_path: Path) -> None:
    text = b"[" * 100_000
    path = tmp_path / "x.journal"
    path.write_bytes(f"{crc32(text):08x} ".encode() + text + b"\n")

    assert list(read(str(path))) == []


def test_a_disk_that_is_full_leaves_the_journal_as_it_was(tmp_path: Path) -> None:
    """C11: a real limit on the size of files."""
    path = journal_path(str(tmp_path), "run")

    def job() -> tuple[int, int]:
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        with Journal(path) as journal:
            journal.write(RECORDS[0])
            resource.setrlimit(resource.RLIMIT_FSIZE, (100, resource.RLIM_INFINITY))
            try:
                journal.write(RECORDS[1])
            except Unwritten as error:
                code = error.errno or 0
            resource.setrlimit(
                resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY)
            )
            journal.write(RECORDS[2])
        return code, 1

    assert child(job).value == (errno.EFBIG, 1)
    assert list(read(path)) == [RECORDS[0], RECORDS[2]]


def test_after_a_sync_that_failed_nothing_more_is_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """C11: the system forgets after the first failure that bytes never reached the disk."""

    def fail(*_: object) -> None:
        raise OSError(errno.EIO, "no")

    with Journal(journal_path(str(tmp_path), "run")) as journal:
        journal.write(RECORDS[0])
        with monkeypatch.context() as patch:
            patch.setattr(os, "fsync", fail)
            with pytest.raises(Unwritten, match="no"):
                journal.write(RECORDS[1])
        assert list(read(journal.path)) == RECORDS[:1]
        with pytest.raises(Unwritten, match="could not be written before") as told:
            journal.write(RECORDS[1])
        assert told.value.errno == errno.EIO
    assert list(read(journal.path)) == RECORDS[:1]


def test_a_link_in_the_place_of_a_journal_is_not_followed(tmp_path: Path) -> None:
    target = tmp_path / "photo.jpg"
    target.write_bytes(b"photo")
    os.symlink(target, tmp_path / "run.journal")

    with pytest.raises(Unwritten):
        Resumed(str(tmp_path / "run.journal"))
    assert target.read_bytes() == b"photo"


@pytest.mark.parametrize(
    ("error", "code", "words"),
    [
        (OSError(errno.ENOSPC, "no room"), errno.ENOSPC, "no room"),
        (OSError("odd"), errno.EIO, "odd"),
    ],
)
def test_what_the_system_says_is_told_also_an_error_without_a_number(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, error: OSError, code: int, words: str
) -> None:
    """C11."""

    def fail(*_: object) -> None:
        raise error

    with Journal(journal_path(str(tmp_path), "run")) as journal:
        journal.write(RECORDS[0])
        monkeypatch.setattr(os, "write", fail)
        with pytest.raises(Unwritten) as caught:
            journal.write(RECORDS[1])
    assert (caught.value.errno, caught.value.strerror) == (code, words)
    assert list(read(journal.path)) == RECORDS[:1]


def test_a_journal_whose_first_record_was_not_written_can_be_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """C11."""

    def fail(*_: object) -> None:
        raise OSError(errno.ENOSPC, "no room")

    with Journal(journal_path(str(tmp_path), "run")) as journal:
        with monkeypatch.context() as patch:
            patch.setattr(os, "write", fail)
            with pytest.raises(Unwritten):
                journal.write(RECORDS[0])
        journal.write(RECORDS[1])
    assert list(read(journal.path)) == [RECORDS[1]]


def test_a_journal_that_may_be_gone_after_a_power_loss_is_none(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """D2: its name must be on the disk as well, and no descriptor is left where it is not."""
    synced: list[str] = []
    sync = os.fsync

    def syncing(descriptor: int) -> None:
        synced.append(os.readlink(f"/proc/self/fd/{descriptor}"))
        if len(synced) > 1:
            raise OSError(errno.EIO, "no")
        sync(descriptor)

    monkeypatch.setattr(os, "fsync", syncing)
    before = len(os.listdir("/proc/self/fd"))
    Journal(journal_path(str(tmp_path), "1")).__exit__()
    with pytest.raises(Unwritten, match="no"):
        Journal(journal_path(str(tmp_path), "2"))
    assert synced == [str(tmp_path)] * 2
    assert len(os.listdir("/proc/self/fd")) == before


def test_a_journal_that_cannot_be_read_again_leaves_no_descriptor(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = written(tmp_path, RECORDS)
    before = len(os.listdir("/proc/self/fd"))

    def fail(*_: object) -> None:
        raise OSError(errno.EIO, "no")

    monkeypatch.setattr("builtins.open", fail)
    with pytest.raises(OSError, match="no"):
        Resumed(path)
    assert len(os.listdir("/proc/self/fd")) == before


def test_a_record_that_was_not_written_takes_none_of_those_before_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """C11; and where even the torn line cannot be taken back, nothing is written any more."""

    def fail(*_: object) -> None:
        raise OSError(errno.ENOSPC, "no room")

    with Journal(journal_path(str(tmp_path), "run")) as journal:
        for record in RECORDS[:2]:
            journal.write(record)
        with monkeypatch.context() as patch:
            patch.setattr(os, "write", fail)
            with pytest.raises(Unwritten, match="no room"):
                journal.write(RECORDS[2])
        assert list(read(journal.path)) == RECORDS[:2]
        with monkeypatch.context() as patch:
            patch.setattr(os, "write", fail)
            patch.setattr(os, "ftruncate", fail)
            with pytest.raises(Unwritten, match="no room"):
                journal.write(RECORDS[2])
        with pytest.raises(Unwritten, match="could not be written before"):
            journal.write(RECORDS[2])
    assert list(read(journal.path)) == RECORDS[:2]


@pytest.mark.parametrize("op", [5, None, [], {}, True])
def test_a_record_without_a_word_for_what_it_is_is_none(tmp_path: Path, op: object) -> None:
    """E3."""
    assert list(read(written(tmp_path, [*RECORDS, {"op": op}]))) == RECORDS


def test_what_is_only_appended_waits_for_the_next_write(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A sync costs as much as all else that is done to a photo: one that tells nothing is saved."""
    synced: list[int] = []
    path = journal_path(str(tmp_path), "1")
    with Journal(path) as journal:
        monkeypatch.setattr(os, "fsync", lambda _: synced.append(len(list(read(path)))))
        journal.append(RECORDS[0])
        assert (synced, list(read(path))) == ([], RECORDS[:1])
        journal.write(RECORDS[1])
    assert (synced, list(read(path))) == ([2], RECORDS[:2])
