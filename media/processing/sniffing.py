"""What a file is by its first bytes. Nothing is decoded here, and no name is asked."""

from pathlib import Path

_HEAD = 4096
_STARTS = {
    b"\xff\xd8\xff": "image/jpeg",
    b"\x89PNG\r\n\x1a\n": "image/png",
    b"GIF87a": "image/gif",
    b"GIF89a": "image/gif",
    b"PK\x03\x04": "application/zip",
    b"PK\x05\x06": "application/zip",
}
_EBML = b"\x1a\x45\xdf\xa3"
_DOCTYPE_WEBM = b"\x42\x82\x84webm"
_AVIF_BRANDS = frozenset({b"avif", b"avis"})
_HEIC_BRANDS = frozenset({b"heic", b"heix", b"heim", b"heis"})
_PICTURES = frozenset({b"mif1", b"mif2", b"msf1", b"miaf"})
"""Brands that say that a file holds pictures; which, the compatible ones say."""
_MP4_BRANDS = frozenset(
    {
        *(b"isom", b"iso2", b"iso3", b"iso4", b"iso5", b"iso6", b"iso7", b"iso8", b"iso9"),
        *(b"mp41", b"mp42", b"avc1", b"M4V ", b"MSNV", b"XAVC", b"dash"),
        *(b"3gp4", b"3gp5", b"3gp6", b"3gp7", b"3g2a"),
    }
)
_NO_VIDEOS = frozenset({b"crx ", b"M4A ", b"M4B ", b"M4P ", b"F4A ", b"jp2 ", b"jpx "})
"""Raw pictures of cameras, sound: they may call themselves compatible with MP4."""
_QUICKTIME_STARTS = frozenset({b"moov", b"mdat", b"wide", b"free", b"skip", b"pnot"})
"""The first box of videos as cameras wrote them before there were brands."""


def type_of(file: Path) -> str | None:
    """The media type, None for whatever isn't taken."""
    with file.open("rb") as opened:
        head = opened.read(_HEAD)
    for start, kind in _STARTS.items():
        if head.startswith(start):
            return kind
    if head[:4] == b"RIFF" and head[8:12] == b"WEBP":
        return "image/webp"
    if head[:4] == _EBML:
        return "video/webm" if _DOCTYPE_WEBM in head[:128] else None
    if head[4:8] in _QUICKTIME_STARTS:
        return "video/quicktime"
    return _iso(head) if head[4:8] == b"ftyp" else None


def _iso(head: bytes) -> str | None:
    """By the brands of the box that ISO media files begin with: the major one, then those it is compatible with."""
    box = head[: int.from_bytes(head[:4], "big")]
    major, compatible = box[8:12], {box[at : at + 4] for at in range(16, len(box), 4)}
    if major in _AVIF_BRANDS | _HEIC_BRANDS | _PICTURES:
        return _picture(major, compatible)
    if major == b"qt  ":
        return "video/quicktime"
    is_video = major in _MP4_BRANDS or (major not in _NO_VIDEOS and not compatible.isdisjoint(_MP4_BRANDS))
    return "video/mp4" if is_video else None


def _picture(major: bytes, compatible: set[bytes]) -> str | None:
    for brands, kind in ((_AVIF_BRANDS, "image/avif"), (_HEIC_BRANDS, "image/heic")):
        if major in brands or (major in _PICTURES and not compatible.isdisjoint(brands)):
            return kind
    return None
