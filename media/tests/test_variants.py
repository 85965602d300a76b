"""What is made of pictures: sizes, colours, how they stand, and that nothing else is left in them."""

from pathlib import Path
from typing import Any

import pytest
from PIL import Image, ImageCms

from media.processing import Processed, Purpose, process
from media.tests.corpus.boxes import encoded
from media.tests.corpus.pictures import heic, place_and_camera

RED, GREEN, BLUE, YELLOW = (220, 40, 40), (40, 160, 40), (40, 60, 220), (220, 200, 40)
TOLERANCE = 40


def made(data: bytes, out: Path, *, declared: str = "image/jpeg", purpose: Purpose = "post") -> Processed:
    original, directory = out / "original", out / "variants"
    original.write_bytes(data)
    directory.mkdir()
    outcome = process(original, declared=declared, purpose=purpose, out=directory)
    assert isinstance(outcome, Processed), outcome
    return outcome


def opened(outcome: Processed, name: str) -> Image.Image:
    (found,) = [variant for variant in outcome.variants if variant.name == name]
    with Image.open(found.path) as image:
        image.load()
        assert image.size == (found.width, found.height)
        return image


def quarters(size: tuple[int, int]) -> Image.Image:
    """Red, green; blue, yellow."""
    image = Image.new("RGB", size, RED)
    width, height = size[0] // 2, size[1] // 2
    image.paste(GREEN, (width, 0, size[0], height))
    image.paste(BLUE, (0, height, width, size[1]))
    image.paste(YELLOW, (width, height, *size))
    return image


def is_near(found: object, colour: tuple[int, ...]) -> bool:
    assert isinstance(found, tuple)
    return all(abs(one - other) <= TOLERANCE for one, other in zip(found, colour, strict=False))


def stands_upright(image: Image.Image) -> bool:
    near_left, near_right = image.width // 8, image.width * 7 // 8
    high, low = image.height // 8, image.height * 7 // 8
    corners = [(near_left, high), (near_right, high), (near_left, low), (near_right, low)]
    colours = (RED, GREEN, BLUE, YELLOW)
    return all(is_near(image.getpixel(at), colour) for at, colour in zip(corners, colours, strict=True))


@pytest.mark.parametrize(
    ("size", "sizes"),
    [
        ((3000, 2000), [(320, 213), (640, 427), (1280, 853), (2048, 1365), (1280, 853)]),
        ((500, 1000), [(160, 320), (320, 640), (500, 1000), (500, 1000)]),
        ((20, 10), [(20, 10), (20, 10)]),
        ((9000, 2), [(320, 1), (640, 1), (1280, 1), (2048, 1), (1280, 1)]),
    ],
)
def test_no_variant_is_larger_than_the_picture(
    tmp_path: Path, size: tuple[int, int], sizes: list[tuple[int, int]]
) -> None:
    outcome = made(encoded(quarters(size), "JPEG"), tmp_path)
    assert (outcome.width, outcome.height) == size
    names = [*(f"{bound}.webp" for bound in (320, 640, 1280, 2048)[: len(sizes) - 1]), "1280.jpg"]
    assert [one.name for one in outcome.variants] == names
    assert [opened(outcome, name).size for name in names] == sizes
    assert all(one.size == one.path.stat().st_size for one in outcome.variants)


TURNED = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_90,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_270,
}
"""How a camera that was held so has stored what stands upright."""


@pytest.mark.parametrize("orientation", TURNED)
def test_pictures_stand_upright_however_the_camera_was_held(tmp_path: Path, orientation: int) -> None:
    notes = Image.Exif()
    notes[0x0112] = orientation
    outcome = made(encoded(quarters((200, 100)).transpose(TURNED[orientation]), "JPEG", exif=notes), tmp_path)
    assert (outcome.width, outcome.height) == (200, 100)
    assert stands_upright(opened(outcome, "320.webp"))
    assert stands_upright(opened(outcome, "1280.jpg"))


def test_a_png_may_say_at_its_end_how_it_stands(tmp_path: Path) -> None:
    notes = Image.Exif()
    notes[0x0112] = 6
    stored = quarters((200, 100)).transpose(Image.Transpose.ROTATE_90)
    outcome = made(encoded(stored, "PNG", exif=notes), tmp_path, declared="image/png")
    assert stands_upright(opened(outcome, "320.webp"))


@pytest.mark.parametrize("orientation", [None, 6])
def test_a_heic_stands_upright_whatever_its_notes_say(tmp_path: Path, orientation: int | None) -> None:
    notes = Image.Exif()
    stored = quarters((200, 100))
    if orientation:  # the encoder makes of it the format's own turn, and a note of it
        notes[0x0112] = orientation
        stored = stored.transpose(Image.Transpose.ROTATE_90)
    outcome = made(heic(stored, exif=notes.tobytes()), tmp_path, declared="image/heic")
    assert (outcome.type, outcome.width, outcome.height) == ("image/heic", 200, 100)
    assert stands_upright(opened(outcome, "320.webp"))


def test_of_a_heic_that_holds_more_pictures_the_main_one_is_shown(tmp_path: Path) -> None:
    data = heic(quarters((200, 100)), Image.new("RGB", (64, 64)))
    outcome = made(data, tmp_path, declared="image/heic")
    assert (outcome.width, outcome.height, outcome.duration) == (200, 100, None)
    assert stands_upright(opened(outcome, "320.webp"))


def test_a_heic_may_be_seen_through(tmp_path: Path) -> None:
    outcome = made(heic(Image.new("RGBA", (64, 64), (0, 0, 0, 0))), tmp_path, declared="image/heic")
    assert opened(outcome, "320.webp").getchannel("A").getextrema() == (0, 0)


@pytest.mark.parametrize("options", [{}, {"progressive": True}, {"restart_marker_blocks": 3}])
def test_a_jpeg_whose_end_was_cut_off_is_shown_whole(tmp_path: Path, options: dict[str, Any]) -> None:
    whole = encoded(quarters((320, 160)), "JPEG", **options)
    shown = []
    for name, data in (("whole", whole), ("cut", whole[:-2]), ("shorter", whole[:-1])):
        (tmp_path / name).mkdir()
        shown.append(opened(made(data, tmp_path / name), "320.webp").tobytes())
    assert shown[0] == shown[1] == shown[2]


def test_variants_hold_nothing_but_pixels(tmp_path: Path) -> None:
    outcome = made(place_and_camera(), tmp_path)
    for variant in outcome.variants:
        left = opened(outcome, variant.name).info
        assert not {"exif", "xmp", "icc_profile", "comment"} & set(left), left


def profile_with_red_and_green_exchanged() -> bytes:
    plain = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    return plain.replace(b"rXYZ", b"*XYZ").replace(b"gXYZ", b"rXYZ").replace(b"*XYZ", b"gXYZ")


def test_colours_are_those_of_the_profile(tmp_path: Path) -> None:
    profile = profile_with_red_and_green_exchanged()
    outcome = made(encoded(Image.new("RGB", (64, 64), (255, 0, 0)), "JPEG", icc_profile=profile), tmp_path)
    assert is_near(opened(outcome, "320.webp").getpixel((30, 30)), (0, 255, 0))


def test_what_is_seen_through_stays_so_and_is_white_in_the_jpeg(tmp_path: Path) -> None:
    image = Image.new("RGBA", (64, 64), (0, 0, 0, 0))
    outcome = made(encoded(image, "PNG"), tmp_path, declared="image/png")
    assert opened(outcome, "320.webp").getchannel("A").getextrema() == (0, 0)
    assert is_near(opened(outcome, "1280.jpg").getpixel((30, 30)), (255, 255, 255))


def test_grey_of_16_bits_keeps_its_shades(tmp_path: Path) -> None:
    image = Image.frombytes("I;16", (64, 64), b"\x00\x80" * 4096)
    outcome = made(encoded(image, "PNG"), tmp_path, declared="image/png")
    assert is_near(opened(outcome, "320.webp").getpixel((30, 30)), (128, 128, 128))


def frames_of(image: Image.Image) -> list[tuple[int, int]]:
    """Where the middle of what is bright lies, and how long it stays, frame by frame."""
    found = []
    for number in range(getattr(image, "n_frames", 1)):
        image.seek(number)
        box = image.convert("L").point(lambda value: 255 if value > 128 else 0).getbbox()
        assert box
        found.append((image.info["duration"], (box[0] + box[2]) // 2))
    return found


@pytest.mark.parametrize(
    ("form", "declared"),
    [("GIF", "image/gif"), ("PNG", "image/png"), ("WEBP", "image/webp"), ("AVIF", "image/avif")],
)
def test_animations_move_as_they_did(tmp_path: Path, form: str, declared: str) -> None:
    frames = [Image.new("RGB", (400, 100)) for _ in range(5)]
    for number, frame in enumerate(frames):
        frame.paste("white", (number * 80, 20, number * 80 + 60, 80))
    data = encoded(frames[0], form, save_all=True, append_images=frames[1:], duration=120, loop=0)
    outcome = made(data, tmp_path, declared=declared)
    assert outcome.duration == pytest.approx(0.6)
    assert [variant.name for variant in outcome.variants] == ["320.webp", "640.webp", "640.jpg"]
    (moving,) = [variant for variant in outcome.variants if variant.name == "640.webp"]
    with Image.open(moving.path) as image:
        found = frames_of(image)
    assert [lasts for lasts, _ in found] == [120] * 5
    assert [middle for _, middle in found] == pytest.approx([30, 110, 190, 270, 350], abs=4)


def test_frames_without_a_delay_are_shown_as_browsers_show_them(tmp_path: Path) -> None:
    frames = [Image.new("RGB", (40, 40), colour) for colour in ("red", "blue")]
    data = encoded(frames[0], "GIF", save_all=True, append_images=frames[1:], duration=0, loop=0)
    assert made(data, tmp_path, declared="image/gif").duration == pytest.approx(0.2)


@pytest.mark.parametrize(("purpose", "shape", "names"), [
    ("avatar", (300, 300), ["128.webp", "320.webp", "320.jpg"]),
    ("cover", (600, 200), ["640.webp", "1280.jpg"]),
])  # fmt: skip
def test_avatars_and_covers_are_cut_to_their_middle(
    tmp_path: Path, purpose: Purpose, shape: tuple[int, int], names: list[str]
) -> None:
    size = (600, 300) if purpose == "avatar" else (600, 600)
    outcome = made(encoded(quarters(size), "JPEG"), tmp_path, purpose=purpose)
    assert (outcome.width, outcome.height) == shape
    assert [variant.name for variant in outcome.variants] == names
    assert stands_upright(opened(outcome, names[1 if purpose == "avatar" else 0]))


def test_the_blurhash_tells_pictures_apart(tmp_path: Path) -> None:
    hashes = set()
    for name, colour in (("one", RED), ("two", BLUE)):
        (tmp_path / name).mkdir()
        hashes.add(made(encoded(Image.new("RGB", (90, 60), colour), "JPEG"), tmp_path / name).blurhash)
    assert len(hashes) == 2
    assert {len(one or "") for one in hashes} == {28}
