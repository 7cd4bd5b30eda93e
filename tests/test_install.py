"""Installed, the bot is whole: the same commands from an empty folder, wheel and editable alike.

The wheel is built without a network by the setuptools of the development environment and installed
into a fresh venv; the dependencies, which stay the same, are lent to it from here by a .pth file.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import sysconfig
import tomllib
import zipfile
from pathlib import Path

import aiohttp
import pytest

from tests.page_process import page_process

pytestmark = pytest.mark.slow

ROOT = Path(__file__).parents[1]
PACKAGES = ("bot", "handlers", "storage")
BUILD_FILES = ("pyproject.toml", "README.md", "LICENSE")


def run(*command: str | Path, cwd: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [str(part) for part in command],
        cwd=cwd,
        env={name: value for name, value in os.environ.items() if name != "PYTHONPATH"},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


def checked(*command: str | Path, cwd: Path) -> str:
    done = run(*command, cwd=cwd)
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.fixture(scope="module")
def source(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of what is built, so that nothing is written into the checkout."""
    folder = tmp_path_factory.mktemp("source")
    for name in PACKAGES:
        shutil.copytree(
            ROOT / name, folder / name, ignore=shutil.ignore_patterns("__pycache__", "*.egg-info")
        )
    for name in BUILD_FILES:
        shutil.copy(ROOT / name, folder / name)
    return folder


@pytest.fixture(scope="module")
def wheel(source: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("wheel")
    build = f"from setuptools.build_meta import build_wheel; build_wheel({str(folder)!r})"
    checked(sys.executable, "-c", build, cwd=source)
    (built,) = folder.glob("*.whl")
    return built


@pytest.fixture(scope="module", params=["wheel", "editable"])
def countersign(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The `countersign` command of a fresh venv."""
    folder = tmp_path_factory.mktemp(request.param)
    checked(sys.executable, "-m", "venv", "--without-pip", folder / "venv", cwd=folder)
    python = folder / "venv" / "bin" / "python"
    script = "import sysconfig; print(sysconfig.get_path('purelib'))"
    packages = Path(checked(python, "-c", script, cwd=folder).strip())
    (packages / "lent.pth").write_text(f"{sysconfig.get_path('purelib')}\n", encoding="utf-8")
    if request.param == "wheel":
        what: tuple[str | Path, ...] = (request.getfixturevalue("wheel"),)
    else:
        what = ("--no-build-isolation", "--editable", request.getfixturevalue("source"))
    pip = (sys.executable, "-m", "pip", "--disable-pip-version-check", "--python", python)
    checked(
        *pip,
        "install",
        "--quiet",
        "--no-deps",
        "--no-compile",
        "--ignore-installed",
        *what,
        cwd=folder,
    )
    return folder / "venv" / "bin" / "countersign"


def test_every_file_of_the_packages_travels_in_the_wheel(source: Path, wheel: Path) -> None:
    wanted = {
        str(path.relative_to(source))
        for name in PACKAGES
        for path in (source / name).rglob("*")
        if path.is_file() and "__pycache__" not in path.parts
    }
    packed = set(zipfile.ZipFile(wheel).namelist())
    assert wanted - packed == set()


def test_manifest_works_in_an_empty_folder(countersign: Path, tmp_path: Path) -> None:
    printed = checked(countersign, "manifest", cwd=tmp_path)
    assert printed == (ROOT / "manifest.yml").read_text(encoding="utf-8")
    assert list(tmp_path.iterdir()) == []


def test_the_version_is_that_of_the_project(countersign: Path, tmp_path: Path) -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    printed = checked(countersign, "--version", cwd=tmp_path)
    assert printed == f"countersign {project['version']}\n"


def test_python_dash_m_bot_is_the_same_command(countersign: Path, tmp_path: Path) -> None:
    python = countersign.parent / "python"
    printed = checked(python, "-m", "bot", "manifest", cwd=tmp_path)
    assert printed == (ROOT / "manifest.yml").read_text(encoding="utf-8")


@pytest.mark.parametrize("countersign", ["wheel"], indirect=True)
def test_the_story_holds_in_an_empty_folder(countersign: Path, tmp_path: Path) -> None:
    told = checked(countersign, "demo", "--story", cwd=tmp_path)
    assert "The story holds: 91 checks." in told
    assert "does not hold" not in told
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("countersign", ["wheel"], indirect=True)
async def test_the_page_is_whole_in_the_wheel(countersign: Path, tmp_path: Path) -> None:
    python = countersign.parent / "python"
    async with page_process(tmp_path, python=python) as served, aiohttp.ClientSession() as session:
        for path in ("", "page/js/main.js", "page/js/kit/render.js", "page/css/base.css"):
            async with session.get(f"{served.url}{path}") as response:
                assert response.status == 200
        assert await served.stop() == 0
