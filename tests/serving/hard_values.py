"""Strings, numbers and bytes that programs get wrong, and bodies and messages made of them."""

import json

STRINGS = [
    "", " ", "\0", "a\0b", "\t\r\n\v\f\x1b[31m", "\x7f\x80\x9f", "\u200b\u200e\u202e\ufeff",
    "\ufffe\uffff", "가나다", "\u1100\u1161\u11a8", "é", "e\u0301", "Ω≈ç√∫", "Z̡̖̜͖̰̣͉̜A̷L̸G̴O̵",
    "😀👨\u200d👩\u200d👧🇰🇷", "𝒳\U0010ffff", "مرحبا ‏(שלום)", "ﷺ", "ﬁ", "İı", "ß", "\u2028\u2029",
    "NULL", "undefined", "true", "NaN", "-0", "1e309", "0x7f", "../../etc/passwd",
    "/v1/models/../..", "%00", "%2e%2e%2f", "%ZZ", "%", "a:b", "a/b?c#d", "${jndi:ldap://x}",
    "' OR 1=1 --", "<script>", "{{7*7}}", "$(reboot)", "%s%n%x", "\\", '"', "'", "\\u0000",
    "\\ud800", "b64", "{}", "[]", "a" * 5000, "한" * 700, "\ud800", "\udc80\udfff",
]  # fmt: skip
NUMBERS = [
    "0", "-0", "-0.0", "1", "-1", "127", "128", "256", "32768", "65536", "2147483647",
    "2147483648", "-2147483649", "4294967296", "9223372036854775807", "9223372036854775808",
    "-9223372036854775809", "18446744073709551615", "18446744073709551616", "1e5", "1E-400",
    "1e308", "1e309", "-1e400", "0.1", "3.4e39", "1" * 400, "0." + "3" * 400, "NaN", "-NaN",
    "Inf", "-Infinity", "01", "+1", ".5", "1.", "1e", "--1", "0x10", "1_000", "１",
]  # fmt: skip
LITERALS = [
    "null", "true", "false", "nul", "None", "{}", "[]", "[[]]", '{"b64": "YQ=="}', '{"b64": 1}',
]  # fmt: skip
KEYS = [
    "instances", "inputs", "examples", "context", "signature_name", "x", "a", "b", "text", "b64",
]  # fmt: skip
BYTES = [
    b"\xff", b"\xc0\x80", b"\xed\xa0\x80", b"\xf4\x90\x80\x80", b"\xef\xbb\xbf", b"\0",
    b"\x1f\x8b", b'"', b"{",
]  # fmt: skip


def value(rng, depth=0):
    """JSON, or nearly so."""
    kind = rng.randrange(10)
    if kind < 3 and depth < 4:
        return f"[{', '.join(value(rng, depth + 1) for _ in range(rng.randrange(4)))}]"
    if kind < 5 and depth < 4:
        pairs = (f"{string(rng, KEYS)}: {value(rng, depth + 1)}" for _ in range(rng.randrange(3)))
        return f"{{{', '.join(pairs)}}}"
    if kind < 7:
        return string(rng, STRINGS)
    return rng.choice(NUMBERS if kind < 9 else LITERALS)


def string(rng, choices):
    text = rng.choice(choices if rng.randrange(8) else STRINGS)
    return json.dumps(text, ensure_ascii=rng.random() < 0.5)


def body(rng, signatures):
    """A request's body: its shape is mostly right, what it holds is mostly wrong."""
    parts = [f'"signature_name": {string(rng, signatures)}']
    parts += [f"{string(rng, KEYS[:4])}: {value(rng)}" for _ in range(rng.randrange(1, 3))]
    rng.shuffle(parts)
    encoded = f"{{{', '.join(parts)}}}".encode("utf-8", "surrogatepass")
    return spoil(rng, encoded) if rng.random() < 0.3 else encoded


def spoil(rng, content):
    """Bytes with a few of them lost, exchanged or added."""
    spoiled = bytearray(content)
    for _ in range(rng.randrange(1, 4)):
        place = rng.randrange(len(spoiled) + 1)
        kind = rng.randrange(3)
        if kind == 0:
            spoiled[place:place] = rng.choice(BYTES)
        elif kind == 1:
            del spoiled[place : place + rng.randrange(1, 6)]
        else:
            spoiled[place : place + 1] = bytes([rng.randrange(256)])
    return bytes(spoiled)
