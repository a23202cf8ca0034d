"""What the pages share with the running lab: who is learning, the runs, the trained models.

Imports torch only where a model is loaded, so that Home opens without it.
"""

import contextlib
import hashlib
import re
import secrets
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import streamlit as st

from mnist_core.errors import LabError, RunError
from mnist_core.runs.records import Run
from mnist_core.runs.service import RunService
from mnist_core.ui.link import linked_selectbox

if TYPE_CHECKING:
    from mnist_core.checkpoint import TrainedModel

SHIPPED = "shipped"
_SHIPPED = {
    SHIPPED: ("cnn", "CNN"),
    "shipped-mlp128": ("mlp128", "MLP"),
    "shipped-linear": ("linear", "Linear model"),
    "shipped-resnet18": ("resnet18", "ResNet-18"),
}
"""A choice in the link -> the name of a model that comes with the lab, or was made beside it, and its title."""

BOUND: Any = {"bind": "query-params", "persist_state": "session"}
"""For a widget whose value belongs in the page's link and is kept while the learner looks at other pages."""

# A learner is a random name that the browser keeps: nobody signs in, and a restarted server knows its learners again.
_IDENTITY = st.components.v2.component(
    "learner_identity",
    js="""const KEY = "mnist-lab-learner"

export default function ({ setStateValue }) {
  const bytes = crypto.getRandomValues(new Uint8Array(16))
  let name = Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("")
  try {
    name = localStorage.getItem(KEY) ?? name
    localStorage.setItem(KEY, name)
  } catch { // in a frame on another site, such as a Space's page, a browser may keep this kind of cookie alone
    name = new RegExp(`${KEY}=([0-9a-f]{32})`).exec(document.cookie)?.[1] ?? name
    document.cookie = `${KEY}=${name}; Path=/; Max-Age=34560000; SameSite=None; Secure; Partitioned`
    if (!document.cookie.includes(name)) return // it keeps nothing: the session's own name will do
  }
  setStateValue("name", name)
}""",
)


@st.cache_resource(on_release=lambda service: service.close())
def service() -> RunService:
    """The lab's runs; the first call starts the conductor and its workers."""
    return RunService()


def identify() -> None:
    """Find out who is learning: who has signed in, else whom the browser knows. Called on every page, by the frame."""
    if "learner" not in st.session_state:
        st.session_state.learner = secrets.token_hex(16)
    if st.user.get("is_logged_in"):  # the same learner on every machine
        person = f"{st.user.get('iss')} {st.user.get('sub')}"
        st.session_state.learner = hashlib.sha256(person.encode()).hexdigest()[:32]
        return
    name = _IDENTITY(key="identity", on_name_change=lambda: None).name
    if isinstance(name, str) and re.fullmatch("[0-9a-f]{32}", name):
        st.session_state.learner = name


def learner() -> str:
    """The name under which this learner's runs are kept."""
    return st.session_state.learner


def devices() -> list[str] | None:
    """What the workers can train on, the preferred one first; None while they warm up."""
    return service().devices()


def runs(*, sweeps: bool = True) -> dict[str, Run]:
    """The learner's runs by their ids, newest first, and then one that is shared, if the link names it.

    Parameters
    ----------
    sweeps : whether with those of sweeps, which may be many; the one that is chosen is there in any case
    """
    asked = st.query_params.get("run") or st.session_state.get("run", SHIPPED)
    own = service().store.runs(learner())
    found = {run.id: run for run in own if sweeps or not run.sweep or run.id == asked}
    if asked not in (*_SHIPPED, *found):
        with contextlib.suppress(RunError):  # a stranger's, or deleted
            found[asked] = service().store.run(learner(), asked)
    return found


def title(run: Run) -> str:
    """A run's name in a list."""
    return run.title if run.owner == learner() else f"{run.title}, shared with you"


def model_choices() -> dict[str, str]:
    """The models that can be used, id -> label: the shipped ones, then the learner's own runs, newest first."""
    from mnist_core import shipped

    there = shipped.there()
    come_along = {
        choice: f"{title} that comes with the lab, {_shipped(name).card['accuracy']:.1%} on MNIST"
        for choice, (name, title) in _SHIPPED.items()
        if name in there
    }
    return come_along | {run.id: title(run) for run in runs(sweeps=False).values() if run.saved}


def choose_model() -> "TrainedModel":
    """Let the learner choose a model; the choice goes along from page to page, and into the link.

    Raises
    ------
    LabError
        If that run has saved nothing yet.
    """
    return trained_model(linked_selectbox("Model", model_choices(), key="run", default=SHIPPED))


def trained_model(choice: str) -> "TrainedModel":
    """The model of a choice, as it is now: a run that is still going gives its latest.

    Raises
    ------
    RunError
        If it is not one of the learner's.
    LabError
        If it has saved nothing yet, or was not made on this machine.
    """
    from mnist_core import devices

    devices.use_threads()  # of this process; on models as small as these a second one only waits
    if choice in _SHIPPED:
        return _shipped(_SHIPPED[choice][0])
    run = service().store.run(learner(), choice)
    return _of_run(run.id, run.saved)


def saved(choice: str) -> int | None:
    """After how many batches the model of a choice was saved; None for one that comes with the lab."""
    return None if choice in _SHIPPED else service().store.run(learner(), choice).saved


@st.cache_resource
def _shipped(name: str) -> "TrainedModel":
    from mnist_core import shipped

    return shipped.load(name)


@st.cache_resource(max_entries=20)
def _of_run(run: str, step: int | None) -> "TrainedModel":
    """The model of a run after so many batches, which are part of the cache's key."""
    from mnist_core import checkpoint

    saved = service().store.checkpoint(run)
    if saved is None:
        raise LabError("This run has not saved a model yet: wait for its first epoch, or choose another.")
    return replace(checkpoint.undump(saved), extra={})  # the optimiser's memory may be twice as large as the model
