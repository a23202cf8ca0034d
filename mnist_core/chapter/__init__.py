"""The chapter's own functions, from a picture's numbers to a Learner: what the lesson pages run, show and explain."""
