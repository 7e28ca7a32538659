#pragma once

#include "core/api/feature_card.h"
#include "ui/shared/row_model.h"

#include <cstdint>

namespace ui {

/// Features that are like one feature, and how much.
class NearFeatureModel : public RowModel<core::NearFeature> {
    Q_OBJECT
public:
    enum class By : std::uint8_t {
        Decoder, ///< Cosine of the decoder directions, in the same dictionary.
        DecoderElsewhere, ///< The same in other dictionaries.
        Firing ///< Jaccard index of the tokens where they fire.
    };

    explicit NearFeatureModel(QObject* parent = nullptr);

    /// `open` says how dictionaries are called.
    void setNear(By by, std::vector<core::NearFeature> rows,
        const std::vector<core::DictionaryInfo>& open = {});
    By by() const { return m_by; }
    core::FeatureRef featureAt(int row) const;

protected:
    QVariant more(const core::NearFeature& near, int column, int role) const override;

private:
    Columns columns(const std::vector<core::DictionaryInfo>& open) const;

    By m_by = By::Decoder;
};

} // namespace ui
