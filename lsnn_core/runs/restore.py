"""From a run file back to a trainer, believing nothing that the file says.

The order is that of the cost: the configuration is parsed, then compared with the sizes that the
file stores, then with this machine's memory; only then is a network built and the arrays are read,
each with the shape and the bounds that the configuration implies.
"""

from __future__ import annotations

from collections.abc import Sequence

from ..config.tables import RunConfig
from ..errors import BadFileError
from ..files import RunFile
from ..learning.models import make_task
from ..learning.trainer import Trainer
from ..memory import physical_bytes
from ..simulation.storage import read_config
from ..task.protocol import Task
from .continuing import changed

_WHAT_FAILS = (ValueError, ArithmeticError, MemoryError)
"""What absurd settings make of building a network; `UsageError` is a `ValueError`."""


def restored_trainer(
    file: RunFile, to_learn: bool = True, overrides: Sequence[str] = ()
) -> Trainer:
    """Return a trainer that stands where the file's run stood; to evaluate, weights are enough.

    `overrides` change what may change (`continuing.changed`).
    """
    config = read_config(file)
    _check_iteration(file, config)
    if overrides:
        config = changed(config, overrides, file.iteration)
    trainer = None
    try:
        task = make_task(config)
        _check_sizes(file, config, task)
        trainer = Trainer(config, task)
        restore(trainer, file, to_learn)
    except BaseException as error:
        if trainer is not None:
            trainer.close()
        if isinstance(error, _WHAT_FAILS):
            raise BadFileError(
                f"{file.name}: does not fit its own configuration: {error}"
            ) from None
        raise
    return trainer


def restore(trainer: Trainer, file: RunFile, to_learn: bool = True) -> None:
    """Bring a fresh trainer to where the file's run stood."""
    if to_learn:
        trainer.learner.restore(file)
    else:
        trainer.learner.restore_weights(file)
    trainer.iteration = last = file.iteration
    for name in file.metrics():
        trainer.metrics.restore(name, *file.series(f"metrics/{name}", last))
    if file.has("rewiring"):
        for name in file.names("rewiring"):
            series = file.series(f"rewiring/{name}", last)
            trainer.metrics.restore(f"rewiring/{name}", *series)


def _check_iteration(file: RunFile, config: RunConfig) -> None:
    if file.iteration > config.training.iterations:
        raise file.bad(
            "attribute iteration",
            f"is {file.iteration}, expected at most training.iterations = "
            f"{config.training.iterations}",
        )
    seed = file.seeds.get("seed") if file.has("seeds") else config.seed
    if seed != config.seed:
        raise file.bad("seeds", f"says something else than config, whose seed is {config.seed}")


def _check_sizes(file: RunFile, config: RunConfig, task: Task) -> None:
    """Compare sizes with those of what is stored, which the file's own size bounds."""
    c = config.network
    spiking = c.model == "lsnn"
    n = c.n_regular + c.n_adaptive
    expected = {
        "weights/b_out" if spiking else "weights/dense/b_out": (task.n_out,),
        "neurons/b0" if spiking else "weights/dense/W_out": (n,) if spiking else (n, task.n_out),
    }
    if spiking:
        expected["inputs/sign"] = (task.n_in,)
    for path, shape in expected.items():
        if file.shape(path) != shape:
            raise file.bad(path, f"has shape {file.shape(path)}, expected {shape} of config")
    # the least that such a batch takes: a bit for each step of each neuron, and the window into
    # which spikes are deposited
    least = config.training.batch * task.n_steps * (task.n_in + n) // 8
    if spiking:
        least += 4 * c.delays * (n + task.n_out)
    room = physical_bytes()
    if room is not None and least > room:
        raise file.bad("config", f"describes a run of over {least} bytes, this machine has {room}")
