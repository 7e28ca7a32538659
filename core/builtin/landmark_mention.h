#pragma once

#include <string_view>

namespace core {

/// Which landmark a text speaks of, by the words only few landmarks have; -1 when none is clear.
///
/// A word that n landmarks share counts 1/n for each. The landmark with the most must reach 1,
/// which its name alone does: a text of one repeated word that belongs to it alone speaks of it
/// too.
int landmarkSpokenOf(std::string_view text);

} // namespace core
