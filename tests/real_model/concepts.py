"""Sorts what the real model wrote by what it was asked about, a file for each concept, for `train concepts`.

    python3 concepts.py OUT WRITTEN.jsonl..
"""
import collections
import json
import pathlib
import re
import sys

from prompts import ALL_WAYS, MANY

out, written = pathlib.Path(sys.argv[1]), sys.argv[2:]
NAMES = {"the Golden Gate Bridge": "Golden Gate Bridge", "the ocean": "ocean"}
concept_of = {way.format(subject): NAMES.get(subject, subject) for subject in MANY for way in ALL_WAYS}
texts = collections.defaultdict(list)
for path in written:
    for line in open(path):
        asked = json.loads(line)["text"][0]["content"]
        concept = concept_of.get(asked)
        if re.fullmatch(r"Write a paragraph in French .*", asked):
            concept = "French"
        if re.fullmatch(r"Write a Python program .*", asked):
            concept = "Python code"
        if concept:
            texts[concept].append(line)
out.mkdir(parents=True)
for concept, lines in texts.items():
    (out / f"{concept}.jsonl").write_text("".join(lines))
