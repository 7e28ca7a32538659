#pragma once

#include <cstdint>

#include <QWidget>

class QLabel;

namespace ui {

/// A sentence that wraps, with an icon that says how it is meant: what stays on a page, where a
/// MessageBar comes and goes. Never by colour alone. Hidden while it has nothing to say.
class Notice : public QWidget {
    Q_OBJECT
public:
    enum class Kind : std::uint8_t { Info, Good, Warning };

    explicit Notice(QWidget* parent = nullptr);

    void say(Kind kind, const QString& text); ///< Empty hides it.
    void clear() { say(Kind::Info, {}); }
    QString text() const;
    Kind kind() const { return m_kind; }

protected:
    void changeEvent(QEvent* event) override;

private:
    void paintKind();

    QLabel* m_icon;
    QLabel* m_text;
    Kind m_kind = Kind::Info;
};

} // namespace ui
