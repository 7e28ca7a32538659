#pragma once

#include "core/api/dictionary_info.h"
#include "core/api/what_steers.h"
#include "ui/shared/row_model.h"

#include <cstdint>
#include <vector>

namespace ui {

/// A feature that was tried, as a row: what it makes the model write at its best strength.
struct SteeringRow {
    core::SteeringCandidate candidate;
    bool steers = false; ///< Whole text, clearly more on topic than normal text.
    double normal = 0.0; ///< On-topic share of normal text.
};

/// Features by how well they steer, best first; those that do not are grey and last.
class SteeringCandidateModel : public RowModel<SteeringRow> {
    Q_OBJECT
public:
    enum Column : std::uint8_t { Feature, Label, Steers, Strength, OnTopic, Surprisal, Text };

    explicit SteeringCandidateModel(QObject* parent = nullptr);

    void setAnswer(const core::WhatSteers& answer, const std::vector<core::DictionaryInfo>& open);

protected:
    QVariant more(const SteeringRow& row, int column, int role) const override;

private:
    static Columns columns(const std::vector<core::DictionaryInfo>& open);
};

} // namespace ui
