"""Links, people and hashtags in a text."""

import time
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from accounts.tests.acting import change_user
from echomate import cache, graphemes, ids, keys, table
from echomate.testing.configuration import configured
from posts import rendering
from posts.comments import rendering as comments
from posts.comments.services.creating import Draft as Reply
from posts.comments.services.creating import new_comment
from posts.services.publishing import Draft, new_post
from posts.tests.actor import Actor, Person
from posts.tests.html_parts import Parts, assert_safe
from posts.text import guess_language, tag_name, written
from posts.text.scanning import Kind, pieces

ZWNJ, ZWJ, RLM, RLO = "\u200c", "\u200d", "\u200f", "\u202e"
ENGLAND = "\U0001f3f4\U000e0067\U000e0062\U000e0065\U000e006e\U000e0067\U000e007f"


def found(text: str, kind: Kind) -> list[str]:
    return [piece.name for piece in pieces(text) if piece.kind is kind]


@pytest.mark.parametrize(
    ("text", "urls"),
    [
        ("see https://example.org/a?b=1&c=2#d now", ["https://example.org/a?b=1&c=2#d"]),
        ("(http://example.org/a_(b)).", ["http://example.org/a_(b)"]),
        ("HTTPS://EXAMPLE.ORG!", ["HTTPS://EXAMPLE.ORG"]),
        (
            '[https://example.org/x], "https://example.org/y"',
            ["https://example.org/x", "https://example.org/y"],
        ),
        ("看https://example.org/好。再见", ["https://example.org/好"]),
        ("https://bücher.example:8443/ß", ["https://bücher.example:8443/ß"]),
        ("https://[2001:db8::1]/ http://localhost:8000", ["https://[2001:db8::1]/", "http://localhost:8000"]),
        ("https://example.org@evil.example/ https://a:b@c.example", []),
        ("https:// http://. https://:80 https://a:99999 https://a..b ftp://a.b javascript:alert(1)", []),
        (f"https://example.org/{RLO}gpj.exe", ["https://example.org/"]),
        ("https://example.org/\u200bx", ["https://example.org/"]),
        ("https://example.org/" + "x" * 3000, []),
        ("https://example.org/" + ")" * 25_000, ["https://example.org/"]),
        ("xhttps://example.org", []),
        (
            "https://x.example/q?a={b}|c^2 {https://x.example/{id}}",
            ["https://x.example/q?a={b}|c^2", "https://x.example/{id}"],
        ),
        (
            "https://ja.example/wiki/佐々木希、https://ja.example/〇〆",
            ["https://ja.example/wiki/佐々木希", "https://ja.example/〇〆"],
        ),
        (
            "https://ja.example/アントン・チェーホフ https://x.example/a\u2013b",
            ["https://ja.example/アントン・チェーホフ", "https://x.example/a\u2013b"],
        ),
        ("https://x.example/\u2764\ufe0f/1\ufe0f\u20e3.", ["https://x.example/\u2764\ufe0f/1\ufe0f\u20e3"]),
        (
            f"https://x.example/👩🏽{ZWJ}🚀/👨{ZWJ}👩{ZWJ}👧/🇩🇪/{ENGLAND}!",
            [f"https://x.example/👩🏽{ZWJ}🚀/👨{ZWJ}👩{ZWJ}👧/🇩🇪/{ENGLAND}"],
        ),
        (
            f"https://x.example/葛\U000e0100城 https://x.example/می{ZWNJ}خواهم",
            ["https://x.example/葛\U000e0100城", f"https://x.example/می{ZWNJ}خواهم"],
        ),
        (
            f"https://x.example/a{ZWNJ}b https://x.example/\ufe0f https://x.example/a{RLM}ב",
            ["https://x.example/a", "https://x.example/", "https://x.example/a"],
        ),
        (
            "\u201chttps://x.example/a\u201d, \u2018https://x.example/b\u2019和 \u201ehttps://x.example/c\u201cund",
            ["https://x.example/a", "https://x.example/b", "https://x.example/c"],
        ),
        (
            "«https://x.example/a» \u2039https://x.example/b\u203a 'https://x.example/c'和 「https://x.example/d」",
            [f"https://x.example/{x}" for x in "abcd"],
        ),
        (
            "https://fr.example/L\u2019Équipe\u2019 https://x.example/?q='a'&b=1 https://x.example/?q='a' 'in https://x.example'",
            [
                "https://fr.example/L\u2019Équipe",
                "https://x.example/?q='a'&b=1",
                "https://x.example/?q='a'",
                "https://x.example",
            ],
        ),
        (
            "https://x.example/a؟ https://x.example/b، https://x.example/c। https://x.example/d։",  # noqa: RUF001 - that is the point
            [f"https://x.example/{x}" for x in "abcd"],
        ),
        (
            "[https://x.example/a](https://x.example/b)和(https://x.example/c)",
            [f"https://x.example/{x}" for x in "abc"],
        ),
        (
            "_https://x.example/a_ |https://x.example/b| https://x.example/c_ https://x.example/d-",
            [f"https://x.example/{x}" for x in ("a", "b", "c_", "d-")],
        ),
        (
            "https://x.example(a) https://x.example|https://y.example/( https://x.example/(a[b]c)",
            ["https://x.example", "https://x.example", "https://y.example/", "https://x.example/(a[b]c)"],
        ),
        ("https://نامه‌ای.example/ https://x.example", ["https://نامه‌ای.example/", "https://x.example"]),
        ("ラーメンhttps://x.example ユーザーhttps://y.example", ["https://x.example", "https://y.example"]),
    ],
)
def test_links_are_those_of_the_web_without_what_belongs_to_the_sentence(text: str, urls: list[str]) -> None:
    assert found(text, Kind.LINK) == urls


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("@ann, @Bob_1! (@eve) .@dan @fay's", ["ann", "Bob_1", "eve", "dan", "fay"]),
        ("mail@ann.example me@ann @ann@example.org @@ann x/@ann", []),
        ("@an @" + "a" * 31, []),
        ("@annä @ann\u0301 éann@bob", []),
        ("@ann👍🏽 👩‍👩‍👧@bob", ["ann", "bob"]),
        ("سلام @ann مرحبا", ["ann"]),
        (f"{RLM}@ann{RLM} שלום", ["ann"]),
        (f"{RLO}@ann", ["ann"]),
        ("\uff20ann", ["ann"]),
        ("你好@ann你好 ขอบคุณ@bobครับ", ["ann", "bob"]),
        ("@ann\u200bbob @ann\u2060\u200dbob @ann\ufeff_x @ann\u200b@b", []),
        ("x\u200b@ann", []),
        ("@\u0430nn @ann\u0430", []),
        ("https://example.org/@ann", []),
        ("@ann. @bob.\n@eve... @dan...and @fay.", ["ann", "bob", "eve", "dan", "fay"]),
        ("@ann\u2014@bob - @eve-- @dan: @fay:no", ["ann", "bob", "eve", "dan", "fay"]),
        ("@ann/@bob @ann。你好 @bob.你好", ["ann", "ann", "bob"]),
        ("@ann.bsky.social @ann.example, @ann.1 @ANN.Bsky.Social.", []),
        ("@ann-smith.bsky.social @ann--x.bsky.social @ann-smith @ann_.bsky.social", []),
        ("@ann\u2060.bsky.social @ann.\u200bbsky.social @ann\u0301.example @ann\uff0eexample", []),
        ("@ann:matrix.example @ann:my-matrix.example:8448 @ann/package", []),
        ("用户@ann.example @ann@中国.example @ann@localhost", []),
        ("\u017fann@bob @an\u212a @an\u0131 @\u017fann", []),
    ],
)
def test_names_are_whole_and_nothing_invisible_goes_on_behind_them(text: str, names: list[str]) -> None:
    assert found(text, Kind.MENTION) == names


@pytest.mark.parametrize(
    ("text", "tags"),
    [
        ("#Hello #hello #HELLO", ["hello"] * 3),
        ("#Straße #STRASSE", ["strasse"] * 2),
        ("#ﬁne #\uff26\uff35\uff2c\uff2c \uff03wide", ["fine", "full", "wide"]),
        ("#Ångström #A\u030angstro\u0308m", ["ångström"] * 2),
        ("#İstanbul #i\u0307stanbul", ["i\u0307stanbul"] * 2),
        ("#日本語 #한국어 #हिन्दी #ไทย", ["日本語", "한국어", "हिन्दी", "ไทย"]),
        (f"#می{ZWNJ}خواهم #میخواهم", ["میخواهم"] * 2),
        ("#مرحبا_بك #שלום", ["مرحبا_بك", "שלום"]),
        ("#col·legi #ロック・ロール", ["col·legi", "ロック・ロール"]),
        ("#a-b #c.d #e,#f #g· #h・", ["a", "c", "e", "f", "g", "h"]),
        ("#2024 #1 #_ #__ ## #", []),
        ("#1st #a1 #_a", ["1st", "a1", "_a"]),
        ("a#b &#x27; ##c /#d", []),
        ("#love❤️ #👍 #️⃣ #1️⃣ #👨‍👩‍👧", ["love"]),
        ("#ﷺ", []),
        ("#\u3164 #\u115f\u1160 #\uffa0", []),
        ("#a\u3164b #ab", ["ab"] * 2),
        ("#\u0301x", []),
        ("#x" + "\u0301" * 30, ["x" + "\u0301" * 30]),
        ("#" + "x" * 100, ["x" * 100]),
        ("#" + "x" * 101, []),
        ("#a\u200bb", ["a"]),
        ('#צה"ל #צה״ל #צה\u201dל', ["צה״ל"] * 3),
        ("#ג'ירפה #ג׳ירפה #ג\u2019ירפה", ["ג׳ירפה"] * 3),  # noqa: RUF001 - that is the point
        (
            "#בית־ספר #תל־אביב־יפו־",
            ["בית־ספר", "תל־אביב־יפו"],
        ),
        ('"#שלום" \'#שלום\' #שלום"a', ["שלום"] * 3),
        ("#a\"b #don't", ["a", "don"]),
        (f"#של{RLM}ום #soft\u00adware #a\u2060b", ["שלום", "software", "ab"]),
        (f"#שלום{RLM} #a{RLO}b #\u200fa", ["שלום", "a"]),
        ("#\u212aelvin #\u017fnow #\u0131x", ["kelvin", "snow", "\u0131x"]),
    ],
)
def test_hashtags_are_folded(text: str, tags: list[str]) -> None:
    assert found(text, Kind.HASHTAG) == [unicodedata.normalize("NFKC", tag) for tag in tags]


SCRIPTS = {
    "Latin": "Ångström",
    "Greek": "Ελλάδα",
    "Cyrillic": "Ёжик",
    "Armenian": "Հայաստան",
    "Georgian": "საქართველო",
    "Hebrew": "רשב״י־הקדוש",  # noqa: RUF001 - that is the point
    "Arabic": "العَرَبِيَّة",
    "Persian": f"می{ZWNJ}خواهم",
    "Syriac": "ܣܘܪܝܝܐ",
    "Thaana": "ދިވެހި",
    "Devanagari": f"क्{ZWJ}षत्रिय",
    "Bengali": "বাংলা",
    "Gurmukhi": "ਪੰਜਾਬੀ",
    "Gujarati": "ગુજરાતી",
    "Tamil": "தமிழ்",
    "Telugu": "తెలుగు",
    "Kannada": "ಕನ್ನಡ",
    "Malayalam": f"മലയാളംന്{ZWJ}",
    "Sinhala": f"ශ්{ZWJ}රී",
    "Thai": "ประเทศไทย",
    "Lao": "ປະເທດລາວ",
    "Tibetan": "བོད་ལྗོངས",
    "Burmese": "မြန်မာဘာသာ",
    "Khmer": "ភាសាខ្មែរ",
    "Ethiopic": "ኢትዮጵያ",
    "Cherokee": "ᏣᎳᎩ",
    "Mongolian": "ᠮᠣᠩ\u180bᠭᠣᠯ",
    "Han": "佐々木〇",
    "Hiragana": "ひらがな",
    "Katakana": "ロック・ローラー",
    "Hangul": "한국어",
    "Adlam": "𞤆𞤵𞤤𞤢𞤪",
}


@pytest.mark.parametrize("word", SCRIPTS.values(), ids=SCRIPTS)
def test_words_of_every_script_stay_whole(word: str) -> None:
    text = f"{word} #{word}, (https://x.example/{word}/?{word}#{word}). @ann {word}"
    tag = tag_name(word)
    assert tag
    assert [(piece.kind, piece.name) for piece in pieces(text) if piece.kind is not Kind.PLAIN] == [
        (Kind.HASHTAG, tag),
        (Kind.LINK, f"https://x.example/{word}/?{word}#{word}"),
        (Kind.MENTION, "ann"),
    ]
    assert found(f"#{tag}", Kind.HASHTAG) == [tag]


@pytest.mark.parametrize("word", ["你好", "ラーメン", "한국어", "ไทย", "ລາວ", "မြန်မာ", "ខ្មែរ", "བོད"])
def test_scripts_without_spaces_may_stand_beside_a_name(word: str) -> None:
    assert found(f"{word}@ann{word} {word}.@bob.{word}", Kind.MENTION) == ["ann", "bob"]


@given(st.text(max_size=40))
def test_folding_a_hashtag_again_changes_nothing(text: str) -> None:
    name = tag_name(text)
    if name is not None:
        assert tag_name(name) == name
        assert found(f"#{name}", Kind.HASHTAG) == [name]


SIGNS = [
    *"<>&\"'`/=;:\\ \n\t@#()[]{}^|.\u2018\u2019\u201d\u200c\ufe0f",
    "\u200d",
    "\u202e",
    "\u0301",
    "\ufeff",
    "ß",
    "👩\u200d👧",
    "a",
]
CODE = [
    "<script>",
    "</p>",
    "<!--",
    "]]>",
    "&lt;",
    "&#60;",
    "javascript:",
    "onerror=",
    "https://",
    "http://x.example/",
]
WORDS = st.sampled_from([*SIGNS, *CODE, "@ann", "#tag"])
TEXTS = st.lists(WORDS | st.text(max_size=3), max_size=30).map("".join)


@given(TEXTS)
def test_the_html_is_safe_and_says_what_the_text_says(text: str) -> None:
    clean = text.replace("@", "").replace("\uff20", "").replace("\r", "").replace("\x0c", "")
    clean = "".join(one for one in clean if one == "\n" or unicodedata.category(one)[0] != "C").strip()
    parts = assert_safe(written(clean, author=0).html)
    assert "".join(parts.text.split()) == "".join(clean.split())


HOSTILE = [
    "@",
    "@abc",
    "@abc.",
    "@abc--",
    "@\u200b",
    "@abc" + "\u200b" * 50 + ".",
    "#a\u00b7",
    "#a\u200f",
    '#א"ב"',
    "#ཀ་",
]
HOSTILE += [
    "https://a)",
    "https://a/(",
    "https://a/()",
    "'https://a",
    "\u2019https://a/\u2019",
    "https://a/a\ufe0f",
]
HOSTILE += [
    "https://a/" + "." * 1900 + "x",
    "https://a/" + "x" * 3000,
    f"https://a/می{ZWNJ}",
    f"https://a/👩{ZWJ}",
    "\u064b",
]


@pytest.mark.timed
@pytest.mark.parametrize("part", HOSTILE, ids=lambda part: ascii(part[:20]))
def test_no_text_takes_long_to_scan(part: str) -> None:
    """So many times longer texts than are taken, which the square of their length would take minutes for."""
    text = (part * 100_000)[:100_000]
    begun = time.process_time()
    assert "".join(piece.text for piece in pieces(text)) == text
    assert time.process_time() - begun < 5


@given(TEXTS)
def test_the_pieces_of_a_text_are_the_text(text: str) -> None:
    assert "".join(piece.text for piece in pieces(text)) == text


def test_people_are_linked_by_id_and_others_stay_text(ann: Person, bob: Person) -> None:
    post = ann.post(
        "posts", {"content": f"@{bob.name.upper()} and @{ann.name}, @nobody_here, @{bob.name}"}
    ).json
    assert [(one["id"], one["username"]) for one in post["mentions"]] == [
        (str(bob.id), bob.name),
        (str(ann.id), ann.name),
    ]
    parts = assert_safe(post["content_html"])
    assert parts.links() == [f"/api/v1/users/{one.id}" for one in (bob, ann, bob)]
    assert parts.text == post["content"]


def test_a_handle_of_another_network_names_nobody_here(ann: Person, bob: Person) -> None:
    text = f"@{bob.name}.bsky.social @{bob.name}@example.org @{bob.name}:matrix.example"
    path = f"posts/{ann.publish(text, visibility='mentioned')}"
    assert bob.get(path).status == 404
    for answer in (ann.get(path), ann.post(f"{path}/comments", {"content": text})):
        assert (answer.json["mentions"], answer.json["content_html"]) == ([], f"<p>{text}</p>")


def test_one_who_is_gone_is_mentioned_no_more(ann: Person) -> None:
    gone = Person()
    post = ann.publish(f"hi @{gone.name}")
    change_user(gone.id, State="suspended")
    cache.ask(("DEL", keys.cached_user(gone.id)), ("DEL", keys.cached_username(gone.name)))
    assert ann.get(f"posts/{post}").json["mentions"] == []
    later = ann.get(f"posts/{ann.publish(f'hi again @{gone.name}')}").json
    assert (later["mentions"], Parts(later["content_html"]).links()) == ([], [])


def test_one_who_blocks_another_is_not_shown_to_them_where_they_are_mentioned(
    ann: Person, bob: Person
) -> None:
    path = f"posts/{ann.publish(f'@{bob.name}')}"
    eve = Person()
    assert [one["id"] for one in eve.get(path).json["mentions"]] == [str(bob.id)]
    bob.post(f"users/{eve.id}/block")
    assert eve.get(path).json["mentions"] == []
    assert eve.post("posts", {"content": f"@{bob.name}"}).json["mentions"] == []
    for reader in (ann, Actor()):
        assert [one["id"] for one in reader.get(path).json["mentions"]] == [str(bob.id)]


def test_one_who_blocks_the_author_is_no_link_in_what_they_write(ann: Person, bob: Person) -> None:
    eve = Person()
    text = f"@{bob.name} @{eve.name}"
    post, other = ann.publish("before"), eve.publish()
    comment = ann.post(f"posts/{other}/comments", {"content": "before"}).json["id"]
    bob.post(f"users/{ann.id}/block")
    written = [
        ann.post("posts", {"content": text}, Idempotency_Key="a"),
        ann.post("posts", {"content": text}, Idempotency_Key="a"),
        ann.post(f"posts/{other}/comments", {"content": text}),
        ann.patch(f"posts/{post}", {"content": text}),
        ann.put(f"comments/{comment}", {"content": text}),
    ]
    read = [
        reader.get(path)
        for path in (f"posts/{post}", f"comments/{comment}")
        for reader in (ann, eve, Actor())
    ]
    for answer in written + read:
        assert [one["id"] for one in answer.json["mentions"]] == [str(eve.id)]
        assert Parts(answer.json["content_html"]).links() == [f"/api/v1/users/{eve.id}"]
        assert str(bob.id).encode() not in answer.content
    for key in (keys.post(post), keys.comment(int(comment))):
        assert str(bob.id) not in str(table.get_item(key))
    bob.delete(f"users/{ann.id}/block")
    assert ann.patch(f"posts/{post}", {"content": f"{text}!"}).json["mentions"][0]["id"] == str(bob.id)


def test_one_who_is_not_shown_to_a_reader_is_no_link_for_them(ann: Person, bob: Person) -> None:
    eve, code = Person(), f'<a class="mention" href="/api/v1/users/{bob.id}">x</a>'
    post = ann.publish(f"@{bob.name} {code}")
    comment = ann.post(f"posts/{post}/comments", {"content": f"@{ann.name} @{bob.name}"}).json["id"]
    bob.post(f"users/{eve.id}/block")
    ours, others = [f"/api/v1/users/{one.id}" for one in (ann, bob)]
    for reader, links in (
        (eve, [[], [ours]]),
        (ann, [[others], [ours, others]]),
        (Actor(), [[others], [ours, others]]),
    ):
        answers = [reader.get(path).json for path in (f"posts/{post}", f"comments/{comment}")]
        assert [Parts(answer["content_html"]).links() for answer in answers] == links
        assert Parts(answers[0]["content_html"]).text == answers[0]["content"] == f"@{bob.name} {code}"
    assert ann.patch(f"posts/{post}", {"content": "after"}).status == 200
    for reader, before in ((eve, []), (ann, [others]), (Actor(), [others])):
        (version,) = reader.get(f"posts/{post}/history").json["results"]
        assert Parts(version["content_html"]).links() == before


def test_an_edit_names_and_tags_anew(ann: Person, bob: Person) -> None:
    eve = Person()
    path = f"posts/{ann.publish(f'@{bob.name} #one #two')}"
    assert bob.get(path).json["tags"] == ["one", "two"]
    edited = ann.patch(path, {"content": f"@{eve.name} #two #three"}).json
    assert [one["id"] for one in edited["mentions"]] == [str(eve.id)]
    assert edited["tags"] == ["two", "three"]
    assert Parts(edited["content_html"]).text == edited["content"]
    assert bob.get(path).json["mentions"] == edited["mentions"]
    plain = ann.patch(path, {"content": "nothing"}).json
    assert (plain["mentions"], plain["tags"], plain["content_html"]) == ([], [], "<p>nothing</p>")


def test_people_may_be_named_20_times_and_hashtags_be_30(ann: Person) -> None:
    names = " ".join(f"@somebody_{n} @SOMEBODY_{n}" for n in range(20))
    tags = " ".join(f"#tag{n} #TAG{n}" for n in range(30))
    path = f"posts/{ann.publish(f'{names} {tags}')}"
    for more in ("@one_more", "#one_more"):
        for answer in (
            ann.post("posts", {"content": f"{names} {tags} {more}"}),
            ann.patch(path, {"content": f"{names} {tags} {more}"}),
        ):
            assert (answer.status, list(answer.json["errors"])) == (400, ["content"])


LARGE = {
    "hashtags": "#x" + "\u0301" * 12 + ",",
    "names": "@abc,",
    "wide hashtags": "#\U00020000,",
    "long hashtags": "#" + ("\U00011005" + "\U00011038" * 24) * 4 + " ",
    "links": "http://x.y ",
    "wide links": "https://example.org/" + "\U00020000" * 1900 + " ",
    "signs": "&",
    "wide": "\U00020000" + "\U000e0100" * 4,
    "lines": "x\n",
    "paragraphs": "x\n\n",
}


@pytest.mark.parametrize("part", LARGE.values(), ids=LARGE)
def test_the_largest_text_fits_into_an_item(ann: Person, part: str) -> None:
    text = (part * 25_000)[:25_000]
    while graphemes.count(text) > 5000:
        text = text[: max(5000, len(text) * 9 // 10)] if len(text) > 5000 else text[:-1]
    with configured(web_url="https://" + "a-long-name." * 6 + "example"):
        post = ann.post("posts", {"content": text, "spoiler_text": "\U00020000" * 300}).json
        assert "".join(Parts(post["content_html"]).text.split()) == "".join(text.split())
        assert ann.patch(f"posts/{post['id']}", {"content": text[1:]}).status == 200


@pytest.mark.parametrize("lines", [1, 2000])
def test_a_process_keeps_parsed_what_is_small(lines: int) -> None:
    post = rendering.render(new_post(ids.new_id(), 1, Draft("x y z\n" * lines)).wire(), {})
    comment = comments.render(
        new_comment(ids.new_id(), author=1, post=1, draft=Reply("x y z\n" * lines), depth=0).wire()
    )
    assert post
    assert comment
    assert (rendering.parse(post) is rendering.parse(post)) == (lines == 1)
    assert (comments.parse(comment) is comments.parse(comment)) == (lines == 1)
    assert rendering.parse(post) == rendering.parse(post)
    assert comments.parse(comment) == comments.parse(comment)


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("What a lovely morning, I had coffee in the garden", "en"),
        ("Guten Morgen zusammen, heute scheint die Sonne", "de"),
        ("Hoy hace muy buen tiempo en la ciudad", "es"),
        ("おはようございます、今日はいい天気ですね", "ja"),
        ("صباح الخير جميعا كيف حالكم اليوم", "ar"),
        ("Guten Morgen zusammen, heute https://english.example/is/in/the/url #andhere", "de"),
        ("ok", None),
        ("12345678901 !!! 👍👍👍", None),
        ("https://example.org/this/is/only/a/link/and/nothing/else", None),
    ],
)
def test_the_language_of_a_text_is_guessed_where_it_can_be_told(text: str, language: str | None) -> None:
    assert guess_language(text) == language


def test_a_language_is_taken_as_browsers_write_it(ann: Person) -> None:
    posts = [
        ann.post("posts", {"content": "hi", "language": tag}).json for tag in ("EN", "pt_br", "zh-hant-tw")
    ]
    assert [post["language"] for post in posts] == ["en", "pt-BR", "zh-Hant-TW"]
    assert ann.patch(f"posts/{posts[0]['id']}", {"language": "DE-at"}).json["language"] == "de-AT"


def test_what_others_read_holds_no_controls_and_turns_nothing_beyond_its_lines(ann: Person) -> None:
    body = {"content": "a\x1bb\u202ec\nd", "spoiler_text": "x\x07\u2067y"}
    post = ann.post("posts", body).json
    comment = ann.post(f"posts/{post['id']}/comments", {"content": body["content"]}).json
    assert post["content"] == comment["content"] == "ab\u202ec\u202c\nd"
    assert post["spoiler_text"] == "x\u2067y\u2069"
    assert post["content_html"] == comment["content_html"] == "<p>ab\u202ec\u202c<br>d</p>"
    again = ann.patch(f"posts/{post['id']}", {"content": "\x1b\u202e", "spoiler_text": ""})
    assert (again.status, list(again.json["errors"])) == (400, ["content"])


def test_a_language_that_is_declared_stands(ann: Person) -> None:
    german = "Guten Morgen zusammen, heute scheint die Sonne"
    answers = [
        ann.post("posts", {"content": german, **more}).json
        for more in ({}, {"language": "en"}, {"language": None})
    ]
    assert [post["language"] for post in answers] == ["de", "en", None]
    path = f"posts/{answers[1]['id']}"
    assert ann.patch(path, {"content": f"{german}!"}).json["language"] == "en"
    assert ann.put(path, {"content": german}).json["language"] == "de"
