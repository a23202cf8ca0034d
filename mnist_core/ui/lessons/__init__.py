"""The parts of the lesson pages that are too long for the page itself: one module a page, one function a part."""
