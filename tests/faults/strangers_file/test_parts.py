"""A run file without its optimiser still evaluates; what is no part of a run is kept or named."""

from __future__ import annotations

import h5py
import numpy as np
import pytest

from lsnn_core.cli import main
from lsnn_core.files import read_run
from tests.helpers.changed_runs import refused
from tests.helpers.program import results

pytestmark = pytest.mark.timeout(200)


@pytest.mark.parametrize("base", ["deep-r", "lstm"])
def test_a_file_without_the_optimisers_state_evaluates_and_does_not_resume(
    bases, path, capsys, base
):
    path.write_bytes(bases[base])
    assert main(["evaluate", str(path)]) == 0
    whole = capsys.readouterr().out
    path.write_bytes(bases[base])
    with h5py.File(path, "r+") as file:
        del file["resume"]

    assert main(["evaluate", str(path)]) == 0
    assert capsys.readouterr().out == whole
    with read_run(path) as run:
        assert not run.has("resume")
    assert "resume" in refused(path, capsys, "resume")


@pytest.mark.parametrize("base", ["spiking", "deep-r", "lstm"])
def test_evaluating_leaves_the_optimisers_state_as_it_is(bases, path, base):
    path.write_bytes(bases[base])
    before = results(path)
    assert main(["evaluate", str(path)]) == 0

    kept = {k: v for k, v in results(path).items() if not k.startswith("metrics/test")}
    assert kept == before


@pytest.mark.parametrize("verb", ["resume", "evaluate"])
def test_what_is_no_part_of_a_run_is_kept(bases, path, capsys, verb):
    path.write_bytes(bases["deep-r"])
    with h5py.File(path, "r+") as file:
        file["notes/by/me"] = np.arange(3)
        file["notes/by/me"].attrs["unit"] = 7
        file["weights/mine"] = np.float32(2.5)
        file["mine/W/data"] = np.ones(2)
        file["spikes/by/me"], file["spikes/a number"] = np.arange(2), 1
        file.create_group("empty")
        file.attrs["place"] = np.bytes_(b"lab")
    assert main([verb, str(path)]) == 0

    assert "will not be kept" not in capsys.readouterr().err
    with read_run(path) as run:
        assert run.array("notes/by/me").tolist() == [0, 1, 2]
        assert run.attribute("unit", "notes/by/me") == 7
        assert run.array("weights/mine") == np.float32(2.5)
        assert run.array("mine/W/data").tolist() == [1, 1]
        assert run.array("spikes/by/me").tolist() == [0, 1]
        assert run.array("spikes/a number") == 1
        assert run.has("empty")
        assert run.attributes["place"] == "lab"


def test_what_cannot_be_kept_is_named(bases, path, capsys):
    path.write_bytes(bases["deep-r"])
    with h5py.File(path, "r+") as file:
        file["notes/list"] = ["a", "b"]
        file["no\x1btes"] = 1
        file["spikes/a\nb/below"] = 1
        file["notes/number"] = 1
        file["notes/number"].attrs["words"] = "of variable length"
    assert main(["resume", str(path)]) == 0

    err = capsys.readouterr().err
    named = [line for line in err.splitlines() if line.endswith("will not be kept")]
    assert len(named) == 4
    assert "\x1b" not in err
    assert all(word in err for word in ("notes/list", r"no\x1btes", r"spikes/a\nb is", "words"))
