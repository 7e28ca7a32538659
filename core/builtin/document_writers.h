#pragma once

#include "core/builtin/text_writer.h"

namespace core {

/// One function per kind of document; each writes a whole text without its end mark.
void writeLandmark(TextWriter& writer);
void writeThingsToDo(TextWriter& writer);
void writeFood(TextWriter& writer);
void writeWeather(TextWriter& writer);
void writeStates(TextWriter& writer);
void writeAnimals(TextWriter& writer);
void writeWords(TextWriter& writer);
void writeRhyme(TextWriter& writer);
void writeArithmetic(TextWriter& writer);
void writeCode(TextWriter& writer);
void writeList(TextWriter& writer);
void writeRandomWords(TextWriter& writer);
void writeWandering(TextWriter& writer);

/// A question about a state and the sentence that answers it.
void writeStateDialogue(TextWriter& writer);

/// "Q: ...\nA: " before the answer.
void writeQuestion(TextWriter& writer, const SentenceTemplate& question, const Slots& slots);

} // namespace core
