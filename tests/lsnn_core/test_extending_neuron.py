"""The page on a neuron of one's own tells the truth: its edits, made in a copy, pass the checks."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

import lsnn_core
from lsnn_core.commands.gradcheck import TOLERANCES

ROOT = Path(lsnn_core.__file__).parents[1]
PAGE = ROOT / "lsnn_core" / "EXTENDING.md"

CHECKS = """
import json, pathlib, sys, pytest
from lsnn_core import gradcheck
from lsnn_core.gradcheck.mutants import MUTANTS, build
from tests.helpers.interpreted import small_case, use_interpreted_kernels
from tests.helpers.plans import example_plan

use_interpreted_kernels(pytest.MonkeyPatch(), pathlib.Path(sys.argv[1]))
cases = small_case("paper"), small_case("official", convention="lsnn-official")
in_segments = lambda case: example_plan(case.x.shape[1], segment=7)
checks = {
    "dot product": gradcheck.dot_product,
    "complex step": gradcheck.complex_step,
    "central difference": gradcheck.central_difference,
    "kernels": lambda case: max(gradcheck.kernel_difference(case, in_segments(case)).values()),
    "by neurons": lambda case: max(gradcheck.neuron_difference(case, segment=7).values()),
}
print(json.dumps({name: max(map(check, cases)) for name, check in checks.items()}))
list(map(build, MUTANTS))
"""
SURROGATE = "lsnn_core/reference/surrogate.py"
REFERENCE, NEURON = "lsnn_core/reference", "lsnn_core/kernels/neuron.py"
RUN, MUTANTS = "lsnn_core/simulation/run.py", "lsnn_core/gradcheck/mutants.py"
FAST_SIGMOID = [
    (SURROGATE, "np.maximum(0.0, 1.0 - np.abs(v.real))", "(1 + np.abs(v)) ** -2"),
    (SURROGATE, "rising =", "return gamma * v / (1 + np.sqrt(v * v))\n    rising ="),
    (NEURON, "return (V > 0.0) & (B + B > V) & ~refractory", "return ~refractory"),
    (NEURON, "psi = gamma * (1.0 - fabs(v - 1.0))", "psi = 1.0 + fabs(v - 1.0)"),
    (NEURON, "d_fire = select", "psi = gamma / (psi * psi)\n    d_fire = select"),
]
UNSCALED_ADAPTATION = [
    (f"{REFERENCE}/forward.py", "net.rho * b_ + (1 - net.rho) * z_", "net.rho * b_ + z_"),
    (f"{REFERENCE}/adjoint.py", "gz = gz + (1 - net.rho) * d_b_next", "gz = gz + d_b_next"),
    (f"{REFERENCE}/adjoint.py", "d_b * (b_before[t] - z_before[t])", "d_b * b_before[t]"),
    (f"{REFERENCE}/adjoint.py", "g.initial.z = (1 - net.rho) * d_b", "g.initial.z = d_b"),
    (f"{REFERENCE}/tangent.py", "(b_ - z_) + (1 - net.rho) * t_z_", "b_ + t_z_"),
    (NEURON, "fma(rho, b, select(z, rise, 0.0))", "select(z, rho * b + 1.0, rho * b)"),
    (NEURON, "return select(z, b - 1.0, b)", "return b"),
    (NEURON, "gz + rise * d_b_next", "gz + d_b_next"),
    (RUN, "(1 - p.rho) * d_b - keep", "d_b - keep"),
    (RUN, "d_b * (s_b - s_z)", "d_b * s_b"),
    (MUTANTS, "gz = gz + (1 - net.rho) * d_b_next", "gz = gz + d_b_next"),
]
OTHERS = {
    "a pseudo-derivative that never ends": FAST_SIGMOID,
    "the adaptation of Bellec et al. 2020": UNSCALED_ADAPTATION,
}


def page_edits():
    """Return (path, old line, new line) of every edit on the page."""
    found = []
    for block in re.findall(r"```diff\n(.*?)```", PAGE.read_text("utf-8"), re.DOTALL):
        for line in block.splitlines():
            if line.startswith("--- "):
                path = line[4:]
            elif line.startswith("-"):
                old = line[1:]
            else:
                found.append((path, old, line[1:]))
    return found


EDITS = page_edits()


def edited(folder, edits):
    """Return a folder with a copy of the package in which every old line is the new one."""
    ignored = shutil.ignore_patterns("__pycache__")
    shutil.copytree(ROOT / "lsnn_core", folder / "lsnn_core", ignore=ignored)
    for path, old, new in edits:
        text = (folder / path).read_text("utf-8")
        assert text.count(old) == 1, f"{old!r} is in {path} {text.count(old)} times"
        (folder / path).write_text(text.replace(old, new), "utf-8")
    return folder


def python_in(folder, *arguments):
    """Run Python on the edited copy, with our tests' helpers and a cache of its own."""
    own = {
        "PYTHONPATH": os.pathsep.join(map(str, (folder, ROOT))),
        "PYTHONDONTWRITEBYTECODE": "1",
        "NUMBA_CACHE_DIR": str(folder / "cache"),
    }
    return subprocess.run(
        [sys.executable, *arguments], cwd=folder, env={**os.environ, **own},
        capture_output=True, text=True, timeout=280,
    )  # fmt: skip


def errors(folder):
    """Return each check's largest error on the edited copy, its kernels interpreted."""
    done = python_in(folder, "-c", CHECKS, str(folder))
    return json.loads(done.stdout), done.stderr


def beyond(found):
    return {name for name, error in found.items() if not error <= TOLERANCES[name]}


def noticed_by(path):
    """Return the checks that the page's table names for a file: always, and sometimes."""
    row = rf"^\| `{Path(path).stem}(?:\.py)?` \| (.*) \|$"
    (cell,) = re.findall(row, PAGE.read_text("utf-8"), re.MULTILINE)
    always, _, sometimes = cell.partition(";")
    return ({name for name in TOLERANCES if name in words} for words in (always, sometimes))


def test_the_page_s_neuron_is_as_small_as_it_says():
    assert (len(EDITS), len({path for path, _, _ in EDITS})) == (10, 6)
    assert "Ten lines in six files" in PAGE.read_text("utf-8")


@pytest.mark.slow
def test_the_page_s_neuron_passes_the_command(tmp_path):
    done = python_in(edited(tmp_path, EDITS), "-m", "lsnn_core", "gradcheck")

    assert (done.returncode, done.stderr) == (0, "")
    assert "a decay of the membrane" in done.stdout


def test_the_page_s_neuron_does_not_leak(tmp_path):
    script = """
from lsnn_core import gradcheck, reference
from lsnn_core.gradcheck.to_reference import reference_network
case = next(gradcheck.cases())
net = reference_network(case.net)
net.W_rec[:] = 0
print(abs(reference.forward(net, 0.0 * case.x[:, 0]).V).max())
state = reference.State.rest(net)
state.V[:] = 0.004
print(abs(reference.forward(net, 0.0 * case.x[:, 0], initial=state).V - 0.004).max())
"""

    assert python_in(edited(tmp_path, EDITS), "-c", script).stdout == "0.0\n0.0\n"


@pytest.mark.parametrize("forgotten", EDITS, ids=lambda edit: edit[1].strip()[:30])
def test_a_forgotten_edit_is_noticed_where_the_page_says(forgotten, tmp_path):
    found, complaint = errors(edited(tmp_path, [edit for edit in EDITS if edit != forgotten]))

    always, sometimes = noticed_by(forgotten[0])
    assert always <= beyond(found) <= always | sometimes
    assert always or "bring lsnn_core/gradcheck/mutants.py up to date" in complaint


@pytest.mark.parametrize("edits", OTHERS.values(), ids=OTHERS)
def test_other_neurons_need_the_edits_that_the_page_lists(edits, tmp_path):
    found, complaint = errors(edited(tmp_path, edits))

    assert (beyond(found), complaint) == (set(), "")
