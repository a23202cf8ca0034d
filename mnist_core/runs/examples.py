"""Digits that learners keep, with the label that they gave: a test set of their own, or more to train on.

What a learner shares goes into the pool of all who use this server, such as a class.
"""

import time
import uuid
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import sqlalchemy as sa
from safetensors.numpy import load, save

from mnist_core.errors import RunError
from mnist_core.runs.tables import examples as table

MOST = 500  # of one learner
MOST_POOLED = 1000


@dataclass(frozen=True)
class Example:
    """A digit that was kept.

    Attributes
    ----------
    image : uint8 array of shape (28, 28), 0 is background, 255 is ink: as a model gets it
    label : the digit that it shows, as the learner says
    origin : where it comes from, in words, e.g. "drawn" or "image 63,204 of MNIST"
    shared : whether it is in the pool
    created : seconds since 1970
    """

    id: str
    owner: str
    image: np.ndarray
    label: int
    origin: str
    shared: bool
    created: float


class Examples:
    """The only queries on the kept digits.

    Parameters
    ----------
    db : the store's database
    """

    def __init__(self, db: sa.Engine) -> None:
        self._db = db

    def keep(self, owner: str, image: np.ndarray, label: int, origin: str = "") -> str:
        """Keep a digit; gives its id. One that is kept already gets the new label.

        Parameters
        ----------
        image : array of shape (28, 28), uint8 in 0..255 or float in [0, 1]

        Raises
        ------
        RunError
            If the learner keeps as many as may be.
        """
        pixels = image if image.dtype == np.uint8 else np.rint(255 * image).astype(np.uint8)
        data = np.ascontiguousarray(pixels).tobytes()
        mine = table.c.owner == owner
        with self._db.begin() as db:
            same = db.scalar(sa.select(table.c.id).where(mine, table.c.image == data))
            if same:
                db.execute(table.update().where(table.c.id == same).values(label=label))
                return same
            if (db.scalar(sa.select(sa.func.count()).where(mine)) or 0) >= MOST:
                raise RunError(f"You keep {MOST} digits, which is as many as there is room for: delete one first.")
            new = uuid.uuid4().hex
            values = {"owner": owner, "created": time.time(), "image": data, "label": label, "origin": origin[:200]}
            db.execute(table.insert().values(id=new, **values))
        return new

    def of(self, owner: str) -> list[Example]:
        """A learner's digits, newest first."""
        return self._select(table.c.owner == owner)

    def pool(self) -> list[Example]:
        """The newest `MOST_POOLED` digits that learners share."""
        return self._select(table.c.shared)

    def relabel(self, owner: str, example: str, label: int) -> None:
        """Say anew which digit it shows."""
        self._update(owner, example, label=label)

    def share(self, owner: str, example: str, shared: bool) -> None:
        """Put a digit into the pool, or take it out."""
        self._update(owner, example, shared=shared)

    def delete(self, owner: str, example: str) -> None:
        """Forget a digit."""
        with self._db.begin() as db:
            db.execute(table.delete().where(table.c.id == example, table.c.owner == owner))

    def _update(self, owner: str, example: str, **values: object) -> None:
        with self._db.begin() as db:
            db.execute(table.update().where(table.c.id == example, table.c.owner == owner).values(**values))

    def _select(self, which: sa.ColumnElement[bool]) -> list[Example]:
        with self._db.connect() as db:
            rows = db.execute(sa.select(table).where(which).order_by(table.c.created.desc()).limit(MOST_POOLED))
            return [Example(**{**row, "image": _image(row["image"])}) for row in rows.mappings()]


def _image(data: bytes) -> np.ndarray:
    return np.frombuffer(data, dtype=np.uint8).reshape(28, 28)


def pack(examples: Sequence[Example], times: int) -> bytes:
    """Images and labels to train on besides the others, each so many times an epoch, as the bytes of a file."""
    images = np.stack([example.image for example in examples])  # n times (28, 28) -> (n, 28, 28)
    labels = np.array([example.label for example in examples], dtype=np.int64)
    return save({"images": images, "labels": labels, "times": np.array([times])})


def unpack(data: bytes) -> tuple[np.ndarray, np.ndarray, int]:
    """What `pack` was given: uint8 (n, 28, 28), int64 (n,), and how many times."""
    found = load(data)
    return found["images"], found["labels"], int(found["times"][0])
