"""A believable small network for a first look: people, whom they follow, what they write and like.

All of it follows from numbers and a moment, so that a second run makes the same and adds nothing.
"""
