#include "ui/train/text_choice.h"

#include "ui/style/icons.h"
#include "ui/style/metrics.h"
#include "ui/style/text.h"

#include <QComboBox>
#include <QFileDialog>
#include <QFileInfo>
#include <QHBoxLayout>
#include <QLabel>
#include <QLineEdit>
#include <QPushButton>
#include <QVBoxLayout>

namespace ui {

TextChoice::TextChoice(QWidget* parent)
    : QWidget(parent)
    , m_source(new QComboBox(this))
    , m_file(new QWidget(this))
    , m_path(new QLineEdit(m_file))
    , m_lines(new QWidget(this))
    , m_field(new QLineEdit(QStringLiteral("text"), m_lines))
{
    m_source->setObjectName(QStringLiteral("trainTextSource"));
    m_source->setAccessibleName(tr("Text to train on"));
    m_source->addItems({tr("written by the model itself"), tr("file or folder")});
    m_source->setToolTip(
        tr("A dictionary finds what happens inside on this text. Text of the kind that the model "
           "was trained on is best; what it writes itself is close to that and needs no file."));
    m_path->setObjectName(QStringLiteral("trainTextPath"));
    m_path->setAccessibleName(tr("Text file or folder"));
    m_path->setPlaceholderText(tr(".txt, .jsonl or a folder of them"));
    m_path->setToolTip(tr("In plain text documents are separated by blank lines; in .jsonl each "
                          "line is one. Each is read alone."));
    auto* file = new QPushButton(icon(Icon::Open), tr("File …"), m_file);
    file->setToolTip(tr("Choose a text file"));
    auto* folder = new QPushButton(icon(Icon::Open), tr("Folder …"), m_file);
    folder->setToolTip(tr("Choose a folder: all texts in it, at any depth, in the order of names"));
    auto* buttons = new QHBoxLayout;
    buttons->addWidget(file);
    buttons->addWidget(folder);
    buttons->addStretch(1);
    auto* fileColumn = new QVBoxLayout(m_file);
    fileColumn->setContentsMargins(0, 0, 0, 0);
    fileColumn->setSpacing(gap(this));
    fileColumn->addWidget(m_path);
    fileColumn->addLayout(buttons);
    m_field->setObjectName(QStringLiteral("trainTextField"));
    m_field->setToolTip(tr("The field of a line's object that holds the text"));
    auto* fieldLabel = new QLabel(tr("Field of .jsonl"), m_lines);
    fieldLabel->setBuddy(m_field);
    auto* fieldRow = new QHBoxLayout(m_lines);
    fieldRow->setContentsMargins(0, 0, 0, 0);
    fieldRow->addWidget(fieldLabel);
    fieldRow->addWidget(m_field, 1);
    auto* column = new QVBoxLayout(this);
    column->setContentsMargins(0, 0, 0, 0);
    column->setSpacing(gap(this));
    column->addWidget(m_source);
    column->addWidget(m_file);
    column->addWidget(m_lines);
    connect(file, &QPushButton::clicked, this, [this] {
        const QString path = QFileDialog::getOpenFileName(this, tr("Text to train on"), {},
            tr("Text (*.txt *.md *.jsonl *.ndjson);;All files (*)"));
        if (!path.isEmpty())
            m_path->setText(path);
    });
    connect(folder, &QPushButton::clicked, this, [this] {
        const QString path = QFileDialog::getExistingDirectory(this, tr("Texts to train on"));
        if (!path.isEmpty())
            m_path->setText(path);
    });
    const auto follow = [this] {
        showWhatApplies();
        Q_EMIT changed();
    };
    connect(m_source, &QComboBox::currentIndexChanged, this, follow);
    connect(m_path, &QLineEdit::textChanged, this, follow);
    connect(m_field, &QLineEdit::textChanged, this, &TextChoice::changed);
    showWhatApplies();
}

std::optional<core::TrainingText> TextChoice::text() const
{
    core::TrainingText text;
    if (m_source->currentIndex() == 1) {
        text.path = m_path->text().trimmed().toStdString();
        if (text.path.empty()) // which would mean that the model writes its own
            return {};
    }
    text.field = m_field->text().trimmed().toStdString();
    return text;
}

void TextChoice::setText(const core::TrainingText& text)
{
    m_source->setCurrentIndex(text.isWritten() ? 0 : 1);
    if (!text.isWritten())
        m_path->setText(toQString(text.path));
    m_field->setText(toQString(text.field));
}

void TextChoice::showWhatApplies()
{
    const bool isFile = m_source->currentIndex() == 1;
    const QFileInfo info(m_path->text().trimmed());
    m_file->setVisible(isFile);
    m_lines->setVisible(isFile
        && (info.suffix() == QLatin1String("jsonl") || info.suffix() == QLatin1String("ndjson")
            || info.isDir()));
}

} // namespace ui
