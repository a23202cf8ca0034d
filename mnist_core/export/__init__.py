"""A trained model as a file that works elsewhere, what opens it there, and the proof that it says the same."""
