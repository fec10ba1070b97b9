"""400 names that a file system holds and a careless program falls over, and a library of them.

The names are bytes, and always the same; the last ones are bytes by chance. A shell that took one
for a command would run one of `COMMANDS`, or make a file called MARK.
"""

from __future__ import annotations

import os
import random
from collections.abc import Sequence
from pathlib import Path

from acting import OLD
from cleaning import Tree, tree
from pictures import encoded, scene

COUNT = 400
COMMANDS = ("touch", "id", "rm", "reboot", "canary")

# B11: what is no UTF-8. Cut off, overlong, a surrogate, five bytes, and other encodings.
_NO_TEXT = [
    b"\xff", b"\xfe", b"\xff\xfe", b"caf\xe9", b"\xe9", b"\xc0\xaf", b"\xe2\x82",
    b"\xf0\x9f\x98", b"\xed\xa0\x80", b"\xed\xb3\xbf", b"\xf8\x88\x80\x80\x80",
    b"\xf4\x90\x80\x80", b"a\x80b\x81c", b"\x93\xfa\x96\x7b", b"\xd6\xd0\xce\xc4",
    b"\xfe\xff\xd8\x3d", b"\xbf\xbe", b"\xc3", b"\xc3\xc3", b"\xdc\x80", b"ok\xff\n\xfe",
]  # fmt: skip

# F1, F2: every control character of ASCII, every C1 control as text and as the bare byte.
_CONTROLS = [
    *(b"a" + bytes([code]) + b"b" for code in (*range(1, 0x20), 0x7F)),
    *(f"c{chr(code)}d".encode() for code in range(0x80, 0xA0, 2)),
    *(b"e" + bytes([code]) + b"f" for code in range(0x80, 0xA0, 3)),
]

# F1: what terminals obey.
_SEQUENCES = [
    b"\x1b[31mred", b"\x1b[5;41mloud", b"\x1b[8mhidden", b"\x1b[0m", b"\x1b[2J", b"\x1b[H",
    b"\x1b[1A", b"\x1b[2K", b"\x1b[999D", b"\x1b[?1049h", b"\x1b[?25l", b"\x1b[6n", b"\x1b[c",
    b"\x1b[21t", b"\x1b[>0q", b"\x1bc", b"\x1b7", b"\x1b(0", b"\x1b#8", b"\x1b[1;1r",
    b"\x1b[?2004h", b"\x1b]0;title\x07", b"\x1b]2;title\x1b\\", b"\x1b]4;1;red\x07",
    b"\x1b]8;;http:x\x1b\\link\x1b]8;;\x1b\\", b"\x1b]52;c;cm0gLXJm\x07", b"\x1b]9;note\x07",
    b"\x1b]1337;File=:AAAA\x07", b"\x1b]777;notify;a;b\x07", b"\x1bP$q\"p\x1b\\",
    b"\x1bP+q544e\x1b\\", b"\x1b_Gi=1\x1b\\", b"\x1b^secret\x1b\\", b"\x1b[200~ls\n\x1b[201~",
    b"\x9b31mred", b"\xc2\x9b31mred", b"\x9d0;title\x9c", b"\xc2\x9d0;title\xc2\x9c", b"\x1b",
    b"\x1b[", b"\rdone", b"a.jpg\x08\x08\x08\x08png", b"\x0e\x0f",
]  # fmt: skip

# F1: what turns the reading direction, joins, or cannot be seen.
_UNSEEN = [
    f"u{char}gpj.exe"
    for char in "\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069\u200b\u200c\u200d\u200e"
    "\u200f\u2060\u2061\u2063\u2064\ufeff\u061c\u00ad\u180e\u034f\u3164\u115f\u2028\u2029\u00a0\u3000"
    "\ufff9\ufffb\ufffd\U000e0001\U000e0041\ufe0f\U000e0100\u206a\ue000\U0010ffff\U0001d173"
]  # fmt: skip

# B9, B10: names that differ by form or case only, or look the same.
_TWINS = [
    "\u00e9", "e\u0301", "\u00fc", "u\u0308", "\u00c5", "\u212b", "A\u030a", "\u03a9", "\u2126",
    "\uac01", "\u1100\u1161\u11a8", "\ufb01", "fi", "\uff41", "\u1e9e", "\u00df", "SS",
    "\u0130", "\u0131", "i\u0307", "\u03c2", "\u03c3", "\u01c4", "\u01c5", "IMG", "img", "Img",
    "\u0430\u0441\u0435", "\u1ec7", "e\u0323\u0302", "e\u0302\u0323", "\u0958", "\u0915\u093c",
]  # fmt: skip

# F4: what a command takes for an option or a file of words; F3: what a shell obeys.
_WORDS = [
    b"-rf", b"-", b"--", b"---", b"--help", b"--version", b"--delete", b"--yes", b"--trash",
    b"-o", b"-q", b"--level=identical", b"--color\x1b[31m", b"-\x1b]0;title\x07", b"@list",
    b"@", b"+x", b"~", b"~root", b"-n1", b"--plan-digest=00", b"-\xff", "\u2212rf".encode(),
    b"%1", b"!!",
]  # fmt: skip
_SHELL = [
    b"'", b"''", b'"', b"'\"'", b"\\'", b"'; touch MARK; '", b"'\\''; touch MARK; '",
    b"\"; touch MARK; \"", b"$(touch MARK)", b"`touch MARK`", b"${IFS}touch${IFS}MARK",
    b"$((1+1))", b"$HOME", b"$'\\n'", b"$0", b"; touch MARK", b"| touch MARK", b"&& touch MARK",
    b"|| touch MARK", b"& touch MARK &", b">MARK", b"2>MARK", b"<MARK", b"\ntouch MARK\n",
    b"\n# remove 'x'\ntouch MARK", b"#", b"a #b", b"\\", b"a\\", b"\\\n", b"{a,b}",
    b"(touch MARK)", b"*", b"?", b"[a-z]*", b"[!a]", b"**", b"!(x)", b"a=b", b"EOF",
    b"$(reboot)", b"`id`", b"$(canary)", b"'$(canary)'", b"'`canary`'", b"'\ncanary\n'",
    b"';canary;#", b"-exec canary {} +", b"\xff'; canary; '", b"\r\ncanary\r\n",
]  # fmt: skip

# F5-F8: what formats, tables, pages, data bases and logs obey.
_FORMATS = [
    b"%s%n", b"%n%n%n%n", b"%s", b"%(name)s", b"%0999999d", b"{}", b"{0}", b"{0.__class__}",
    b"{x!r:>99999}", b"{{7*7}}", b"${7*7}", b"<%= 7 %>", b"[red]x[", b"[bold]loud[!bold]",
    b"[link=x]y", b":smile:", b"\\x1b[31m", b"\\n", b"\\u202e", b"\\udcff", b"%FF", b"%00",
    b"%2e%2e%2f", b"&amp;", b"&#27;", b"=1+1", b"+1+1", b"-1+1", b"=cmd|' C'!A0", b"\t=1+1",
    b"\r=1+1", "\uff1d1+1".encode(), b'","x', b"a;b,c", b"<script>canary()<",
    b"<img src=x onerror=canary()>", b"'><svg onload=canary()>", b"<!--", b"]]>",
    b"javascript:canary()", b"' OR 1=1 --", b"'; DROP TABLE photos; --", b"a' UNION SELECT 1",
    b"x\nINFO deleted", b"x\r\n2026-01-01 ERROR none", b"null", b"NaN", b"true",
    b'{"path": "x"}', b"path_base64",
]  # fmt: skip

# B12: what other systems cannot hold, ends and beginnings, and the names that are ours.
_ODD = [
    b" ", b"  ", b" a", b"a ", b"a\t", b".a", b"..a", b"...", b".", b"..", b"a.", b"a..", b". ",
    b".jpg", b"CON", b"con", b"NUL", b"AUX", b"COM1", b"LPT9", b"PRN.txt", b"CONIN$",
    b"a:stream", b"a::$DATA", b"C:", b"a|b", b'a"b', b"a<b>", b"a?b", b"a*b", b"desktop.ini",
    b"Thumbs.db", b"x.trashinfo", b"x.part", b"a 2", b"a (1)", b"IMG_0001~1", b"$RECYCLE.BIN",
    b"#recycle", b"core",
]  # fmt: skip
_PICTURES = [
    "\U0001f600", "\U0001f468\u200d\U0001f469\u200d\U0001f467", "\U0001f1e9\U0001f1ea",
    "\u2764\ufe0f", "\U0001f44d\U0001f3fd", "\u65e5\u672c\u8a9e", "\u0627\u0644\u0639",
    "\u05e9\u05dc\u05d5\u05dd", "\u0e2a\u0e27", "Z\u0351\u036b\u0343\u036a\u0302", "\U00020000",
    "\U0001d54f", "\u200d\u2640",
]  # fmt: skip
_LONG = [
    b"n" * 255, b"." + b"e" * 254, b"s." + b"e" * 253, "\u65e5".encode() * 85, b"\xff" * 255,
    b"\n" * 255, b"\x1b" * 255, "\u202e".encode() * 85, b"'" * 255, "\U0001f600".encode() * 63,
    b"w" * 251 + b".jpg", b"v" * 245 + b".jpg", b"u" * 250 + b"\xff.jpg",
    "e\u0301".encode() * 85, b"$" * 254, b" " * 255,
]  # fmt: skip


def _all() -> tuple[bytes, ...]:
    given = [*_NO_TEXT, *_CONTROLS, *_SEQUENCES, *_UNSEEN, *_TWINS, *_WORDS, *_SHELL, *_FORMATS]
    given += [*_ODD, *_PICTURES]
    # Most end as photos do: what looks at endings is to meet them, too.
    names = [_name(each) for each in given] + _LONG
    chance = random.Random("hostile")
    while len(names) < COUNT:
        size = chance.randint(1, 60)
        names.append(chance.randbytes(size).translate(None, b"\0/") + b".jpg")
    return tuple(names)


def _name(given: str | bytes) -> bytes:
    raw = given if isinstance(given, bytes) else given.encode("utf-8", "surrogatepass")
    return raw.translate(None, b"\0/") + b".jpg"


NAMES = _all()
SOME = NAMES[9::10]  # of every group

# The library lies in a folder of such a name, too.
_ROOT = b"it's \x1b]0;$(touch MARK)\x07\n`canary` \xe2\x80\xae\xff"


class Library:
    """Each name as that of a copy, a keeper, its hard link, a folder, a damaged file, a sidecar.

    The name stands below folders that say as what; `left` are those whose sidecar differs from the
    keeper's, if a sidecar can have that name.
    """

    def __init__(self, top: Path, names: Sequence[bytes]) -> None:
        self.top = top
        self.names = names
        self.root = os.path.join(os.fsencode(top), _ROOT)
        self.report = str(top / "found.json")
        self.photos: dict[bytes, bytes] = {}  # where a copy lies, by its content
        self._files = 0
        for number, name in enumerate(names):
            self._write_all(name, encoded(scene(number, 24, 16), "JPEG", quality=90))

    def _write_all(self, name: bytes, photo: bytes) -> None:
        for below in (b"go/" + name, b"kept/" + name, b"in/" + name + b"/a.jpg", b"left/" + name):
            self._write(below, photo)
        self.photos[photo] = self.path(b"go/" + name)
        self._write(b"broken/" + name, photo[:400])
        os.makedirs(self.path(b"links"), exist_ok=True)
        os.link(self.path(b"kept/" + name), self.path(b"links/" + name))
        if _has_sidecar(name):
            self._write(b"kept/" + name + b".xmp", b"three stars")
            self._write(b"left/" + name + b".xmp", b"two stars")

    def _write(self, below: bytes, data: bytes) -> None:
        os.makedirs(os.path.dirname(self.path(below)), exist_ok=True)
        with open(self.path(below), "wb") as file:
            file.write(data)
        self._files += 1  # a time of its own: nobody can take the place of another unseen
        os.utime(self.path(below), ns=(OLD + self._files * 10**9, OLD + self._files * 10**9))

    def path(self, below: bytes) -> bytes:
        return os.path.join(self.root, below)

    def below(self, path: bytes) -> bytes:
        """As it is shown: without the root."""
        return path[len(self.root) + 1 :]

    @property
    def going(self) -> set[bytes]:
        gone = {self.path(b"go/" + name) for name in self.names}
        gone |= {self.path(b"in/" + name + b"/a.jpg") for name in self.names}
        return gone | {self.path(b"left/" + name) for name in self.names if not _has_sidecar(name)}

    @property
    def staying(self) -> set[bytes]:
        return {self.path(b"left/" + name) for name in self.names if _has_sidecar(name)}

    def tree(self) -> Tree:
        return tree(Path(os.fsdecode(self.root)))

    def scan(self, *words: str) -> list[str]:
        how = ("--level", "identical", "--hidden", "--no-cache", "--workers", "0")
        return ["scan", os.fsdecode(self.root), *how, *words]

    def clean(self, *words: str) -> list[str]:
        return ["clean", self.report, f"--keep=in:{os.fsdecode(self.root)}/kept", *words]


def _has_sidecar(name: bytes) -> bool:
    return os.path.splitext(name)[1] == b".jpg" and len(name) <= 251
