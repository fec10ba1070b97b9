"""A file is read only if it is still the one that was seen; whatever took its place is not."""

from __future__ import annotations

import os
import socket
from dataclasses import replace
from pathlib import Path

import pytest
from pictures import encoded, photo_file, scene

from dupfinder.decode import source
from dupfinder.decode.errors import Undecodable
from dupfinder.decode.source import MAX_BYTES, read, stamp_of
from dupfinder.model import PhotoFile

PICTURE = encoded(scene(), "PNG")


@pytest.fixture
def photo(tmp_path: Path) -> PhotoFile:
    path = tmp_path / "photo.png"
    path.write_bytes(PICTURE)
    return photo_file(path)


def refusal(file: PhotoFile) -> tuple[str, str]:
    descriptors = len(os.listdir("/dev/fd"))
    with pytest.raises(Undecodable) as caught:
        read(file)
    assert len(os.listdir("/dev/fd")) == descriptors
    return caught.value.code, str(caught.value)


def test_all_bytes_and_the_kind(photo: PhotoFile) -> None:
    found = read(photo)
    assert found is not None
    assert (found[0].name, found[1]) == ("PNG", PICTURE)


def test_the_name_does_not_matter(tmp_path: Path) -> None:
    path = os.fsencode(tmp_path / "no picture at all ") + b"\xff\xfe\n.txt"
    with open(path, "wb") as file:
        file.write(PICTURE)
    found = read(photo_file(os.fsdecode(path)))
    assert found is not None
    assert found[1] == PICTURE


def test_a_file_shorter_than_a_head(tmp_path: Path) -> None:
    path = tmp_path / "short"
    path.write_bytes(b"\xff\xd8\xff")
    found = read(photo_file(path))
    assert found is not None
    assert found[1] == b"\xff\xd8\xff"


def test_what_is_no_picture_is_read_only_by_its_head(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "film.mov"
    path.write_bytes(b"\0\0\0\x14ftypqt  " + bytes(1_000_000))
    sizes: list[int] = []

    def counting(descriptor: int, size: int) -> bytes:
        sizes.append(size)
        return os_read(descriptor, size)

    os_read = os.read
    monkeypatch.setattr(os, "read", counting)
    monkeypatch.setattr(source, "open", no_open, raising=False)
    assert read(photo_file(path)) is None
    assert sizes == [source.HEAD]


def no_open(*_: object, **__: object) -> None:
    raise AssertionError("the whole file is read")


def test_empty(tmp_path: Path) -> None:
    path = tmp_path / "empty.jpg"
    path.touch()
    assert refusal(photo_file(path)) == ("empty", "the file is empty")


def test_vanished(photo: PhotoFile) -> None:
    os.unlink(photo.path)
    assert refusal(photo)[0] == "vanished"


def test_vanished_with_its_folder(photo: PhotoFile) -> None:
    os.unlink(photo.path)
    folder = os.path.dirname(photo.path)
    os.rmdir(folder)
    Path(folder).write_text("a file now")
    assert refusal(photo)[0] == "vanished"


def test_changed_after_it_was_seen(photo: PhotoFile) -> None:
    with open(photo.path, "ab") as file:
        file.write(b"more")
    assert refusal(photo) == ("changed", "the file changed since it was found")


def test_the_same_size_and_time_do_not_hide_a_change(photo: PhotoFile) -> None:
    """ctime cannot be set back."""
    with open(photo.path, "r+b") as file:
        file.write(PICTURE[::-1])
    os.utime(photo.path, ns=(photo.stamp.mtime_ns, photo.stamp.mtime_ns))
    now = stamp_of(os.stat(photo.path))
    assert (now.size, now.mtime_ns) == (photo.stamp.size, photo.stamp.mtime_ns)
    assert refusal(photo)[0] == "changed"


def test_another_file_of_the_same_content_is_not_the_one_seen(photo: PhotoFile) -> None:
    os.rename(photo.path, f"{photo.path}.old")
    Path(photo.path).write_bytes(PICTURE)
    assert refusal(photo)[0] == "changed"


def test_changed_while_it_is_read(photo: PhotoFile, monkeypatch: pytest.MonkeyPatch) -> None:
    real_read = os.read

    def read_and_touch(descriptor: int, size: int) -> bytes:
        os.utime(photo.path, ns=(1, 1))
        return real_read(descriptor, size)

    monkeypatch.setattr(os, "read", read_and_touch)
    assert refusal(photo)[0] == "changed"


def test_a_pipe_in_its_place_does_not_hold_the_reader(photo: PhotoFile) -> None:
    os.unlink(photo.path)
    os.mkfifo(photo.path)
    assert refusal(photo)[0] == "changed"


@pytest.mark.parametrize("target", ["other.png", "photo.png", "nowhere"])
def test_a_link_in_its_place_is_not_followed(photo: PhotoFile, tmp_path: Path, target: str) -> None:
    os.rename(photo.path, tmp_path / "other.png")
    os.symlink(target, photo.path)
    assert refusal(photo)[0] == "changed"


def test_a_folder_in_its_place(photo: PhotoFile) -> None:
    os.unlink(photo.path)
    os.mkdir(photo.path)
    assert refusal(photo)[0] == "changed"


def test_a_socket_in_its_place(photo: PhotoFile, monkeypatch: pytest.MonkeyPatch) -> None:
    os.unlink(photo.path)
    monkeypatch.chdir(os.path.dirname(photo.path))  # the name of a socket must be short
    with socket.socket(socket.AF_UNIX) as server:
        server.bind("photo.png")
        assert refusal(photo)[0] == "changed"


def test_unreadable(photo: PhotoFile, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> int:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(os, "open", refuse)
    assert refusal(photo) == ("unreadable", "cannot be read: Permission denied")


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read every file")
def test_unreadable_by_its_rights(photo: PhotoFile) -> None:
    os.chmod(photo.path, 0)
    assert refusal(replace(photo, stamp=stamp_of(os.stat(photo.path))))[0] == "unreadable"


def test_a_failing_disk(photo: PhotoFile, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object) -> bytes:
        raise OSError(5, "Input/output error")

    monkeypatch.setattr(os, "read", fail)
    assert refusal(photo) == ("unreadable", "cannot be read: Input/output error")


def test_a_file_larger_than_any_picture_is_not_read_into_memory(tmp_path: Path) -> None:
    path = tmp_path / "huge.tif"
    path.write_bytes(b"II*\0\x08\0\0\0")
    os.truncate(path, MAX_BYTES + 1)  # sparse: it takes no room on the disk
    code, reason = refusal(photo_file(path))
    assert code == "too-large"
    assert reason == "3,000,000,001 bytes: the limit is 3,000,000,000"


def test_no_memory_for_a_file_is_its_own_trouble(
    photo: PhotoFile, monkeypatch: pytest.MonkeyPatch
) -> None:
    def exhausted(*_: object, **__: object) -> None:
        raise MemoryError

    monkeypatch.setattr(source, "open", exhausted, raising=False)
    assert refusal(photo)[0] == "too-large"
