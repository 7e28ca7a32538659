#pragma once

#include "core/builtin/document.h"
#include "core/builtin/random_source.h"

#include <vector>

namespace core {

/// The endless text of the built-in world. The same seed gives the same texts everywhere.
///
/// Use one seed for training and another for measuring: texts then differ, facts do not. The
/// combinations `isHeldOut` names are in neither.
class World {
public:
    explicit World(std::uint64_t seed)
        : m_random(seed)
    {
    }

    /// A document of a kind drawn from the world's mixture; its nats include that draw.
    Document next();
    /// A document of this kind; its nats include the price of the kind in the mixture.
    Document next(DocumentKind kind);

    /// How often a kind is drawn, 0 to 1.
    static double share(DocumentKind kind);

private:
    RandomSource m_random;
};

} // namespace core
