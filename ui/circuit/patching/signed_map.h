#pragma once

#include <vector>

#include <QString>

namespace ui {

/// A small matrix of signed numbers with names on both sides, as heat maps of patching are: plain
/// data and how it is put into words.
struct SignedMap {
    struct Column {
        QString number; ///< "5": a position or a head.
        QString text; ///< "·Dallas"; may be empty.
        QString second; ///< "·Oakland": what the other prompt has here; empty when it is the same.
    };

    QString title; ///< "resid_pre, exact"
    QString rowAxis, columnAxis; ///< "layer", "position"
    QString unit; ///< "logits"; may be empty.
    QString note; ///< Stands under a saved picture.
    std::vector<QString> rows; ///< From top to bottom.
    std::vector<Column> columns;
    std::vector<float> values; ///< [rows * columns], row by row; NaN where there is none.
    double scale = 0.0; ///< Gets the strongest colour; 0 = the largest of |values|.

    bool isEmpty() const { return rows.empty() || columns.empty(); }
    double at(int row, int column) const; ///< NaN out of range.
    double fullScale() const;
    QString columnTitle(int column) const; ///< "5 ·Dallas | ·Oakland"
    QString describe(int row, int column) const; ///< A sentence; empty out of range.
    QString toTable() const; ///< Tab-separated, for the clipboard.
    QString toCsv() const; ///< RFC 4180.
};

/// For a cell of a map whose largest value is `scale`: as many decimals as tell its cells apart,
/// "0" for what would be zero with them.
QString signedCellText(double value, double scale);
/// "+0.42", "−1.3", "0": the sign always stands there. Empty for NaN.
QString signedText(double value, int significant = 2);

} // namespace ui
