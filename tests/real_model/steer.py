"""Steers a real model to concepts, as a person does in the window, and says how often the answers are about them.

    python3 steer.py CLI MODEL WORKSPACE [CONCEPT..] [--json OUT]

WORKSPACE has the harvest of the dictionaries that open with the model. Of each concept the first hit of a search that
fires on at most 5 % of tokens is clamped at --strength times its maximum, with the guard on, at the window's temperature,
while 20 questions are answered. An answer is about the concept when it says at least two different words of the list
below as whole words, is whole (at most 15 % of its 4-grams said before, no word of four letters more than a tenth of it)
and is at least ten words long. Lists hold no word that is in a question. The second figure is the share of tokens on
which the clamped feature itself fires when the unsteered model reads the text.
"""
import argparse
import collections
import json
import re
import subprocess

QUESTIONS = [
    "What should I do this weekend?", "Tell me a story.", "What is your favourite thing?", "What did you do yesterday?",
    "How can I relax after work?", "What should I learn next?", "Give me an idea for a present.",
    "What makes a good friend?", "Write a short poem.", "What is important in life?", "How do I start a diary?",
    "What do you think about when you are alone?", "Describe something beautiful.", "What should I cook tonight?",
    "Tell me about yourself.", "What would you like to see?", "How was your day?", "Where should I go on holiday?",
    "What can I talk about at a party?", "Explain something interesting."]
COMMON = 0.05  # What fires more often is no sign of a topic: the past tense, lists, ...
CONCEPTS = {
    "Golden Gate Bridge": ("golden gate bridge",
                           "bridge bridges golden gate francisco bay span spans tower towers cable cables suspension"
                           " pedestrian pedestrians"),
    "Paris": ("paris", "paris parisian eiffel france french louvre seine montmartre notre dame"),
    "French": ("french", "le la les des est une dans pour avec et je vous que qui pas plus sur nous du au"),
    "code": ("python code", "def return print import list python code program function int string loop array"),
    "sadness": ("sadness", "sad sadness grief sorrow tears cry crying lonely loneliness despair loss pain mourning"
                               " melancholy depression heartbreak"),
    "counting": ("counting", "number numbers two three four five six seven eight nine ten count counting"
                                    " digit digits sum"),
    "dogs": ("dogs", "dog dogs puppy puppies pet pets breed breeds bark barking canine leash owner owners"),
    "the ocean": ("ocean", "ocean oceans sea seas wave waves marine fish coral shore water tide coast"),
    "Christmas": ("christmas", "christmas santa tree gifts ornaments carols eve december festive snow"),
    "war": ("war", "war wars battle soldier soldiers army military fight fighting enemy troops weapons"
                            " invasion peace"),
    "chocolate": ("chocolate", "chocolate chocolates cocoa sweet candy cream dessert milk sugar cake"),
}


def run(cli, *arguments):
    done = subprocess.run([cli, "--quiet", "--json", *arguments], capture_output=True, text=True)
    if done.returncode:
        raise SystemExit(done.stderr)
    return json.loads(done.stdout)


def is_about(text, words):
    said = re.findall(r"[^\W\d_]+", text.lower())
    if len(said) < 10:
        return False
    long_words = collections.Counter(word for word in said if len(word) >= 4)
    fours = [tuple(said[i:i + 4]) for i in range(len(said) - 3)]
    repeated = 1 - len(set(fours)) / max(1, len(fours))
    most = max(long_words.values(), default=0)
    return len(set(said) & words) >= 2 and repeated <= 0.15 and most <= max(2, len(said) / 10)


def mean(values):
    values = list(values)
    return sum(values) / len(values) if values else float("nan")


def answer(options, question, feature, seed):
    return run(options.cli, "generate", options.model, "--prompt", question, "--chat", "--max-tokens", "60",
               "--temperature", "0.6", "--seed", str(seed), "--kl-budget", f"{options.kl_budget:g}",
               "--intervene", f"{feature}:clamp={options.strength:g}x")


def concept_row(options, name):
    query, words = CONCEPTS[name][0], set(CONCEPTS[name][1].split())
    hits = [hit for hit in run(options.cli, "features", "search", options.workspace, query, "--limit", "12")["results"]
            if run(options.cli, "features", "show", options.workspace, hit["feature"])["density"] <= COMMON]
    best = hits[0]
    row = {"concept": name, "feature": best["feature"], "label": best["label"], "answers": []}
    for seed, question in enumerate(QUESTIONS[:options.questions]):
        got = answer(options, question, best["feature"], seed)
        row["answers"].append({
            "question": question, "steered": got["steered"]["text"], "normal": got["normal"]["text"],
            "share": got["steered"].get("change_share"), "on_topic": [got["normal"]["on_topic"], got["steered"]["on_topic"]],
            "about": [is_about(got[kind]["text"], words) for kind in ("normal", "steered")]})
    return row


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("cli")
    parser.add_argument("model")
    parser.add_argument("workspace")
    parser.add_argument("concepts", nargs="*", default=list(CONCEPTS))
    parser.add_argument("--strength", type=float, default=10)
    parser.add_argument("--kl-budget", type=float, default=0.2)
    parser.add_argument("--questions", type=int, default=len(QUESTIONS), help="the first so many")
    parser.add_argument("--json")
    options = parser.parse_args()
    rows = []
    print("| concept | feature | about it, steered (normal) | tokens on topic, steered (normal) |\n|---|---|---|---|")
    for name in options.concepts:
        row = concept_row(options, name)
        rows.append(row)
        about = [mean(answer["about"][i] for answer in row["answers"]) for i in (0, 1)]
        topic = [mean(answer["on_topic"][i] for answer in row["answers"]) for i in (0, 1)]
        print(f"| {name} | {row['feature']} \"{row['label']}\" | {about[1]:.2f} ({about[0]:.2f}) | {topic[1]:.2f} ({topic[0]:.2f}) |", flush=True)
        if options.json:
            with open(options.json, "w") as file:
                json.dump(rows, file, indent=1, ensure_ascii=False)


main()
