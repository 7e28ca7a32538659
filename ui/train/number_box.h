#pragma once

#include <QDoubleSpinBox>

namespace ui {

/// A number as people write it, without the zeros behind it: 0.002 in place of 0.002000.
class NumberBox : public QDoubleSpinBox {
public:
    using QDoubleSpinBox::QDoubleSpinBox;

    QString textFromValue(double value) const override
    {
        QString text = QDoubleSpinBox::textFromValue(value);
        const QString point = locale().decimalPoint(), zero = locale().zeroDigit();
        if (!text.contains(point))
            return text;
        while (text.endsWith(zero))
            text.chop(zero.size());
        if (text.endsWith(point))
            text.chop(point.size());
        return text;
    }
};

} // namespace ui
