"""Every part of every lesson in a browser: its questions answered, its results seen, on a desktop and a telephone."""

import pytest
from playwright.sync_api import Page

from tests.browser.helpers import answer_all, faults, open_page, open_part
from tests.navigation import LESSONS

MORE_TO_SEE = {  # address -> what its widgets are set to, for a result that is not there at first
    "see-tensors": "tensors_level=Row&tensors_column=20&tensors_exercise=t*2&tensors_weights=728,1"
    "&tensors_a=3,1&tensors_b=2,1,4&tensors_step5=5",
    "learn-gradients": "gradients_step=9&gradients_lr=0.9",
    "learn-descent": "descent_bet=Just+show+me&descent_lr=3e-05&descent_moment=3",
    "learn-losses": "losses_mirror=true&losses_pred1=3.0",
    "learn-loop": "loop_batch=7",
}
every_lesson = pytest.mark.parametrize("lesson", LESSONS, ids=lambda lesson: lesson.title)


@pytest.mark.slow
@every_lesson
def test_every_part_of_a_lesson_is_clean_on_a_desktop(page, app, lesson):
    assert not walk(page, f"{app}/{lesson.url_path}?{MORE_TO_SEE.get(lesson.url_path, '')}", lesson.title)


@pytest.mark.slow
@every_lesson
def test_every_part_of_a_lesson_is_clean_on_a_telephone(phone, app, lesson):
    assert not walk(phone, f"{app}/{lesson.url_path}?{MORE_TO_SEE.get(lesson.url_path, '')}", f"{lesson.title} phone")


def walk(page: Page, url: str, name: str) -> list[str]:
    """Go through the parts of a lesson as a learner would; what is wrong with them, a line each."""
    open_page(page, url)
    found = faults(page, f"{name} at first")
    for part in page.get_by_role("tab").all_inner_texts():
        open_part(page, part)
        answer_all(page)
        found += [f"{part}: {fault}" for fault in faults(page, f"{name} {part}")]
        for kind in ("stException", "stAlertContentError"):
            found += [f"{part}: {text}" for text in page.get_by_test_id(kind).all_inner_texts()]
    return found
