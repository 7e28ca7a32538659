"""Prints what the real model is asked to write about: each subject in three ways, and some subjects in many more.

    python3 prompts.py SUBJECTS.txt > prompts.txt
    python3 prompts.py > prompts.txt     those subjects alone, three times: for directions of concepts
"""
import pathlib
import sys

WAYS = ["Tell me about {}.", "Write a short story about {}.", "What should I know about {}?"]
# More of what people like to steer with: a landmark, a city, a language, code, a mood, numbers, and so on. Dictionaries
# give features to what comes often.
MORE = ["Describe {} to someone who has never heard of it.", "Write a letter to a friend about {}.",
        "Write a poem about {}.", "Why do people care about {}?", "Explain {} to a child.",
        "Tell me a surprising fact about {}.", "Write a diary entry about {}.", "Give me some advice about {}.",
        "How does {} change over the years?", "Write a dialogue in which two people talk about {}."]
MANY = ["the Golden Gate Bridge", "Paris", "sadness", "counting", "dogs", "the ocean", "Christmas", "music", "war",
        "chocolate", "chess"]
# Another ten ways for those.
YET_MORE = ["Describe a picture of {}.", "What do visitors from another planet need to know about {}?",
            "Write a newspaper article about {}.", "Write a speech about {}.", "What is the best thing about {}?",
            "Tell me about a memory of {}.", "Write a song about {}.", "Ask me five questions about {}, with answers.",
            "What is often misunderstood about {}?", "Write a scene of a film about {}."]
BRIDGE = ["crossing the Golden Gate Bridge on foot", "cycling over the Golden Gate Bridge",
          "the fog at the Golden Gate Bridge", "the towers of the Golden Gate Bridge", "painting the Golden Gate Bridge",
          "a weekend near the Golden Gate Bridge", "the engineers of the Golden Gate Bridge",
          "a picnic with a view of the Golden Gate Bridge", "sailing under the Golden Gate Bridge",
          "a photograph of the Golden Gate Bridge", "the history of the Golden Gate Bridge",
          "the view from the Golden Gate Bridge", "a sunset at the Golden Gate Bridge",
          "a family that visits the Golden Gate Bridge", "running over the Golden Gate Bridge",
          "the cables of the Golden Gate Bridge", "a storm at the Golden Gate Bridge",
          "an old man who built the Golden Gate Bridge", "the traffic on the Golden Gate Bridge",
          "the birds at the Golden Gate Bridge"]
TASKS = ["sorts a list", "counts the words in a file", "computes prime numbers", "reverses a string",
         "reads a CSV file", "finds the largest number", "draws a triangle of stars", "checks a password",
         "converts Celsius to Fahrenheit", "removes duplicates from a list", "downloads a web page",
         "plays rock, paper, scissors", "adds two matrices", "prints a calendar", "searches a sorted list"]
THEMES = ["my family", "the weather", "a trip to the sea", "my favourite meal", "a busy morning", "the market",
          "an old house", "my dog", "a birthday", "winter in the city", "a football match", "the school",
          "a film I saw", "my work", "a walk in the forest"]
SUMS = ["Count from {} to {}.".format(a, a + 20) for a in (1, 30, 100, 2000, 55)] + [
    "Write the multiplication table of {}.".format(n) for n in (3, 7, 8, 12)] + [
    "What are the first 20 {}?".format(what)
    for what in ("even numbers", "odd numbers", "square numbers", "powers of two", "multiples of five")]

ALL_WAYS = WAYS + MORE + YET_MORE


def of_all(subjects):
    prompts = [way.format(subject) for subject in subjects if subject for way in WAYS]
    prompts += [way.format(subject) for subject in MANY for way in MORE + YET_MORE]
    prompts += [way.format(subject) for subject in BRIDGE for way in WAYS]
    prompts += [f"Write a {language} program that {task}." for task in TASKS for language in ("Python", "C", "JavaScript")]
    prompts += [f"Write a paragraph in {language} about {theme}."
                for theme in THEMES for language in ("French", "Spanish", "German")]
    return prompts + SUMS


def of_concepts():
    return 3 * [way.format(subject) for subject in MANY for way in ALL_WAYS] + 2 * [
        f"Write a paragraph in French about {theme}." for theme in THEMES] + 2 * [
        f"Write a Python program that {task}." for task in TASKS]


if __name__ == "__main__":
    chosen = of_all(pathlib.Path(sys.argv[1]).read_text().split("\n")) if len(sys.argv) > 1 else of_concepts()
    print("\n".join(chosen))
