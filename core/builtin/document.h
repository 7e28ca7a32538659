#pragma once

#include "core/builtin/concepts.h"

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace core {

enum class DocumentKind : std::uint8_t {
    Landmark,
    ThingsToDo,
    Food,
    Weather,
    States,
    Animals,
    Words,
    Rhyme,
    Arithmetic,
    Code,
    List,
    RandomWords, ///< A long row of unrelated words, said again.
    Wandering, ///< Changes its subject on the way.
};

constexpr std::size_t kDocumentKinds = 13;

std::string_view documentKindName(DocumentKind kind);

/// One text of the built-in world with what its writer knows about it.
struct Document {
    static constexpr std::size_t kNever = static_cast<std::size_t>(-1);

    DocumentKind kind = DocumentKind::Landmark;
    Language language = Language::English; ///< Of the first sentence; animals may change it.
    int topic = -1; ///< Landmark, city or animal it stays with; -1 if it has none.
    std::size_t topicKnownFrom = kNever; ///< Byte from which the words allow no other topic.
    double nats = 0; ///< -ln of the probability that the generator writes exactly this.
    std::string text;
};

} // namespace core
