"""The picture of somebody who has chosen none: drawn from their id, always the same, and different from others'."""

import hashlib

FIELDS = 5
"""A side; the right half mirrors the left, as faces do."""


def draw(user: int) -> bytes:
    """An SVG, square: fields of one colour on a pale ground of the same hue."""
    digest = hashlib.blake2b(b"%d" % user, digest_size=17).digest()
    hue = int.from_bytes(digest[:2], "big") % 360
    half = (FIELDS + 1) // 2
    path = "".join(
        f"M{x} {y}h1v1h-1z"
        for place, byte in enumerate(digest[2:])
        for y, left in [divmod(place, half)]
        if byte % 2
        for x in sorted({left, FIELDS - 1 - left})
    )
    return (
        '<svg xmlns="http://www.w3.org/2000/svg" viewBox="-1 -1 7 7" shape-rendering="crispEdges">'
        f'<rect x="-1" y="-1" width="7" height="7" fill="hsl({hue},45%,90%)"/>'
        f'<path d="{path}" fill="hsl({hue},55%,42%)"/></svg>'
    ).encode()
