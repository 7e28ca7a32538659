#include "ui/features/near_features.h"

#include "core/api/nearest_elsewhere.h"
#include "ui/features/near_feature_model.h"
#include "ui/shared/bar_delegate.h"
#include "ui/shared/table_tools.h"
#include "ui/style/metrics.h"
#include "ui/style/text.h"

#include <algorithm>

#include <QComboBox>
#include <QHeaderView>
#include <QLabel>
#include <QMenu>
#include <QTableView>
#include <QVBoxLayout>

namespace ui {

namespace {
constexpr int kNearRows = 10;
}

NearFeatures::NearFeatures(Session* session, Selection* selection, QWidget* parent)
    : QWidget(parent)
    , m_session(session)
    , m_selection(selection)
    , m_by(new QComboBox(this))
    , m_model(new NearFeatureModel(this))
    , m_table(new QTableView(this))
    , m_note(new QLabel(this))
{
    auto* layout = new QVBoxLayout(this);
    layout->setContentsMargins(0, 0, 0, 0);
    layout->setSpacing(gap(this));
    auto* title = new QLabel(tr("Nearest features"), this);
    makeHeading(title, 2);
    m_by->setObjectName(QStringLiteral("nearBy"));
    m_by->setAccessibleName(tr("What makes features near"));
    m_by->addItem(tr("write alike"), static_cast<int>(NearFeatureModel::By::Decoder));
    m_by->addItem(tr("write alike, in other dictionaries"),
        static_cast<int>(NearFeatureModel::By::DecoderElsewhere));
    m_by->addItem(tr("fire on the same tokens"), static_cast<int>(NearFeatureModel::By::Firing));
    m_by->setSizeAdjustPolicy(QComboBox::AdjustToMinimumContentsLengthWithIcon);
    m_by->setMinimumContentsLength(8);
    layout->addWidget(title);
    layout->addWidget(m_by);
    setUpTable(m_table, m_model);
    m_table->setObjectName(QStringLiteral("nearTable"));
    m_table->setAccessibleName(tr("Nearest features"));
    m_table->setItemDelegateForColumn(1, new BarDelegate(m_table));
    m_table->horizontalHeader()->hide();
    m_table->horizontalHeader()->setSectionResizeMode(QHeaderView::Stretch);
    m_table->horizontalHeader()->setSectionResizeMode(1, QHeaderView::Fixed);
    m_table->horizontalHeader()->resizeSection(1, ex(this) * 10);
    m_table->setVerticalScrollBarPolicy(Qt::ScrollBarAlwaysOff);
    layout->addWidget(m_table);
    m_note->setObjectName(QStringLiteral("nearNote"));
    m_note->setWordWrap(true);
    makeSubtle(m_note);
    layout->addWidget(m_note);
    connect(m_by, &QComboBox::activated, this, &NearFeatures::showNear);
    const auto open = [this](const QModelIndex& index) {
        m_selection->setFeature(m_model->featureAt(index.row()));
    };
    connect(m_table, &QTableView::clicked, this, open);
    connect(m_table, &QTableView::activated, this, open);
    m_table->setContextMenuPolicy(Qt::CustomContextMenu);
    connect(m_table, &QTableView::customContextMenuRequested, this, [this](const QPoint& at) {
        const core::FeatureRef other = m_model->featureAt(m_table->currentIndex().row());
        if (!other.feature.isValid())
            return;
        auto* menu = new QMenu(m_table);
        menu->setAttribute(Qt::WA_DeleteOnClose);
        menu->addAction(
            tr("&Compare with it"), this, [this, other] { Q_EMIT compareRequested(other); });
        menu->popup(m_table->viewport()->mapToGlobal(at));
    });
}

void NearFeatures::setCard(const Shared<core::FeatureCard>& card)
{
    m_card = card;
    setVisible(card->harvestedTokens > 0);
    showNear();
}

void NearFeatures::showNear()
{
    if (!m_card)
        return;
    switch (static_cast<NearFeatureModel::By>(m_by->currentData().toInt())) {
    case NearFeatureModel::By::Decoder:
        return showRows(m_card->nearest,
            m_card->nearest.empty()
                ? tr("Not compared: its dictionary is too wide for all pairs, or has one feature.")
                : QString());
    case NearFeatureModel::By::DecoderElsewhere:
        return askElsewhere();
    case NearFeatureModel::By::Firing:
        break;
    }
    std::vector<core::NearFeature> rows;
    for (const core::CofiringFeature& one : m_card->cofiring)
        rows.push_back({one.feature, one.label, one.jaccard});
    const QString note = !m_card->knowsCofiring
        ? tr("The harvest was made before this was counted: harvest again to see it (Models "
             "page).")
        : rows.empty() ? tr("No other feature fired on its tokens.")
                       : tr("Share of the tokens where either fires that have both.");
    showRows(std::move(rows), note);
}

void NearFeatures::askElsewhere()
{
    showRows({}, tr("Looking in the other open dictionaries …"));
    m_session->ask(
        this, core::NearestElsewhereRequest{m_card->row.feature},
        [this](const Shared<core::NearestElsewhere>& found) {
            if (!m_card || m_card->row.feature != found->feature
                || m_by->currentData().toInt()
                    != static_cast<int>(NearFeatureModel::By::DecoderElsewhere))
                return;
            showRows(found->nearest,
                found->nearest.empty() ? tr("No other open dictionary writes vectors of the same "
                                            "length.")
                                       : QString());
        },
        [this](const core::Error& error) {
            if (error.code != core::Error::Code::Cancelled)
                m_note->setText(toQString(error.message));
        });
}

void NearFeatures::showRows(std::vector<core::NearFeature> rows, const QString& note)
{
    const bool isEmpty = rows.empty();
    m_model->setNear(static_cast<NearFeatureModel::By>(m_by->currentData().toInt()),
        std::move(rows), m_session->state().dictionaries);
    m_table->setVisible(!isEmpty);
    fitHeightToRows(m_table, kNearRows);
    m_note->setText(note);
    m_note->setVisible(!note.isEmpty());
}

} // namespace ui
