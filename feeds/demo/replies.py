"""What people of the demo answer each other, by language."""

from random import Random

REPLIES = {
    "en": (
        "This.",
        "Where was that?",
        "I needed to read this today.",
        "Strong disagree, but nicely put.",
        "Same here, every single week.",
        "How long did that take you?",
        "Now I want to try it too.",
        "You always say that. You are always right.",
        "Saving this one for later. 📌",
        "Go on, we are listening.",
        "My neighbour swears by the opposite.",
        "That made my morning, thank you.",
    ),
    "de": (
        "Genau so ist es.",
        "Wo war das denn?",
        "Das probiere ich am Wochenende auch.",
        "Da bin ich anderer Meinung, aber schön gesagt.",
        "Bei uns war es gestern genauso.",
        "Mehr davon, bitte!",
        "Wie lange hat das gedauert?",
    ),
    "es": (
        "Tal cual.",
        "¿Dónde era eso?",
        "Me lo guardo para el fin de semana.",
        "No estoy de acuerdo, pero bien dicho.",
        "A mí me pasó lo mismo ayer.",
        "¡Cuenta más!",
        "¿Cuánto tardaste?",
    ),
}
NAMED = 0.4
"""So often somebody who answers a comment names its author."""


def reply(language: str, to: str | None, random: Random) -> str:
    """A comment; `to` is the name of whom it answers."""
    text = random.choice(REPLIES[language])
    return f"@{to} {text}" if to and random.random() < NAMED else text
