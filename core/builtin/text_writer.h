#pragma once

#include "core/builtin/document.h"
#include "core/builtin/random_source.h"
#include "core/builtin/sentence_template.h"

#include <vector>

namespace core {

/// Writes one document choice by choice, adding up what each choice costs in nats.
class TextWriter {
public:
    TextWriter(RandomSource& random, DocumentKind kind);

    /// One of n equally likely choices.
    std::size_t pick(std::size_t n);
    /// True with this probability.
    bool chance(double probability);

    template <typename T> const T& oneOf(const std::vector<T>& choices)
    {
        return choices[pick(choices.size())];
    }

    /// A choice the caller already made and knows the price of.
    void charge(double nats) { m_document.nats += nats; }

    void write(std::string_view text) { m_document.text += text; }

    /// Fills the gaps with the subject's words.
    void sentence(const SentenceTemplate& form, const Slots& slots);

    /// From here on the document is about `subjects[topic]`; notes where its words leave no
    /// other subject possible.
    void stayOn(const std::vector<Subject>& subjects, std::size_t topic);

    void setLanguage(Language language) { m_document.language = language; }

    Document finish() { return std::move(m_document); }

private:
    void narrow(std::string_view slot, const std::string& wording);

    RandomSource& m_random;
    Document m_document;
    std::vector<const Subject*> m_possible;
};

} // namespace core
