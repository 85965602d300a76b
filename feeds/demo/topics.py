"""What people of the demo care about, and what they write. `{…}` is filled from the topic's words."""

from dataclasses import dataclass
from random import Random


@dataclass(frozen=True, slots=True)
class Topic:
    name: str
    tags: tuple[str, ...]
    callings: tuple[str, ...]
    """What people of this topic say they are."""
    sentences: tuple[str, ...]
    words: dict[str, tuple[str, ...]]
    language: str = "en"


PHOTOGRAPHY = Topic(
    "photography",
    ("photography", "streetphoto", "35mm", "goldenhour"),
    ("Street photographer", "Film shooter", "Photo editor", "Wedding photographer"),
    (
        "{when} at the {place}, {light}. Kept {number} frames out of a whole roll.",
        "Does anyone still print their own work? I finally tried {paper} and I am not going back.",
        "Hot take: the {gear} you own beats the one you are reading reviews of.",
        "Waited {number} minutes for the {subject} to walk into the frame. Worth it.",
        "Scanned an old roll from {year}. I had forgotten the {subject} entirely.",
        "{light} today. Left the {gear} at home, of course.",
    ),
    {
        "when": ("Six in the morning", "Last light", "A rainy noon", "Just before the storm"),
        "place": ("harbour", "old market", "tram depot", "river bridge", "bus station"),
        "light": ("Soft fog everywhere", "Hard shadows", "That low winter sun", "Neon in the puddles"),
        "paper": ("matte baryta", "cotton rag", "cheap glossy", "warm-tone fibre"),
        "gear": ("50mm", "tripod", "light meter", "old rangefinder", "phone"),
        "subject": ("cyclist", "man with the umbrella", "two dogs", "woman in the yellow coat", "cat"),
    },
)
COOKING = Topic(
    "cooking",
    ("cooking", "homemade", "sourdough", "recipes"),
    ("Home cook", "Pastry chef", "Runs a small bakery", "Professional onion chopper"),
    (
        "{dish} tonight. The secret is {secret}, and I will not be taking questions.",
        "Day {number} of feeding the starter. It has a name now. It is {name}.",
        "Burned the {ingredient} again. The smoke alarm is basically my kitchen timer.",
        "My grandmother never measured anything. Her {dish} still wins.",
        "Found {ingredient} at the market for next to nothing. What would you do with {number} kilos of it?",
        "Unpopular opinion: {dish} is better on the second day.",
    ),
    {
        "dish": ("Risotto", "Dal", "Leek soup", "Shakshuka", "Ramen", "Apple tart", "Mole"),
        "secret": ("a spoon of miso", "browned butter", "an anchovy", "more salt than you dare", "patience"),
        "name": ("Clint Yeastwood", "Doughlores", "Gerald", "Breadrick"),
        "ingredient": ("quinces", "fennel", "hazelnuts", "aubergines", "sour cherries", "chanterelles"),
    },
)
CYCLING = Topic(
    "cycling",
    ("cycling", "gravel", "bikecommute", "randonneuring"),
    ("Rides to work", "Bike mechanic", "Randonneur", "Collects headwinds"),
    (
        "{number} km before breakfast, {weather}. Legs: gone. Mood: excellent.",
        "Third {part} this year. Either the roads are bad or I am.",
        "To the driver who waited behind me all the way up the {climb}: thank you.",
        "New {part} fitted. Silence. Beautiful silence.",
        "Commute tally this month: {number} rides, one puncture, zero regrets.",
        "The {climb} never gets easier, you only get there {weather}.",
    ),
    {
        "weather": (
            "in fog",
            "with a tailwind for once",
            "in sideways rain",
            "at two degrees",
            "in a heatwave",
        ),
        "part": ("inner tube", "chain", "bottom bracket", "set of brake pads", "rear mech"),
        "climb": ("old quarry road", "col behind the village", "cemetery hill", "dam road"),
    },
)
CODE = Topic(
    "code",
    ("python", "programming", "devlife", "opensource"),
    ("Backend engineer", "Maintains a small library", "Writes Python for a living", "On call this week"),
    (
        "Spent {number} hours on a bug. It was {cause}. It is always {cause}.",
        "Today I deleted {number} lines and everything got faster. Best day of the quarter.",
        "Reading other people's {thing} is the most underrated way to learn.",
        "If your {thing} needs a diagram to explain, draw the diagram first and then delete half of it.",
        "Upgraded the {thing}. Nothing broke. Now I am suspicious.",
        "Small tools that do one thing: {tool}. Still my favourite kind of software.",
    ),
    {
        "cause": ("DNS", "a timezone", "a cache", "an off-by-one", "a missing await", "my own config"),
        "thing": ("test suites", "migrations", "commit messages", "error handling", "build scripts"),
        "tool": ("jq", "ripgrep", "make", "entr", "sqlite", "awk"),
    },
)
BOOKS = Topic(
    "books",
    ("books", "amreading", "bookclub", "library"),
    ("Librarian", "Reads on trains", "Translator", "Second-hand bookseller"),
    (
        "Finished {book}. I need a quiet evening and possibly a new personality.",
        "The library had {number} copies of {book} and all of them were out. Faith in humanity restored.",
        "What is a book you would press into a stranger's hands? Mine is {book}.",
        "Chapter {number} and I already do not trust {who}.",
        "Reading {book} aloud to the children. They have opinions about {who}.",
        "Rule of the house: nobody talks to me during the last {number} pages.",
    ),
    {
        "book": (
            *("Middlemarch", "The Left Hand of Darkness", "Piranesi", "Austerlitz", "Beloved"),
            *("The Summer Book", "Invisible Cities", "Kindred", "The Leopard"),
        ),
        "who": ("the narrator", "the uncle", "the lighthouse keeper", "the notary", "the cat"),
    },
)
GARDEN = Topic(
    "garden",
    ("gardening", "allotment", "growyourown", "bees"),
    ("Allotment holder", "Keeps two beehives", "Talks to tomatoes", "Landscape gardener"),
    (
        "First {crop} of the year! {number} of them, and the slugs only took half.",
        "The bees are {mood} today. I am keeping my distance.",
        "Sowed {crop} on the windowsill. Yes, too early. Yes, again.",
        "Neighbour offered me {crop} over the fence. This is how wars end.",
        "It rained {number} millimetres overnight and the {place} looks reborn.",
        "Compost update: {mood}. The {place} smells like a forest.",
    ),
    {
        "crop": ("radishes", "courgettes", "broad beans", "tomatoes", "garlic", "raspberries"),
        "mood": ("calm", "furious", "suspiciously quiet", "very busy", "steaming"),
        "place": ("bottom bed", "greenhouse", "cold frame", "far corner"),
    },
)
MUSIC = Topic(
    "music",
    ("music", "vinyl", "livemusic", "synths"),
    ("Plays the viola", "Bedroom producer", "Sound engineer", "Choir, second alto"),
    (
        "Saw {act} last night in a room for {number} people. Ears still ringing, heart still full.",
        "Learning {piece} again after {number} years. My fingers remember more than I do.",
        "Patched for three hours, recorded {number} seconds. That is the ratio.",
        "A {gear} from the flea market. It hums. It is perfect.",
        "Rehearsal ran late. {piece} is finally breathing.",
        "Which record do you play to find out whether a {gear} is any good?",
    ),
    {
        "act": ("a brass trio", "a one-woman noise act", "my old teacher's quartet", "a cumbia band"),
        "piece": ("the Bach chaconne", "Gymnopédie No. 1", "the slow movement", "that one fugue"),
        "gear": ("turntable", "tape echo", "harmonium", "preamp", "pair of headphones"),
    },
)
SCIENCE = Topic(
    "science",
    ("astronomy", "science", "space", "phdlife"),
    ("Astronomer", "PhD student, year five", "Teaches physics", "Counts beetles"),
    (
        "Clear sky tonight: {object} at {number}x. Cold hands, no complaints.",
        "Reviewer {number} wants {demand}. Reviewer one wants the opposite.",
        "A student asked {question} and honestly it made my week.",
        "The data came in. The plot has a bump where there should be none. Nobody sleeps.",
        "Public evening at the observatory: {number} people queued in the cold to see {object}.",
        "Remember: the first draft of every great paper also had {demand} missing.",
    ),
    {
        "object": ("Saturn", "the Orion nebula", "the Moon", "Jupiter and three moons", "a double star"),
        "demand": ("error bars", "a control group", "fewer figures", "another season of field work"),
        "question": ("why the night is dark", "where the Moon was yesterday", "what a field really is"),
    },
)
ALLTAG = Topic(
    "alltag",
    ("alltag", "bahn", "berlin", "wochenende"),
    ("Pendlerin", "Liest mit", "Kaffee, dann alles andere", "Wandert gern"),
    (
        "{number} Minuten Verspätung. Dafür {trost}.",
        "Endlich Wochenende. Plan: {plan}. Realität: Sofa.",
        "Wer hat eigentlich {ding} erfunden, und können wir kurz reden?",
        "Heute früh {ort}: niemand da, nur Nebel und ein Reiher. 🌫️",
        "Kleine Freude des Tages: {trost}.",
        "{ding} repariert statt neu gekauft. Fühlt sich an wie ein Sieg.",
    ),
    {
        "trost": (
            "ein Sitzplatz am Fenster",
            "guter Kaffee",
            "ein nettes Gespräch",
            "Sonne auf dem Bahnsteig",
        ),
        "plan": ("Radtour", "Keller aufräumen", "Steuererklärung", "Brot backen"),
        "ding": ("den Toaster", "das Bügelbrett", "die Fahrradklingel", "den Reißverschluss"),
        "ort": ("am Kanal", "im Volkspark", "auf dem Tempelhofer Feld", "am See"),
    },
    "de",
)
VIAJES = Topic(
    "viajes",
    ("viajes", "montaña", "cafecito", "lecturas"),
    ("Viajera lenta", "Profesor de instituto", "Camina y luego escribe", "Fan de los trenes"),
    (
        "{numero_de_cosas} y un cuaderno: no hace falta más para {plan}.",
        "Llegamos a {lugar} justo cuando empezó a llover. Perfecto, la verdad.",
        "El mejor café de {lugar} cuesta menos que un billete de metro. ☕",
        "¿Qué libro os lleváis para {plan}?",
        "Hoy, {number} kilómetros a pie. Mañana, cero. Equilibrio.",
        "Se me olvidó {cosa} en {lugar}. Excusa para volver.",
    ),
    {
        "numero_de_cosas": ("Dos camisetas", "Un tren de noche", "Tres amigas", "Una bici prestada"),
        "plan": ("cruzar los Picos", "un fin de semana largo", "perderse un poco", "el viaje en tren"),
        "lugar": ("Oaxaca", "Cuenca", "Valparaíso", "Lisboa", "un pueblo sin nombre"),
        "cosa": ("el paraguas", "un libro a medias", "la funda de las gafas"),
    },
    "es",
)
TOPICS = (PHOTOGRAPHY, COOKING, CYCLING, CODE, BOOKS, GARDEN, MUSIC, SCIENCE, ALLTAG, VIAJES)


def write(topic: Topic, random: Random) -> str:
    """A post: one sentence or two, mostly with a hashtag."""
    count = random.choices((1, 2), (4, 1))[0]
    text = " ".join(_sentence(sentence, topic, random) for sentence in random.sample(topic.sentences, count))
    tags = random.sample(topic.tags, random.choices((0, 1, 2), (4, 5, 2))[0])
    return " ".join([text, *(f"#{tag}" for tag in tags)])


def _sentence(sentence: str, topic: Topic, random: Random) -> str:
    words = {slot: random.choice(choices) for slot, choices in topic.words.items()}
    year, number = random.randint(1987, 2019), random.randint(2, 60)
    filled = sentence.format(**words, year=year, number=number)
    return filled[0].upper() + filled[1:]
