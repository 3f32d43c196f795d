"""`lsnn gradcheck`: show that the gradient is right, and that the checks would notice if not."""

from __future__ import annotations

import argparse
from collections.abc import Callable, Iterable, Mapping
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from ..gradient_checks import Case, RateCase

TOLERANCES = {
    "dot product": 1e-12,
    "complex step": 1e-12,
    "central difference": 1e-7,
    "kernels": 1e-12,
    "by neurons": 1e-12,
    "e-prop": 1e-12,
    "online": 1e-12,
}


class Gradcheck:
    """Print every check's relative error on every network, and each mutant's."""

    help = "show how the gradient is checked: a table of errors, and of mistakes caught"

    def add_arguments(self, parser: argparse.ArgumentParser) -> None:
        """Declare the seed."""
        parser.add_argument("--seed", type=int, default=0, help="draws the networks (default 0)")
        parser.add_argument(
            "--no-kernels",
            action="store_true",
            help="leave out what kernels do, which compile first: their columns, and rate networks",
        )

    def run(self, args: argparse.Namespace) -> int:
        """Print the tables; 0 if every check holds and every mutant is caught."""
        if not args.no_kernels:
            from ..compiler import require_compiler

            require_compiler()
        print("relative error of the gradient, float64\n")
        good = _print_checks(args.seed, not args.no_kernels)
        if not args.no_kernels:
            print()
            good &= _print_rate_checks(args.seed)
        print("\nmistakes put into the adjoint, and the error the dot product then shows\n")
        return 0 if _print_mutants(args.seed) and good else 1


def _print_checks(seed: int, kernels: bool) -> bool:
    from ..gradient_checks import (
        cases,
        central_difference,
        complex_step,
        dot_product,
        eprop_difference,
        eprop_kernel_difference,
        kernel_difference,
        neuron_difference,
    )

    checks: dict[str, Callable[[Any], float]] = {
        "dot product": dot_product,
        "complex step": complex_step,
        "central difference": central_difference,
        "e-prop": lambda case: max(eprop_difference(case).values()),
    }
    if kernels:
        checks["kernels"] = lambda case: max(kernel_difference(case).values())
        checks["by neurons"] = lambda case: max(neuron_difference(case).values())
        checks["online"] = lambda case: max(eprop_kernel_difference(case).values())
    return _print_table(cases(seed), checks)


def _print_rate_checks(seed: int) -> bool:
    from ..gradient_checks import rate_cases, rate_central_difference, rate_complex_step

    checks = {"complex step": rate_complex_step, "central difference": rate_central_difference}
    return _print_table(rate_cases(seed), checks)


def _print_table(
    cases: Iterable[Case | RateCase], checks: Mapping[str, Callable[[Any], float]]
) -> bool:
    print(f"{'network':36}" + "".join(f"{name:>20}" for name in checks))
    good = True
    for case in cases:
        errors = {name: check(case) for name, check in checks.items()}
        good &= all(error <= TOLERANCES[name] for name, error in errors.items())
        print(f"{case.name:36}" + "".join(f"{error:20.1e}" for error in errors.values()))
    print(f"{'allowed':36}" + "".join(f"{TOLERANCES[name]:20.0e}" for name in checks))
    print("all within bounds" if good else "NOT all within bounds")
    return good


def _print_mutants(seed: int) -> bool:
    from ..gradient_checks import MUTANTS, cases, dot_product
    from ..gradient_checks.mutants import build

    case = next(iter(cases(seed)))
    caught = 0
    for mutant in MUTANTS:
        error = dot_product(case, build(mutant))
        noticed = error > 1e6 * TOLERANCES["dot product"]
        caught += noticed
        print(f"{mutant.name:36}{error:20.1e}  {'caught' if noticed else 'NOT CAUGHT'}")
    print(f"{caught} of {len(MUTANTS)} caught")
    return caught == len(MUTANTS)


gradcheck = Gradcheck()
