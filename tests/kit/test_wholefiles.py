import os
import stat
import threading
from pathlib import Path

import pytest

from perfwise.errors import InvalidOption
from perfwise.kit.wholefiles import replacing, write_text


def test_an_error_leaves_what_was_there_and_no_trace(tmp_path: Path) -> None:
    place = tmp_path / "kept.txt"
    place.write_text("before")
    with pytest.raises(TypeError), replacing(place) as file:
        file.writelines([b"half", "no bytes"])  # type: ignore[list-item]
    assert place.read_text() == "before"
    assert list(tmp_path.iterdir()) == [place]


def test_a_link_stays_a_link_and_the_mode_what_it_was(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("before")
    (tmp_path / "file").chmod(0o640)
    (tmp_path / "link").symlink_to("file")
    write_text(tmp_path / "link", "after \ud800")
    assert (tmp_path / "link").is_symlink()
    assert (tmp_path / "file").read_text() == "after \\ud800"
    assert stat.S_IMODE((tmp_path / "file").stat().st_mode) == 0o640


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="named pipes are of Unix")
def test_a_pipe_is_written_and_not_replaced(tmp_path: Path) -> None:
    place = tmp_path / "pipe"
    os.mkfifo(place)
    read: list[str] = []
    reader = threading.Thread(target=lambda: read.append(place.read_text()))
    reader.start()
    write_text(place, "through")
    reader.join(10)
    assert read == ["through"]
    assert stat.S_ISFIFO(place.stat().st_mode)


@pytest.mark.skipif(not Path("/dev/full").is_char_device(), reason="there is no /dev/full here")
def test_a_full_device_is_told_and_stays_a_device() -> None:
    with pytest.raises(InvalidOption, match="cannot write /dev/full: No space left on device"):
        write_text(Path("/dev/full"), "x" * 100_000)
    assert Path("/dev/full").is_char_device()


def test_a_folder_that_is_not_there_is_told(tmp_path: Path) -> None:
    with pytest.raises(InvalidOption, match="No such file"):
        write_text(tmp_path / "none" / "file", "")
