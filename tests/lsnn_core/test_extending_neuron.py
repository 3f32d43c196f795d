"""The page on a neuron and a surrogate of one's own tells the truth: its edits pass the checks."""

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
from lsnn_core import gradient_checks
from lsnn_core.gradient_checks.mutants import MUTANTS, build
from tests.helpers.interpreted import small_case, use_interpreted_kernels
from tests.helpers.plans import example_plan

use_interpreted_kernels(pytest.MonkeyPatch(), pathlib.Path(sys.argv[1]))
options = {"surrogate": sys.argv[2]} if sys.argv[2:] else {}
cases = small_case("paper", **options), small_case("", convention="lsnn-official", **options)
largest = lambda errors: max(errors.values())
in_segments = lambda case: example_plan(case.x.shape[1], segment=7)
checks = {
    "dot product": gradient_checks.dot_product,
    "complex step": gradient_checks.complex_step,
    "central difference": gradient_checks.central_difference,
    "kernels": lambda case: largest(gradient_checks.kernel_difference(case, in_segments(case))),
    "by neurons": lambda case: largest(gradient_checks.neuron_difference(case, segment=7)),
    "e-prop": lambda case: largest(gradient_checks.eprop_difference(case)),
    "online": lambda case: largest(gradient_checks.eprop_kernel_difference(case, segment=7)),
}
print(json.dumps({name: max(map(check, cases)) for name, check in checks.items()}))
list(map(build, MUTANTS))
"""
REFERENCE, NEURON = "lsnn_core/reference", "lsnn_core/kernels/neuron.py"
GRADIENT, MUTANTS = "lsnn_core/simulation/gradient.py", "lsnn_core/gradient_checks/mutants.py"
UNSCALED_ADAPTATION = [
    (f"{REFERENCE}/forward.py", "net.rho * b_ + (1 - net.rho) * z_", "net.rho * b_ + z_"),
    (f"{REFERENCE}/eprop.py", "net.rho * eps_b + (1 - net.rho) * e", "net.rho * eps_b + e"),
    (f"{REFERENCE}/adjoint.py", "gz = gz + (1 - net.rho) * d_b_next", "gz = gz + d_b_next"),
    (f"{REFERENCE}/adjoint.py", "d_b * (b_before[t] - z_before[t])", "d_b * b_before[t]"),
    (f"{REFERENCE}/adjoint.py", "g.initial.z = (1 - net.rho) * d_b", "g.initial.z = d_b"),
    (f"{REFERENCE}/tangent.py", "(b_ - z_) + (1 - net.rho) * t_z_", "b_ + t_z_"),
    (NEURON, "fma(rho, b, select(z, rise, 0.0))", "select(z, rho * b + 1.0, rho * b)"),
    (NEURON, "return select(z, b - 1.0, b)", "return b"),
    (NEURON, "gz + rise * d_b_next", "gz + d_b_next"),
    (GRADIENT, "(1 - p.rho) * d_b - keep", "d_b - keep"),
    (GRADIENT, "d_b * (s_b - s_z)", "d_b * s_b"),
    (MUTANTS, "gz = gz + (1 - net.rho) * d_b_next", "gz = gz + d_b_next"),
]


def page_edits(title):
    """Return (path, old lines, new lines) of every edit in a section of the page.

    An edit is lines that stay (" ") or go ("-"), and those that come after them ("+").
    """
    section = PAGE.read_text("utf-8").partition(f"## {title}\n")[2].partition("\n## ")[0]
    found = []
    for block in re.findall(r"```diff\n(.*?)```", section, re.DOTALL):
        _, *files = re.split(r"^--- (.*)\n", block, flags=re.MULTILINE)
        for path, lines in zip(files[::2], files[1::2], strict=True):
            for edit in re.findall(r"(?:^[ -].*\n)+(?:^\+.*\n)+", lines, re.MULTILINE):
                old, new = (
                    "\n".join(line[1:] for line in edit.splitlines() if line[0] in kind)
                    for kind in (" -", " +")
                )
                found.append((path, old, new))
    return found


EDITS, SURROGATE = page_edits("A neuron of your own"), page_edits("A surrogate of your own")


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


def errors(folder, *surrogate):
    """Return each check's largest error on the edited copy, its kernels interpreted."""
    done = python_in(folder, "-c", CHECKS, str(folder), *surrogate)
    return json.loads(done.stdout or "{}"), done.stderr


def beyond(found):
    return {name for name, error in found.items() if not error <= TOLERANCES[name]}


def noticed_by(path):
    """Return the checks that the page's table names for a file: always, and sometimes."""
    row = rf"^\| `{Path(path).stem}(?:\.py)?` \| (.*) \|$"
    (cell,) = re.findall(row, PAGE.read_text("utf-8"), re.MULTILINE)
    always, _, sometimes = cell.partition(";")
    return ({name for name in TOLERANCES if name in words} for words in (always, sometimes))


def test_the_page_s_neuron_is_as_small_as_it_says():
    assert (len(EDITS), len({path for path, _, _ in EDITS})) == (11, 7)
    assert "Eleven lines in seven files" in PAGE.read_text("utf-8")


@pytest.mark.slow
@pytest.mark.parametrize(
    ("edits", "shown"), [(EDITS, "a decay of the membrane"), (SURROGATE, "arctan")]
)
def test_the_page_s_neurons_pass_the_command(edits, shown, tmp_path):
    done = python_in(edited(tmp_path, edits), "-m", "lsnn_core", "gradcheck")

    assert (done.returncode, done.stderr) == (0, "")
    assert f"\n{shown}  " in done.stdout


def test_the_page_s_neuron_does_not_leak(tmp_path):
    script = """
from lsnn_core import gradient_checks, reference
from lsnn_core.gradient_checks.to_reference import reference_network
case = next(gradient_checks.cases())
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
    assert always or "bring lsnn_core/gradient_checks/mutants.py up to date" in complaint


def test_another_adaptation_needs_the_edits_that_the_page_lists(tmp_path):
    found, complaint = errors(edited(tmp_path, UNSCALED_ADAPTATION))

    assert (beyond(found), complaint) == (set(), "")


def test_the_page_s_surrogate_passes_the_checks(tmp_path):
    assert len({path for path, _, _ in SURROGATE}) == 4
    found, complaint = errors(edited(tmp_path, SURROGATE), "arctan")

    assert (len(found), beyond(found), complaint) == (7, set(), "")


@pytest.mark.parametrize(
    ("forgotten", "noticed", "said"),
    [
        ("lsnn_core/choices.py", set(), "surrogate: expected one of"),
        ("lsnn_core/reference/surrogate.py", set(), "KeyError: 'arctan'"),
        (NEURON, {"kernels", "by neurons", "online"}, ""),
    ],
)
def test_a_forgotten_file_of_a_surrogate_is_noticed(forgotten, noticed, said, tmp_path):
    kept = [edit for edit in SURROGATE if edit[0] != forgotten]
    found, complaint = errors(edited(tmp_path, kept), "arctan")

    assert beyond(found) == noticed
    assert said in complaint


def test_a_primitive_of_another_curve_is_noticed_where_the_page_says(tmp_path):
    other = [(path, old, new.replace("1 / (1 +", "2 / (1 +")) for path, old, new in SURROGATE]
    assert other != SURROGATE
    found, _ = errors(edited(tmp_path, other), "arctan")

    assert beyond(found) >= {"complex step", "central difference", "kernels", "by neurons"}
