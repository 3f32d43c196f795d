"""Without a compiler: imports work, what needs a kernel says why it cannot run."""

from __future__ import annotations

import pytest

from tests.helpers.processes import IMPORT_ALL, start_python
from tests.helpers.program import lsnn, train

REMEDY = "NUMBA_DISABLE_JIT: is set, but the kernels run compiled only; unset it"
FORWARD = """
import numpy as np
from lsnn_core import UsageError
from lsnn_core.gradient_checks import random_case
case = random_case("", np.random.default_rng(0))
try:
    case.net.forward(np.zeros((3, 1, case.net.layout.n_in)))
except UsageError as error:
    print(error)
"""
KERNEL = """
from lsnn_core.kernels.adam import adam_list
try:
    adam_list()
except RuntimeError as error:
    print(error)
"""


@pytest.fixture(autouse=True)
def no_compiler(monkeypatch):
    monkeypatch.setenv("NUMBA_DISABLE_JIT", "1")


def test_everything_can_be_imported():
    process = start_python(IMPORT_ALL)
    _, err = process.communicate(timeout=100)

    assert (process.returncode, err) == (0, "")


@pytest.mark.parametrize("arguments", [["gradcheck"], ["bench", "W1p"], ["train"]])
def test_a_command_refuses_in_one_line(tmp_path, arguments):
    done = lsnn(*(train(tmp_path / "run.h5") if arguments == ["train"] else arguments))

    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith(f"lsnn: error: {REMEDY}")
    assert done.stderr.count("\n") == 1
    assert list(tmp_path.iterdir()) == []


def test_commands_that_compile_nothing_work():
    assert lsnn("recipes").returncode == 0
    assert lsnn("gradcheck", "--no-kernels").returncode == 0


def test_a_network_and_a_kernel_say_why(no_compiler):
    assert start_python(FORWARD).communicate(timeout=100)[0].startswith(REMEDY)
    said = start_python(KERNEL).communicate(timeout=100)[0]
    assert said == "adam_list: not compiled, NUMBA_DISABLE_JIT is set; unset it\n"
