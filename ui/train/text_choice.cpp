#include "ui/train/text_choice.h"

#include "ui/style/icons.h"
#include "ui/style/metrics.h"
#include "ui/style/text.h"

#include <QCheckBox>
#include <QComboBox>
#include <QDoubleSpinBox>
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
    , m_mixes(new QCheckBox(tr("files mixed"), this))
    , m_heldOut(new QDoubleSpinBox(this))
    , m_isCached(new QCheckBox(tr("activations on disk"), this))
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
                          "line is one, a text or a conversation. Each is read alone. Parquet: "
                          "convert it to .jsonl first."));
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
    m_field->setToolTip(tr("The field of a line's object that holds the text, or a conversation: a "
                           "list of messages (often “messages”), which the model's chat template "
                           "writes out"));
    m_mixes->setObjectName(QStringLiteral("trainTextMixes"));
    m_mixes->setToolTip(tr("Of a folder take a document of each file in turn, so that a limit on "
                           "the tokens leaves no file out; else file after file"));
    m_heldOut->setObjectName(QStringLiteral("train_held_out"));
    m_heldOut->setAccessibleName(tr("Held out"));
    m_heldOut->setRange(0.0, 50.0);
    m_heldOut->setDecimals(1);
    m_heldOut->setSuffix(tr(" % held out"));
    m_heldOut->setToolTip(
        tr("So much of the text is not learned from: CE score, KL, FVU and L0 are measured on it "
           "while it learns, and features shown. Usual: 1 to 10 %. 0: nothing is measured there."));
    m_isCached->setObjectName(QStringLiteral("trainTextCached"));
    m_isCached->setToolTip(
        tr("For more text than fits into memory: activations are written into the run's folder and "
           "read from there. A recording that is stopped goes on where it was, and going on with a "
           "paused run need not record again. Deleted when the run is done."));
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
    column->addWidget(m_mixes);
    column->addWidget(m_heldOut);
    column->addWidget(m_isCached);
    connect(m_heldOut, &QDoubleSpinBox::valueChanged, this, &TextChoice::changed);
    connect(m_mixes, &QCheckBox::toggled, this, &TextChoice::changed);
    connect(m_isCached, &QCheckBox::toggled, this, &TextChoice::changed);
    connect(file, &QPushButton::clicked, this, [this] {
        const QString path = QFileDialog::getOpenFileName(this, tr("Text to train on"), {},
            tr("Text or chats (*.txt *.md *.jsonl *.ndjson);;All files (*)"));
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
    text.heldOut = m_heldOut->value() / 100.0;
    text.mixesFiles = m_mixes->isChecked();
    text.isCached = m_isCached->isChecked();
    return text;
}

void TextChoice::setText(const core::TrainingText& text)
{
    m_source->setCurrentIndex(text.isWritten() ? 0 : 1);
    if (!text.isWritten())
        m_path->setText(toQString(text.path));
    m_field->setText(toQString(text.field));
    m_heldOut->setValue(100.0 * text.heldOut);
    m_mixes->setChecked(text.mixesFiles);
    m_isCached->setChecked(text.isCached);
}

void TextChoice::showWhatApplies()
{
    const bool isFile = m_source->currentIndex() == 1;
    const QFileInfo info(m_path->text().trimmed());
    m_file->setVisible(isFile);
    m_mixes->setVisible(isFile && info.isDir());
    m_lines->setVisible(isFile
        && (info.suffix() == QLatin1String("jsonl") || info.suffix() == QLatin1String("ndjson")
            || info.isDir()));
}

} // namespace ui
