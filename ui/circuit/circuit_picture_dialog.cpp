#include "ui/circuit/circuit_picture_dialog.h"

#include "ui/style/icons.h"

#include <QCheckBox>
#include <QComboBox>
#include <QDialogButtonBox>
#include <QDoubleSpinBox>
#include <QFormLayout>
#include <QPushButton>
#include <QStandardItemModel>

namespace ui {

CircuitPictureDialog::CircuitPictureDialog(
    bool hasSubgraph, bool hasStory, bool showsErrors, QWidget* parent)
    : QDialog(parent)
    , m_what(new QComboBox(this))
    , m_format(new QComboBox(this))
    , m_scale(new QDoubleSpinBox(this))
    , m_errors(new QCheckBox(tr("Show &error nodes"), this))
    , m_sentences(new QCheckBox(tr("Sentences &below the picture"), this))
    , m_hasStory(hasStory)
{
    setWindowTitle(tr("Save the graph as a picture"));
    m_what->setObjectName(QStringLiteral("pictureWhat"));
    m_what->addItems({tr("The whole graph"), tr("The part on the screen"), tr("The subgraph")});
    m_what->setToolTip(tr("The subgraph is what is pinned or grouped"));
    if (!hasSubgraph)
        if (auto* items = qobject_cast<QStandardItemModel*>(m_what->model())) {
            items->item(2)->setEnabled(false);
            items->item(2)->setToolTip(tr("Pin nodes or group them into supernodes first"));
        }
    m_format->setObjectName(QStringLiteral("pictureFormat"));
    m_format->addItem(tr("PNG: pixels"), QStringLiteral("png"));
    m_format->addItem(tr("SVG: vectors, text stays text"), QStringLiteral("svg"));
    m_format->addItem(tr("PDF: vectors, text stays text"), QStringLiteral("pdf"));
    m_scale->setObjectName(QStringLiteral("pictureScale"));
    m_scale->setRange(0.0, 16.0);
    m_scale->setSingleStep(0.5);
    m_scale->setSuffix(tr(" ×"));
    m_scale->setSpecialValueText(tr("automatic"));
    m_scale->setToolTip(tr("Pixels for each unit of the graph; automatic is 2, or less where the "
                           "picture would be too large"));
    m_errors->setObjectName(QStringLiteral("pictureErrors"));
    m_errors->setChecked(showsErrors);
    m_sentences->setObjectName(QStringLiteral("pictureSentences"));
    m_sentences->setChecked(hasStory);
    m_sentences->setToolTip(hasStory ? tr("What each arrow does, as measured in the model")
                                     : tr("Explain the subgraph first (Subgraph > Explain)"));
    auto* buttons = new QDialogButtonBox(QDialogButtonBox::Cancel, this);
    auto* save = buttons->addButton(tr("&Save …"), QDialogButtonBox::AcceptRole);
    save->setObjectName(QStringLiteral("pictureSave"));
    save->setIcon(icon(Icon::Save));
    save->setDefault(true);
    auto* copy = buttons->addButton(tr("&Copy"), QDialogButtonBox::ActionRole);
    copy->setObjectName(QStringLiteral("pictureCopy"));
    copy->setIcon(icon(Icon::Copy));
    copy->setToolTip(tr("Put the picture on the clipboard, as pixels"));
    auto* form = new QFormLayout(this);
    form->addRow(tr("&What"), m_what);
    form->addRow(tr("&Format"), m_format);
    form->addRow(tr("S&ize"), m_scale);
    form->addRow({}, m_errors);
    form->addRow({}, m_sentences);
    form->addRow(buttons);
    connect(buttons, &QDialogButtonBox::accepted, this, &QDialog::accept);
    connect(buttons, &QDialogButtonBox::rejected, this, &QDialog::reject);
    connect(copy, &QPushButton::clicked, this, [this] {
        m_isForClipboard = true;
        accept();
    });
    connect(m_format, &QComboBox::currentIndexChanged, this, &CircuitPictureDialog::updateFields);
    connect(m_what, &QComboBox::currentIndexChanged, this, &CircuitPictureDialog::updateFields);
    updateFields();
}

void CircuitPictureDialog::updateFields()
{
    m_scale->setEnabled(suffix() == QStringLiteral("png"));
    m_errors->setEnabled(what() != GraphExportOptions::What::Subgraph);
    m_sentences->setEnabled(m_hasStory && what() == GraphExportOptions::What::Subgraph);
}

void CircuitPictureDialog::setWhat(GraphExportOptions::What what)
{
    m_what->setCurrentIndex(static_cast<int>(what));
}

GraphExportOptions::What CircuitPictureDialog::what() const
{
    return static_cast<GraphExportOptions::What>(m_what->currentIndex());
}

QString CircuitPictureDialog::suffix() const
{
    return m_format->currentData().toString();
}

double CircuitPictureDialog::scale() const
{
    return m_scale->value();
}

bool CircuitPictureDialog::showsErrors() const
{
    return m_errors->isChecked();
}

bool CircuitPictureDialog::showsSentences() const
{
    return m_sentences->isChecked();
}

} // namespace ui
