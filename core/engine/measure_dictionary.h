#pragma once

#include "core/api/evaluate.h"
#include "core/engine/context.h"
#include "core/engine/loaded_model.h"
#include "core/training/evaluate.h"

#include <memory>
#include <string>
#include <vector>

namespace core {

/// A text to measure on: its words, or a file of them; "builtin" is text of the built-in world.
struct MeasuredText {
    std::string text, corpusPath;
    std::int64_t tokens = 0; ///< At most so many; 0 = all.
    std::string field = "text"; ///< The text's field in a .jsonl.
};

struct MeasuredDictionary {
    DictionaryQuality quality;
    DictionaryEvaluation evaluation; ///< What the figures were made from, feature by feature.
};

/// Quality of a dictionary that need not be among the open ones on a text that the open model
/// reads. `crossLayers`: all layers of its set, where it is one of a cross-layer transcoder.
Result<MeasuredDictionary> measureDictionary(const LoadedModel& model, const Dictionary& dictionary,
    const Dictionaries& crossLayers, const MeasuredText& text, const TextStart& start,
    const Context& context);

/// The quantiles of the finite ones of some numbers; zeros where there are none.
FeatureSpread spreadOf(std::vector<double> numbers);

/// A row for each feature: density, consistency, norm and bias of its encoder, cosine of what it
/// reads and writes.
Result<void> writeFeatureFigures(
    const std::string& path, const Dictionary& dictionary, const DictionaryEvaluation& evaluation);

} // namespace core
