"""The configuration of one run: what a recipe may say, its defaults and its limits.

Defaults are the paper's sequential-MNIST LSNN, fully connected and without rewiring; a recipe says
what differs. A configuration holds everything that decides a run's numbers, and is stored with it.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any, ClassVar

from ..choices import (
    CONSTANTS,
    CONVENTIONS,
    DTYPES,
    FEEDBACKS,
    MODELS,
    ON_NAN,
    OPTIMISERS,
    POLICIES,
    READOUT_INITS,
    RECURRENT_INITS,
    RULES,
    SCHEDULES,
    SURROGATES,
)
from ..errors import UsageError
from ..text import show
from .optimisers import AdamSettings, Rewiring
from .settings import (
    Settings,
    choice,
    choices,
    from_mapping,
    real,
    real_or,
    refuse,
    same,
    switch,
    table,
    time_constant_ms,
    whole,
    words,
)
from .toml import write_toml

__all__ = [
    "LossConfig",
    "NetworkConfig",
    "RewiringConfig",
    "RunConfig",
    "TrainingConfig",
    "from_mapping",
    "to_toml",
]


@dataclass(frozen=True, kw_only=True)
class NetworkConfig(Settings):
    """Neurons and connections (paper, section 1 and supplement; symbols as there).

    The first `n_regular` neurons are LIF (population R), the others adaptive (population A). A time
    constant given as ``[low, high]`` is drawn for each neuron, uniform in between.
    """

    section: ClassVar[str] = "network"

    model: str = choice("lsnn", names=MODELS)
    n_regular: int = whole(120)
    n_adaptive: int = whole(100)
    connectivity: float = real(1.0, above=0.0, high=1.0)  # fraction of the sites in use; 1 = full
    delays: int = whole(10, low=1)  # a connection's delay is uniform in 1..delays steps
    dale: bool = switch(False)  # a source is excitatory or inhibitory, for good
    inhibitory_fraction_in: float = real(0.25, low=0.0, high=1.0)  # of the inputs, under dale
    inhibitory_fraction_rec: float = real(0.25, low=0.0, high=1.0)  # of all neurons, taken from R
    convention: str = choice("paper", names=CONVENTIONS)
    tau_m_ms: float | tuple[float, float] = time_constant_ms(20.0)
    tau_a_ms: float | tuple[float, float] = time_constant_ms(700.0)
    beta: float = real(1.8, low=0.0)  # threshold rise per unit of b, population A
    b0: float = real(0.01, above=0.0)  # baseline threshold
    n_ref: int = whole(5)  # refractory steps
    gamma: float = real(0.3, low=0.0)  # dampening of the pseudo-derivative; 0 stops all recurrence
    surrogate: str = choice("triangle", names=SURROGATES)  # shape of the pseudo-derivative
    tau_out_ms: float = real(20.0, low=0.0)  # of the readout; 0: no filter
    noise_std: float = real(0.0, low=0.0)  # of a Gaussian current into each neuron, at each step
    readout_scale: float = real(1.0, above=0.0)  # factor on the first W_out
    forget_bias: float | str = real_or("chrono", default=1.0)  # of an lstm before training
    recurrent_init: str = choice("glorot", names=RECURRENT_INITS)  # W_rec of an rnn or lstm
    readout_init: str = choice("normal", names=READOUT_INITS)  # W_out, b_out of an rnn or lstm

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.n_regular + self.n_adaptive == 0:
            raise UsageError("network.n_regular + network.n_adaptive: found 0, expected >= 1")
        if 0 < self.tau_out_ms < 1:
            refuse("network.tau_out_ms", self.tau_out_ms, "0 or at least 1")
        self._refuse_foreign("surrogate", ("lsnn",))
        self._refuse_foreign("forget_bias", ("lstm",))
        self._refuse_foreign("recurrent_init", ("rnn", "lstm"))
        self._refuse_foreign("readout_init", ("rnn", "lstm"))

    def _refuse_foreign(self, name: str, models: tuple[str, ...]) -> None:
        """Refuse a setting that only other models have, unless it is left alone."""
        value, default = getattr(self, name), type(self).__dataclass_fields__[name].default
        if self.model not in models and value != default:
            refuse(
                f"network.{name}",
                value,
                f"nothing, or {show(default)}: only model {' or '.join(models)} has it, and"
                f" network.model is {show(self.model)}",
            )


@dataclass(frozen=True, kw_only=True)
class LossConfig(Settings):
    """The firing-rate regulariser that joins the task's own loss (paper, supplement).

    It adds ``rate_weight * sum_j (rate_j - target)^2`` with rates in spikes per ms.
    """

    section: ClassVar[str] = "loss"

    rate_target_hz: float = real(10.0, low=0.0, high=1000.0)
    rate_weight: float = real(0.1, low=0.0)


@dataclass(frozen=True, kw_only=True)
class TrainingConfig(Settings):
    """The optimiser and its schedule, how often to look, and how to compute.

    ``muon`` learns full W_in and W_rec by Muon (`lsnn_core.optimisers.muon`), all else by Adam.
    ``step`` multiplies `lr` by `lr_decay` every `lr_decay_every` iterations, ``cosine`` takes it to
    zero at the last one; either follows a linear ramp of `lr_warmup` iterations. With `learn` each
    neuron learns constants of its own, from those that `network` says. ``e-prop`` carries the
    gradient forwards, without what spikes do to other neurons (see section 8 of
    ``lsnn_core/reference/DERIVATION.md``); its neurons hear of errors through W_out, or through
    fixed random weights.
    """

    section: ClassVar[str] = "training"

    iterations: int = whole(36_000, low=1)
    batch: int = whole(256, low=1)  # examples per iteration
    rule: str = choice("bptt", names=RULES)
    feedback: str = choice("symmetric", names=FEEDBACKS)  # of e-prop
    truncate: int = whole(0)  # steps of a stretch of truncated BPTT; 0: the whole gradient
    optimiser: str = choice("adam", names=OPTIMISERS)
    muon_scale: float = real(1.0, above=0.0)  # length of Muon's steps, at the same lr
    lr: float = real(0.01, above=0.0)
    lr_schedule: str = choice("step", names=SCHEDULES)
    lr_decay: float = real(0.8, above=0.0, high=1.0)
    lr_decay_every: int = whole(2_500, low=1)
    lr_warmup: int = whole(0)
    adam_beta1: float = same(AdamSettings, "beta1")
    adam_beta2: float = same(AdamSettings, "beta2")
    adam_eps: float = same(AdamSettings, "eps")
    learn: tuple[str, ...] = choices((), names=CONSTANTS)  # of the neurons; () as in the paper
    learn_lr: float = real(1.0, above=0.0)  # times lr: the learning rate of their logarithms
    clip_norm: float = real(0.0, low=0.0)  # longest gradient Adam is given; 0: any (as published)
    average: float = real(0.0, low=0.0, below=1.0)  # decay of the weights' moving average; 0: none
    on_nan: str = choice("stop", names=ON_NAN)  # at a batch without a finite loss or gradient
    validate_every: int = whole(400, low=1)
    checkpoint_every: int = whole(400, low=1)
    checkpoint_minutes: float = real(10.0, above=0.0)  # a checkpoint also after so long
    dtype: str = choice("float32", names=DTYPES)
    threads: int = whole(0)  # 0: one for each processor; the numbers do not depend on it

    @property
    def adam(self) -> AdamSettings:
        """Settings of Adam."""
        return AdamSettings(self.adam_beta1, self.adam_beta2, self.adam_eps)


@dataclass(frozen=True, kw_only=True)
class RewiringConfig(Rewiring):
    """The same; connections stay as they are unless a recipe says otherwise."""

    policy: str = choice("none", names=POLICIES)


def _task_table(where: str, value: object) -> dict[str, Any]:
    if not isinstance(value, Mapping):
        refuse(where, value, 'a table with a name, such as name = "smnist"')
    if not isinstance(value.get("name"), str):
        refuse(f"{where}.name", value.get("name"), 'the name of a task, such as "smnist"')
    return dict(value)


def _draw_seed() -> int:
    return int.from_bytes(os.urandom(4), "big")


@dataclass(frozen=True, kw_only=True)
class RunConfig(Settings):
    """Everything a recipe says; `task` stays a plain table, which the task itself validates.

    A seed that is not given is drawn here once, and then is part of the configuration.
    """

    name: str = words("run")
    title: str = words("")
    seed: int = whole(_draw_seed, high=None)
    task: dict[str, Any] = field(metadata={"rule": _task_table})
    network: NetworkConfig = table(NetworkConfig)
    loss: LossConfig = table(LossConfig)
    training: TrainingConfig = table(TrainingConfig)
    rewiring: RewiringConfig = table(RewiringConfig)

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.training.optimiser == "muon":
            _check_muon(self)
        _check_learned(self.network, self.training)
        _check_rule(self.network, self.training)
        to_toml(self)  # what cannot be written down could not be stored with the run


def _check_muon(config: RunConfig) -> None:
    """Refuse a network whose matrices are not full and free: Muon turns whole matrices."""
    network = config.network
    for where, found, expected in (
        ("network.model", network.model, "lsnn"),
        ("network.connectivity", network.connectivity, 1.0),
        ("network.dale", network.dale, False),
        ("rewiring.policy", config.rewiring.policy, "none"),
    ):
        if found != expected:
            refuse(
                where,
                found,
                f"{show(expected)} beside training.optimiser = 'muon', which learns full matrices"
                " without fixed signs; 'adam' learns any",
            )


def _check_learned(network: NetworkConfig, training: TrainingConfig) -> None:
    """Refuse to learn constants that no neuron of the network has."""
    if training.learn and network.model != "lsnn":
        refuse("training.learn", list(training.learn), f"[]: units of an {network.model} have none")
    adapts = network.n_adaptive > 0 and network.beta > 0.0
    if not adapts and {"tau_a", "beta"} & set(training.learn):
        refuse(
            "training.learn",
            list(training.learn),
            "no tau_a and beta in it, or network.n_adaptive and network.beta above 0: none adapts",
        )


def _check_rule(network: NetworkConfig, training: TrainingConfig) -> None:
    """Refuse what only another rule of learning can do."""
    if training.feedback != "symmetric" and training.rule != "e-prop":
        refuse("training.feedback", training.feedback, "'symmetric': only e-prop has another")
    if training.rule == "bptt" and not training.truncate:
        return
    eprop = training.rule == "e-prop"
    rule = "training.rule = 'e-prop'" if eprop else f"training.truncate = {training.truncate}"
    if network.model != "lsnn":
        refuse("network.model", network.model, f"'lsnn' beside {rule}")
    if training.learn:
        refuse("training.learn", list(training.learn), f"[] beside {rule}, which learns weights")
    if eprop and training.truncate:
        refuse("training.truncate", training.truncate, f"0 beside {rule}: it walks back no step")
    if eprop and network.convention != "paper":
        refuse("network.convention", network.convention, f"'paper' beside {rule}")


def to_toml(config: Settings) -> str:
    """Return the whole configuration, defaults included, as TOML; it reads back to an equal one."""
    return write_toml(asdict(config))
