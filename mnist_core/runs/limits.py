"""How much one learner may ask of a server that others use too; a teacher sets it by environment variables."""

import os
from dataclasses import dataclass

from mnist_core.config import EPOCHS_RANGE, TrainConfig
from mnist_core.errors import ConfigError
from mnist_core.settings import whole


@dataclass(frozen=True)
class Limits:
    """What a learner may have.

    Attributes
    ----------
    epochs, parameters : of one run
    waiting : runs of one learner that have not ended
    kept_runs, kept_bytes : ended runs of one learner, beyond which the oldest that are not pinned are forgotten
    """

    epochs: int
    parameters: int
    waiting: int
    kept_runs: int
    kept_bytes: int

    @classmethod
    def from_environment(cls) -> "Limits":
        """The limits that this server was started with; `ConfigError` if one of them is no number."""
        return cls(
            epochs=whole("MNIST_MAX_EPOCHS", *reversed(EPOCHS_RANGE)),
            parameters=whole("MNIST_MAX_PARAMETERS", 20_000_000),
            waiting=whole("MNIST_MAX_WAITING", 60),
            kept_runs=whole("MNIST_KEEP_RUNS", 200),
            kept_bytes=whole("MNIST_KEEP_MB", 1000) * 1_000_000,
        )

    def check(self, config: TrainConfig, waiting: int) -> None:
        """Raise `ConfigError` if a run asks for too much, or its learner has too many that wait."""
        if config.epochs > self.epochs:
            raise ConfigError(
                f"{config.epochs:,} epochs are more than this server allows: choose at most {self.epochs:,}."
            )
        from mnist_core.models import new_model, parameter_count

        parameters = parameter_count(new_model(config))
        if parameters > self.parameters:
            raise ConfigError(
                f"{config.model} has {parameters:,} parameters, and this server allows {self.parameters:,}: "
                "choose a smaller model."
            )
        if waiting >= self.waiting:
            raise ConfigError(
                f"{waiting} of your runs have not ended yet, which is as many as this server allows: "
                "stop one, or wait until one has ended."
            )


def after_the_end() -> str:
    """What becomes of the unfinished runs of a server that ends: "interrupted", or "queued" for the next start.

    Raises
    ------
    ConfigError
        If `MNIST_RESUME` is neither "ask" nor "auto".
    """
    states = {"ask": "interrupted", "auto": "queued"}
    wish = os.environ.get("MNIST_RESUME") or "ask"
    if wish not in states:
        raise ConfigError(f'MNIST_RESUME is {wish!r}: set it to "ask" (the learner resumes) or "auto".')
    return states[wish]
