"""An index without a folder of its own leaves nothing behind."""

import gc
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

from kyc.screening import Index
from tests.kyc.samples import sample_list

BUILD = (
    "from kyc.screening import Index; from tests.kyc.samples import sample_list; index = Index.build([sample_list()])"
)


@pytest.fixture
def scratch(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    return tmp_path


def test_its_folder_goes_with_it(scratch: Path) -> None:
    index = Index.build([sample_list()])
    [folder] = scratch.glob("aboard-index-*")  # what other threads leave here meanwhile is not meant

    del index
    gc.collect()

    assert not folder.exists()
    assert list(scratch.glob(f"{folder.name}*")) == []


def test_its_folder_goes_when_the_program_ends(scratch: Path) -> None:
    subprocess.run([sys.executable, "-c", BUILD], check=True)

    assert list(scratch.iterdir()) == []


def test_a_folder_that_was_named_stays(scratch: Path) -> None:
    index = Index.build([sample_list()], scratch / "mine")

    del index
    gc.collect()

    assert (scratch / "mine" / "index.json").exists()
