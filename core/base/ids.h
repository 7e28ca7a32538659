#pragma once

#include <compare>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>

namespace core {

/// An integer that cannot be mixed up with one of another kind. -1 means "none".
template <typename Tag> struct Id {
    std::int32_t value = -1;

    constexpr Id() = default;
    constexpr explicit Id(std::int64_t v)
        : value(static_cast<std::int32_t>(v))
    {
    }
    constexpr bool isValid() const { return value >= 0; }
    constexpr std::size_t index() const { return static_cast<std::size_t>(value); } ///< If valid.
    constexpr auto operator<=>(const Id&) const = default;
};

using Layer = Id<struct LayerTag>; ///< A transformer block, from 0.
using Position = Id<struct PositionTag>; ///< Where a token stands in the prompt, from 0.
using FeatureId = Id<struct FeatureTag>; ///< A row of one dictionary.
using TokenId = Id<struct TokenTag>; ///< A vocabulary entry.

/// A feature at one place of a run: of the dictionary that reads this layer, at this position.
struct FeatureAt {
    Layer layer;
    Position position;
    FeatureId feature;

    auto operator<=>(const FeatureAt&) const = default;
};

/// A feature of one of the open dictionaries. The dictionary is named as `DictionaryInfo::name`.
struct FeatureRef {
    std::string dictionary;
    FeatureId feature;

    auto operator<=>(const FeatureRef&) const = default;
};

} // namespace core

template <typename Tag> struct std::hash<core::Id<Tag>> {
    std::size_t operator()(const core::Id<Tag>& id) const noexcept
    {
        return std::hash<std::int32_t>{}(id.value);
    }
};

template <> struct std::hash<core::FeatureRef> {
    std::size_t operator()(const core::FeatureRef& ref) const noexcept
    {
        return std::hash<std::string>{}(ref.dictionary) * 31u
            + std::hash<core::FeatureId>{}(ref.feature);
    }
};
