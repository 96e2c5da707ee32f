"""Images of software become folders, whatever lies there before, and what is no image is refused as such."""

import io
import stat
import zipfile

import pytest

from fsw.update import unpacking
from fsw.update.unpacking import check_image, unpack
from link.errors import DecodeError


def zipped(**files):
    """An image with these files; two underscores stand for a slash, one for a dot."""
    held = io.BytesIO()
    with zipfile.ZipFile(held, "w") as archive:
        archive.mkdir("made")
        for name, text in files.items():
            archive.writestr(name.replace("__", "/").replace("_", "."), text)
    return held.getvalue()


IMAGE = zipped(app_py="print(1)\n", deep__core_py="print(2)\n")


def found(folder):
    return {str(path.relative_to(folder)): path.read_text() for path in folder.rglob("*.py")}


@pytest.mark.parametrize("before", [{}, {"app.py": "print(1)\n"}, {"app.py": "print(3)\n"}])
def test_the_folder_has_the_files_of_the_image_whatever_it_held(tmp_path, before):
    for name, text in before.items():
        (tmp_path / name).write_text(text)
    unpack(IMAGE, tmp_path)
    assert found(tmp_path) == {"app.py": "print(1)\n", "deep/core.py": "print(2)\n"}


def test_a_file_that_is_right_is_not_written_again(tmp_path):
    unpack(IMAGE, tmp_path)
    (tmp_path / "app.py").chmod(0o400)
    before = (tmp_path / "app.py").stat()
    unpack(IMAGE, tmp_path)
    assert (tmp_path / "app.py").stat().st_mtime_ns == before.st_mtime_ns


def named(name, mode=0):
    held = io.BytesIO()
    with zipfile.ZipFile(held, "w") as archive:
        entry = zipfile.ZipInfo("name")
        entry.filename, entry.external_attr = name, mode << 16
        archive.writestr(entry, b"x")
    return held.getvalue()


@pytest.mark.parametrize(
    "image",
    [named("../up"), named("/etc/up"), named("a\\b"), named("~/up"), named("link", stat.S_IFLNK)],
    ids=["up", "root", "backslash", "home", "link"],
)
@pytest.mark.requirement("FSW-UPD-014")
def test_no_file_leads_out_of_the_folder(tmp_path, image):
    folder = tmp_path / "in"
    with pytest.raises(DecodeError, match="is no file below the image's folder"):
        unpack(image, folder)
    assert list(tmp_path.iterdir()) == []


def newer(image):
    """`image`, which says that another version of the format is needed to read its first file."""
    at = image.index(b"PK\x01\x02") + 6
    return image[:at] + b"\xff" + image[at + 1 :]


@pytest.mark.parametrize("image", [b"", b"print('flying')\n", IMAGE[:-9], newer(IMAGE)])
@pytest.mark.requirement("FSW-UPD-014")
def test_what_is_no_zip_file_is_refused(image):
    with pytest.raises(DecodeError, match="expected a zip file of Python packages"):
        check_image(image)


def test_a_file_that_is_damaged_is_refused_by_name():
    check_image(IMAGE)
    with pytest.raises(DecodeError, match=r"image: app\.py: "):
        check_image(IMAGE.replace(b"print(1)", b"print(4)", 1))


def test_an_image_of_too_many_files_or_octets_is_refused(monkeypatch):
    monkeypatch.setattr(unpacking, "FILES_MAX", 1)
    with pytest.raises(DecodeError, match="more than 1 files"):
        check_image(IMAGE)
