// What reaches a text field when there is nothing to paste. The guard is the one of
// tests/ui/main.cpp.
#include "ui/shared/paste_guard.h"

#include <QApplication>
#include <QLineEdit>
#include <QMimeData>
#include <QPlainTextEdit>
#include <QTest>
#include <QTextEdit>

#include <gtest/gtest.h>

namespace {

/// Counts the pasting keys that reach the field.
template <typename Field> class PasteCounter : public Field {
public:
    int pastes = 0;

protected:
    void keyPressEvent(QKeyEvent* event) override
    {
        pastes += event->matches(QKeySequence::Paste) ? 1 : 0;
        Field::keyPressEvent(event);
    }
};

template <typename Field> class PasteGuardTest : public ::testing::Test {
protected:
    void SetUp() override
    {
        field.show();
        field.setFocus();
    }
    void TearDown() override { QApplication::clipboard()->clear(); }

    PasteCounter<Field> field;
};

using TextFields = ::testing::Types<QPlainTextEdit, QTextEdit, QLineEdit>;
TYPED_TEST_SUITE(PasteGuardTest, TextFields);

TYPED_TEST(PasteGuardTest, NothingIsPastedFromAnEmptyClipboard)
{
    QApplication::clipboard()->clear();
    QTest::keyClick(&this->field, Qt::Key_V, Qt::ControlModifier);
    QTest::keyClick(&this->field, Qt::Key_Insert, Qt::ShiftModifier);
    EXPECT_EQ(this->field.pastes, 0);
}

TYPED_TEST(PasteGuardTest, NothingIsPastedFromWhatIsNoText)
{
    auto* data = new QMimeData;
    data->setData(QStringLiteral("application/x-other"), QByteArray("1"));
    QApplication::clipboard()->setMimeData(data);
    QTest::keyClick(&this->field, Qt::Key_V, Qt::ControlModifier);
    EXPECT_EQ(this->field.pastes, 0);
}

TYPED_TEST(PasteGuardTest, TextIsPastedAndOtherKeysPass)
{
    QApplication::clipboard()->setText(QStringLiteral("Dallas"));
    QTest::keyClick(&this->field, Qt::Key_V, Qt::ControlModifier);
    QApplication::clipboard()->clear();
    QTest::keyClick(&this->field, Qt::Key_V);
    EXPECT_EQ(this->field.pastes, 1);
    this->field.selectAll();
    QTest::keyClick(&this->field, Qt::Key_C, Qt::ControlModifier);
    EXPECT_EQ(QApplication::clipboard()->text(), QStringLiteral("Dallasv"));
}

} // namespace
