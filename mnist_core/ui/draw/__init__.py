"""The parts of the Draw page, each about the digit that lies on it."""
