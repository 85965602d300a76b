"""The people of the demo. The first is the one to log in as."""

from collections.abc import Iterator
from dataclasses import dataclass
from random import Random

from echomate import ids
from feeds.demo.topics import TOPICS, Topic

LOGIN = "demo"
DAY = 86_400_000
FIRST_JOINED_DAYS = 400
"""The first account is so much older than the moment of the demo, to the millisecond, which so can be told from it."""
LAST_JOINED_DAYS = 100
RANK_OF_DEMO = 80
"""The account to log in as is not among the famous."""

FIRST_NAMES = (
    *(
        "Amara",
        "Aiko",
        "Alma",
        "Anouk",
        "Arjun",
        "Astrid",
        "Bao",
        "Bilal",
        "Bruno",
        "Camila",
        "Chidi",
        "Clara",
    ),
    *(
        "Dario",
        "Daria",
        "Dmitri",
        "Efua",
        "Elif",
        "Emil",
        "Esther",
        "Farid",
        "Fatou",
        "Finn",
        "Freya",
        "Giulia",
    ),
    *("Hana", "Hugo", "Ibrahim", "Ines", "Ingrid", "Ivan", "Jae", "Jonas", "Jun", "Kaito", "Katya", "Kofi"),
    *("Lale", "Lars", "Leila", "Lucia", "Magnus", "Maja", "Malik", "Marta", "Mateo", "Mei", "Milan", "Mina"),
    *("Nadia", "Nils", "Noor", "Olga", "Omar", "Paula", "Pedro", "Petra", "Priya", "Rafael", "Ravi", "Rosa"),
    *(
        "Ruth",
        "Sana",
        "Selma",
        "Sofia",
        "Stefan",
        "Tariq",
        "Teresa",
        "Tomas",
        "Uma",
        "Vera",
        "Wanjiru",
        "Yara",
    ),
)
LAST_NAMES = (
    *(
        "Adeyemi",
        "Ahmadi",
        "Andersen",
        "Baker",
        "Bauer",
        "Becker",
        "Bianchi",
        "Castro",
        "Chen",
        "Costa",
        "Diallo",
    ),
    *("Duarte", "Eriksen", "Farah", "Fischer", "Flores", "Fontaine", "Garcia", "Haddad", "Hansen", "Herrera"),
    *(
        "Horvat",
        "Ito",
        "Jensen",
        "Kaya",
        "Keller",
        "Khan",
        "Kim",
        "Kovacs",
        "Kowalski",
        "Larsen",
        "Lindqvist",
    ),
    *(
        "Lopez",
        "Marino",
        "Martin",
        "Mbeki",
        "Meyer",
        "Mori",
        "Moreau",
        "Mwangi",
        "Nakamura",
        "Nguyen",
        "Novak",
    ),
    *(
        "Okafor",
        "Oliveira",
        "Park",
        "Patel",
        "Pereira",
        "Petrov",
        "Ramos",
        "Rossi",
        "Santos",
        "Schmidt",
        "Sharma",
    ),
    *(
        "Silva",
        "Singh",
        "Tanaka",
        "Torres",
        "Vasquez",
        "Virtanen",
        "Walker",
        "Weber",
        "Yilmaz",
        "Zhang",
        "Zimmer",
    ),
)
CITIES = (
    *(
        "Accra",
        "Berlin",
        "Bergen",
        "Bogotá",
        "Chennai",
        "Dakar",
        "Ghent",
        "Hamburg",
        "Kyoto",
        "Leeds",
        "Lisbon",
    ),
    *(
        "Ljubljana",
        "Lyon",
        "Mexico City",
        "Montréal",
        "Nairobi",
        "Oslo",
        "Porto",
        "Seoul",
        "Turin",
        "Valencia",
        "Wrocław",
    ),
)


@dataclass(frozen=True, slots=True, eq=False)
class Character:
    number: int
    id: int
    username: str
    full_name: str
    bio: str
    location: str
    topic: Topic
    fame: float
    """How much likelier than others they are to be followed."""


def cast(count: int, *, moment: int) -> list[Character]:
    """The first so many people; `moment` is the demo's own, in Unix milliseconds."""
    return [
        _character(number, username, moment)
        for number, username in zip(range(count), _usernames(), strict=False)
    ]


def first_id(moment: int) -> int:
    return ids.id_at_milliseconds(moment - FIRST_JOINED_DAYS * DAY)


def moment_of(first: int) -> int | None:
    """The moment of the demo that a first account belongs to; None where it is no demo's."""
    moment = ids.milliseconds(first) + FIRST_JOINED_DAYS * DAY
    return moment if first_id(moment) == first else None


def _character(number: int, username: str, moment: int) -> Character:
    random = Random(f"character {number}")
    topic = random.choice(TOPICS)
    name = (
        "Demo" if number == 0 else " ".join(part.title() for part in username.rstrip("0123456789").split("_"))
    )
    joined = moment - random.randint(LAST_JOINED_DAYS * DAY, FIRST_JOINED_DAYS * DAY - 1)
    return Character(
        number=number,
        id=ids.id_at_milliseconds(joined) | random.getrandbits(ids.RANDOM_BITS)
        if number
        else first_id(moment),
        username=username,
        full_name=name,
        bio=f"{random.choice(topic.callings)}. {' '.join(f'#{tag}' for tag in topic.tags[:2])}",
        location=random.choice(CITIES),
        topic=topic,
        fame=(number or RANK_OF_DEMO) ** -0.85,
    )


def _usernames() -> Iterator[str]:
    yield LOGIN
    random = Random("usernames")
    taken = {LOGIN}
    while True:
        name = f"{random.choice(FIRST_NAMES)}_{random.choice(LAST_NAMES)}".lower()
        while name in taken:
            name = f"{name.rstrip('0123456789')}{random.randint(2, 99_999)}"
        taken.add(name)
        yield name
