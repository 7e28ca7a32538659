#pragma once

#include "core/interventions/active_interventions.h"
#include "core/interventions/change_line.h"

#include <memory>
#include <mutex>
#include <vector>

#include <ATen/core/Tensor.h>

namespace core {

/// All interventions on one dictionary, as matrices.
struct ActiveInterventions::Group {
    /// A feature of the conditions, by its column of SteeredSpan::conditions, and what its
    /// activation must exceed; column -1: no condition.
    struct Threshold {
        std::int64_t column = -1;
        float above = 0.0f;
    };

    /// n changes to m different features.
    struct Part {
        std::vector<ChangeLine> lines;
        std::vector<PositionRange> positions;
        std::vector<Threshold> thresholds; ///< What each change waits for.
        at::Tensor slope, offset, bound; // [n]
        at::Tensor feature; // [n], of each change among the m; undefined where it is the same
        std::vector<at::Tensor> directions; // for each layer written [m, d_out]

        void add(
            FeatureId id, ChangeLine line, const PositionRange& where, const Threshold& threshold);
        /// The different features, in the order of first use; fills the tensors but `directions`.
        std::vector<FeatureId> finish(const at::TensorOptions& options);

        /// What each change adds, [.., n], from what each feature reads, [.., m].
        at::Tensor coefficients(const at::Tensor& read, bool isBoundedBelow) const;
        /// `values` as [length, n] beside `slope`. The last one is kept: a step of decoding asks
        /// for the same again, and a device need not be sent it twice.
        at::Tensor mask(std::vector<float> values, std::int64_t length) const;
        /// Of the changes, [.., n], to that of the features, [.., m].
        at::Tensor perFeature(const at::Tensor& coefficients) const;

    private:
        std::vector<FeatureId> m_ids; // of each change

        struct LastMask {
            std::mutex mutex;
            std::vector<float> values;
            at::Tensor mask;
        };
        std::shared_ptr<LastMask> m_last = std::make_shared<LastMask>();
    };

    std::shared_ptr<const Dictionary> dictionary;
    FeatureSlice slice; // of the features in `byActivation`
    Part byActivation, byProjection;

    bool readsElsewhere() const
    {
        return dictionary->config().hookIn != dictionary->config().hookOut;
    }
    HookPoint written(int offset) const
    {
        const HookPoint out = dictionary->config().hookOut;
        return offset == 0 ? out : HookPoint{out.kind, Layer(out.layer.value + offset)};
    }
    void finish();
};

/// Whether a change there acts on a position of the text.
bool acts(const PositionRange& range, std::int64_t position, const SteeredSpan& span);

} // namespace core
