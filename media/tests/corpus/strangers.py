"""Other types, under the names of those that are taken; and polyglots, that are two things at once."""

import gzip
import zipfile
from io import BytesIO

from media.tests.corpus import READY, SECRET, Case
from media.tests.corpus.boxes import (
    chunk,
    drawing,
    encoded,
    ftyp,
    gif_frame,
    gif_head,
    jpeg_with,
    riff,
    segment,
)

SVG = (
    b'<?xml version="1.0"?><svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script>'
    b'<image href="http://127.0.0.1/"/></svg>'
)
ENTITIES = b'<!DOCTYPE svg [<!ENTITY x SYSTEM "file:///etc/passwd">]><svg><text>&x;</text></svg>'
MVG = b"push graphic-context\nviewbox 0 0 640 480\nfill 'url(https://127.0.0.1/x.jpg\"|ls \"-la)'\npop graphic-context"
MSL = b'<?xml version="1.0"?><image><read filename="caption:x"/><write filename="info:/tmp/x.php"/></image>'
PHP = b"<?php system($_GET['c']); ?>"
HTML = b"<!doctype html><script>alert(document.domain)</script>"
PLAYLIST = b"#EXTM3U\n#EXT-X-MEDIA-SEQUENCE:0\n#EXTINF:10.0,\n%s\n#EXT-X-ENDLIST\n"


def archive() -> bytes:
    file = BytesIO()
    with zipfile.ZipFile(file, "w") as opened:
        opened.writestr("secret.txt", SECRET)
    return file.getvalue()


def zip_bomb() -> bytes:
    file = BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as opened:
        opened.writestr("zeros", bytes(50_000_000))
    return file.getvalue()


def avi_with_playlist() -> bytes:
    return riff(b"AVI ", b"LIST\x04\x00\x00\x00hdrl" + b"GAB2\x00" + PLAYLIST % b"file:///etc/passwd")


def _form(form: str) -> bytes:
    return encoded(drawing(), form)


UNKNOWN = [
    Case("one byte", "image/jpeg", "type-unknown", lambda: b"\xff"),
    Case("HTML named .jpg", "image/jpeg", "type-unknown", lambda: HTML),
    Case("SVG with a script named .png", "image/png", "type-unknown", lambda: SVG),
    Case("SVG that asks for a file", "image/png", "type-unknown", lambda: ENTITIES),
    Case("SVG, compressed", "image/webp", "type-unknown", lambda: gzip.compress(SVG)),
    Case("ImageMagick's drawing commands", "image/jpeg", "type-unknown", lambda: MVG),
    Case("ImageMagick's scripts", "image/gif", "type-unknown", lambda: MSL),
    Case("PostScript", "image/png", "type-unknown", lambda: b"%!PS\n(/etc/passwd) (r) file\n"),
    Case("PDF", "image/jpeg", "type-unknown", lambda: b"%PDF-1.7\n1 0 obj<</JS(app.alert(1))>>"),
    Case("a program", "image/jpeg", "type-unknown", lambda: b"\x7fELF\x02\x01\x01" + bytes(200)),
    Case("a shell script", "image/gif", "type-unknown", lambda: b"#!/bin/sh\nid\n"),
    Case("TIFF", "image/jpeg", "type-unknown", lambda: _form("TIFF")),
    Case("BMP", "image/png", "type-unknown", lambda: _form("BMP")),
    Case("ICO", "image/png", "type-unknown", lambda: _form("ICO")),
    Case("JPEG 2000", "image/jpeg", "type-unknown", lambda: _form("JPEG2000")),
    Case("Photoshop", "image/png", "type-unknown", lambda: b"8BPS\x00\x01" + bytes(100)),
    Case("a camera's raw picture", "image/heic", "type-unknown", lambda: ftyp(b"crx ", b"isom") + bytes(64)),
    Case(
        "pictures of no known codec", "image/heic", "type-unknown", lambda: ftyp(b"mif1", b"avci") + bytes(64)
    ),
    Case("sound alone", "video/mp4", "type-unknown", lambda: ftyp(b"M4A ", b"isom", b"mp42") + bytes(64)),
    Case(
        "Matroska that is no WebM",
        "video/webm",
        "type-unknown",
        lambda: b"\x1a\x45\xdf\xa3\x8b\x42\x82\x88matroska",
    ),
    Case("a playlist of a file", "video/mp4", "type-unknown", lambda: PLAYLIST % b"file:///etc/passwd"),
    Case(
        "a playlist of the network",
        "video/mp4",
        "type-unknown",
        lambda: PLAYLIST % b"http://169.254.169.254/",
    ),
    Case("a concat script", "video/mp4", "type-unknown", lambda: b"ffconcat version 1.0\nfile /etc/passwd\n"),
    Case(
        "a session description",
        "video/webm",
        "type-unknown",
        lambda: b"v=0\nc=IN IP4 127.0.0.1\nm=video 9 RTP/AVP 96\n",
    ),
    Case("AVI with a playlist in it", "video/mp4", "type-unknown", avi_with_playlist),
]
OTHERS = [
    Case("nothing", "image/jpeg", "empty", lambda: b""),
    Case("ZIP as a picture", "image/png", "type-unfit", archive),
    Case("a picture as an import", "application/zip", "type-unfit", lambda: _form("PNG"), "import"),
    Case("ZIP bomb, read elsewhere", "application/zip", READY, zip_bomb, "import"),
    Case("JPEG declared as PNG", "image/png", READY, lambda: _form("JPEG")),
    Case("PNG declared as GIF", "image/gif", READY, lambda: _form("PNG")),
    Case("GIF declared as WebP", "image/webp", READY, lambda: _form("GIF")),
    Case("WebP declared as AVIF", "image/avif", READY, lambda: _form("WEBP")),
    Case("PNG declared as MP4", "video/mp4", "type-mismatch", lambda: _form("PNG")),
    Case(
        "larger than any picture", "image/jpeg", "too-large", lambda: _form("JPEG") + bytes(16 * 1024 * 1024)
    ),
]
POLYGLOTS = [
    Case("a GIF's first bytes before PHP", "image/gif", "damaged", lambda: b"GIF89a" + PHP),
    Case(
        "GIF with PHP behind it",
        "image/gif",
        READY,
        lambda: gif_head(1, 1) + gif_frame() + b";" + PHP + SECRET,
    ),
    Case(
        "GIF with ZIP behind it", "image/gif", READY, lambda: gif_head(1, 1) + gif_frame() + b";" + archive()
    ),
    Case("JPEG with ZIP behind it", "image/jpeg", READY, lambda: _form("JPEG") + archive()),
    Case("JPEG with HTML in a comment", "image/jpeg", READY, lambda: jpeg_with(segment(0xFE, HTML + SECRET))),
    Case(
        "JPEG with PDF in a comment",
        "image/jpeg",
        READY,
        lambda: jpeg_with(segment(0xFE, b"%PDF-1.7\n" + SECRET)),
    ),
    Case("PNG with HTML behind it", "image/png", READY, lambda: _form("PNG") + HTML + SECRET),
    Case(
        "PNG with a script in a text",
        "image/png",
        READY,
        lambda: _form("PNG")[:-12] + chunk(b"tEXt", b"x\x00" + HTML + SECRET) + _form("PNG")[-12:],
    ),
    Case("WebP with a playlist behind it", "image/webp", READY, lambda: _form("WEBP") + PLAYLIST % SECRET),
    Case(
        "MP4's first box before a playlist",
        "video/mp4",
        "damaged",
        lambda: ftyp(b"isom") + PLAYLIST % b"file:///etc/passwd",
    ),
]
CASES = UNKNOWN + OTHERS + POLYGLOTS
