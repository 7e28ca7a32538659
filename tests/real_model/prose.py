"""Writes prose for training dictionaries of a real model: a .jsonl, a document a line in field `text`, as what a user
says in a chat: the first word of a plain text has an activation of another size than all others. Documents are short
enough for a passage of 256 tokens with the chat template, lest a second passage begin with one of their words.

    python3 prose.py FOLDER OUT

FOLDER holds these Debian packages, unpacked one over the other (dpkg -x):
anarchism (essays, GPL-2), debian-handbook (GPL-2+ or CC BY-SA 3.0), dict-gcide (a dictionary, GPL-3+),
dict-foldoc (computing, GFDL-1.1+), dict-jargon (public domain), fortunes (quotations, BSD and public domain).
"""
import glob
import gzip
import html
import json
import pathlib
import random
import re
import sys

MOST = {"dict-gcide": 6_000_000, "dict-foldoc": 3_000_000, "dict-jargon": 2_000_000}  # characters
LONGEST, SHORTEST = 750, 80
DIGITS = {c: i for i, c in enumerate(
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/")}


def plain(page):
    page = re.sub(r"(?s)<(script|style|pre|table).*?</\1>", "", page)
    page = re.sub(r"(?i)</(p|h\d|li|div)>|<br ?/?>", "\n\n", page)
    return html.unescape(re.sub(r"<[^>]+>", "", page))


def pieces(text):
    """Whole paragraphs, as many as fit into LONGEST characters."""
    piece = ""
    for paragraph in re.split(r"\n\s*\n", text):
        paragraph = " ".join(paragraph.split())
        if piece and len(piece) + len(paragraph) > LONGEST:
            yield piece
            piece = ""
        piece += ("\n\n" if piece and paragraph else "") + paragraph
    yield piece


def entries(folder, name):
    """The articles of a dictd dictionary: index lines are word, offset, length in base 64."""
    number = lambda text: sum(DIGITS[c] * 64**i for i, c in enumerate(reversed(text)))
    data = gzip.open(folder / f"share/dictd/{name}.dict.dz").read()
    seen = set()
    for line in open(folder / f"share/dictd/{name}.index", errors="replace"):
        word, offset, length = line.rstrip("\n").split("\t")[:3]
        if word.startswith("00") or offset in seen:
            continue
        seen.add(offset)
        at = number(offset)
        text = data[at:at + number(length)].decode("utf-8", "replace")
        text = re.sub(r"\[[^\]]*(Webster|PJC|WordNet)[^\]]*\]", "", text)
        yield " ".join(re.sub(r"[\\{}]", "", text).split())


def documents(folder):
    for name, pattern in (("anarchism", "anarchism/html"), ("debian-handbook", "debian-handbook/html/en-US")):
        for page in sorted(glob.glob(str(folder / f"share/doc/{pattern}/*.html"))):
            for piece in pieces(plain(open(page, errors="replace").read())):
                yield name, piece
    for name in ("gcide", "foldoc", "jargon"):
        for text in entries(folder, name):
            yield "dict-" + name, text
    for path in sorted((folder / "share/games/fortunes").iterdir()):
        if "." not in path.name and path.name != "ascii-art" and not path.is_symlink():
            for text in path.read_text(errors="replace").split("\n%\n"):
                yield "fortunes", " ".join(text.split())


def main():
    folder, out = pathlib.Path(sys.argv[1]) / "usr", pathlib.Path(sys.argv[2])
    chance = random.Random(1)
    by_source = {}
    for source, text in documents(folder):
        if SHORTEST <= len(text) <= LONGEST:
            by_source.setdefault(source, []).append(text)
    lines = []
    for source, texts in by_source.items():
        chance.shuffle(texts)
        taken = 0
        for text in texts:
            taken += len(text)
            if taken > MOST.get(source, 10**9):
                break
            lines.append(json.dumps({"text": [{"role": "user", "content": text}], "source": source}, ensure_ascii=False))
        print(f"{source}: {min(taken, MOST.get(source, 10**9)):,} characters", file=sys.stderr)
    chance.shuffle(lines)
    out.write_text("\n".join(lines) + "\n")


main()
