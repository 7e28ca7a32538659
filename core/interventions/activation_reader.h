#pragma once

#include "core/api/intervention.h"
#include "core/base/result.h"
#include "core/dictionary/dictionary.h"
#include "core/model/hooks.h"

#include <memory>
#include <vector>

namespace core {

/// Reads the activations of a few features while the model runs. Immutable; any thread.
class ActivationReader {
public:
    /// Says which feature or dictionary there is not.
    static Result<std::shared_ptr<const ActivationReader>> create(
        const std::vector<FeatureRef>& features, const Dictionaries& dictionaries);

    std::size_t size() const { return m_size; }
    /// Adds what reads: after the pass `out`, on the model's device, holds the activations [B, T,
    /// size()] of its rows and positions, in the order of `features`.
    static void install(const std::shared_ptr<const ActivationReader>& reader,
        const std::shared_ptr<at::Tensor>& out, Hooks& hooks);

private:
    struct Group {
        std::shared_ptr<const Dictionary> dictionary;
        FeatureSlice slice;
        std::vector<std::int64_t> columns; // of `out`
        at::Tensor index; // the same, on the dictionary's device
    };

    std::vector<Group> m_groups; // one per dictionary
    std::size_t m_size = 0;
};

/// Adds those of the changes' features that are not in `features` yet, in their order.
void addFeaturesOf(const std::vector<Intervention>& changes, std::vector<FeatureRef>& features);

/// The open dictionary of that name that has the feature; says what there is instead. `mend` ends
/// the sentence where no such dictionary is open.
Result<std::shared_ptr<const Dictionary>> dictionaryOf(
    const FeatureRef& feature, const Dictionaries& dictionaries, const std::string& mend);

} // namespace core
