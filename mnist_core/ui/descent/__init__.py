"""Pictures of gradient descent that play in the browser: Streamlit components of our own.

Why our own: a run's numbers go to the browser once, and play, step and scrub move there at once; Python hears only
where they come to rest. `plot.js` and `steps.js` draw; `common.js` has their panels and their player.
"""

import base64
import math
import re
from collections.abc import Hashable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import streamlit as st
from numpy.typing import ArrayLike
from torch import Tensor

from mnist_core.chapter.gradients import LossSurface
from mnist_core.chapter.seven_steps import STEPS, Moment


def _read(*names: str) -> str:
    return "\n".join((Path(__file__).parent / name).read_text(encoding="utf-8") for name in names)


def _component(name: str) -> Any:
    return st.components.v2.component(
        f"descent_{name}",
        html=_read("player.html", f"{name}.html"),
        css=_read("common.css", f"{name}.css"),
        js=_read("common.js", f"{name}.js"),
    )


_PLOT, _STEPS = _component("plot"), _component("steps")


@dataclass(frozen=True)
class Track:
    """A run in a `descent_plot`.

    Attributes
    ----------
    params : Tensor of shape (k, 3): a, b, c after 0, 1, ... steps
    losses : Tensor of shape (k,)
    x : k numbers, ascending from 0: where each row stands on the axis of the loss, in steps or in epochs
    color : of its lines
    name : before its numbers; needed where there are two
    seen : Tensor of shape (k - 1,), the loss of the batch of each step; empty where a step sees all the data
    last_words : said when the last row is reached
    """

    params: Tensor
    losses: Tensor
    x: Sequence[float]
    color: str
    name: str = ""
    seen: ArrayLike = ()
    last_words: str = ""

    def payload(self) -> dict[str, Any]:
        return {
            "name": self.name,
            "color": self.color,
            "params": [_short(row) for row in self.params],
            "losses": _short(self.losses),
            "x": list(self.x),
            "seen": _short(self.seen),
            "words": self.last_words,
        }


def descent_plot(
    key: str,
    tracks: Sequence[Track],
    surface: LossSurface,
    time: Tensor,
    speed: Tensor,
    *,
    of: Hashable,
    start: int = 0,
    unit: str,
    link: str,
    alt: str,
) -> int:
    """Show one run or two: the curve, the loss and the path over the loss surface, with a player.

    Parameters
    ----------
    key : of the component; it stays on the page while its runs change
    tracks : the longest one gives the moments of the player
    surface : LossSurface under the tracks
    time, speed : Tensors of shape (n,), the measurements
    of : what the tracks follow from; while it stays the same, the player stays where the learner left it
    start : moment at which the player stands first
    unit : of the tracks' x, "step" or "epoch"
    link : parameter of the page's link that says where the player rests
    alt : what the picture of the curve shows, in words

    Returns
    -------
    int, the moment at which the player rests
    """
    longest = max(tracks, key=lambda track: len(track.x))
    kept = _rest(key, of, last=len(longest.x) - 1, start=start, link=link)
    _PLOT(
        key=key,
        data={
            "nonce": kept["nonce"],
            "at": kept["at"],
            "ticks": list(longest.x),
            "unit": unit,
            "points": list(zip(_short(time), _short(speed), strict=True)),
            "paths": [track.payload() for track in tracks],
            "surface": {
                "a": _short(surface.a[[0, -1]]),
                "b": _short(surface.b[[0, -1]]),
                "c": surface.c,
                "size": len(surface.a),
                "lowest": _short(surface.lowest),
                "losses": base64.b64encode(surface.losses.numpy().astype("<f4").tobytes()).decode(),
            },
            "alt": alt,
        },
        on_rest_change=lambda: None,
    )
    return kept["at"]


def seven_steps(key: str, moments: Sequence[Moment], time: Tensor, speed: Tensor, *, of: Hashable, link: str) -> None:
    """Show the seven steps of a run, one lit at a time, with its code, its numbers and its picture, and a player.

    Parameters
    ----------
    key, of, link : as in `descent_plot`
    moments : of `mnist_core.chapter.seven_steps.moments`
    time, speed : Tensors of shape (n,), the measurements
    """
    kept = _rest(key, of, last=len(moments) - 1, start=0, link=link)
    _STEPS(
        key=key,
        data={
            "nonce": kept["nonce"],
            "at": kept["at"],
            "stages": STEPS,
            "points": list(zip(_short(time), _short(speed), strict=True)),
            "moments": [
                {
                    "step": moment.step,
                    "title": moment.title,
                    "code": moment.code,
                    "words": moment.words,
                    "params": _short(moment.params),
                    "before": None if moment.before is None else _short(moment.before),
                }
                for moment in moments
            ],
        },
        on_rest_change=lambda: None,
    )


def _rest(key: str, of: Hashable, *, last: int, start: int, link: str) -> dict[str, Any]:
    """Where a player rests, and a number that changes with what it plays.

    The component's own state is gone after a change of page, so that it is kept here; and it comes from a browser.
    """
    name = f"{key}_kept"
    if name not in st.session_state:
        asked = st.query_params.get(link, "")
        st.session_state[name] = {
            "nonce": 0,
            "of": of,
            "at": int(asked) if re.fullmatch("[0-9]{1,4}", asked) else start,
        }
    kept = st.session_state[name]
    if kept["of"] != of:
        kept |= {"nonce": kept["nonce"] + 1, "of": of, "at": start}
    message = st.session_state.get(key, {}).get("rest")
    if isinstance(message, dict) and message.get("nonce") == kept["nonce"] and type(message.get("at")) is int:
        kept["at"] = message["at"]
    kept["at"] = min(max(kept["at"], 0), last)
    said, now = st.query_params.get(link), str(kept["at"]) if kept["at"] else None
    if now and now != said:  # each write sends the whole link, and would undo what a widget just put there
        st.query_params[link] = now
    elif said and not now:
        del st.query_params[link]
    return kept


def _short(values: ArrayLike) -> list[float | None]:
    """Six significant digits, to send little; what is not finite becomes None."""
    return [float(f"{v:.6g}") if math.isfinite(v) else None for v in np.asarray(values, dtype=float).tolist()]
