#include "ui/models/hub/hub_question.h"

#include "ui/models/hub/known_releases.h"
#include "ui/style/icons.h"
#include "ui/style/metrics.h"

#include <QButtonGroup>
#include <QCompleter>
#include <QGridLayout>
#include <QLabel>
#include <QLineEdit>
#include <QPushButton>
#include <QRadioButton>
#include <QStandardItemModel>

namespace ui {

namespace {

/// Finds releases by any part of their line, so also by the model they were made for, and fills in
/// their name.
class ReleaseCompleter : public QCompleter {
public:
    ReleaseCompleter(HubKind kind, QObject* parent)
        : QCompleter(parent)
    {
        auto* model = new QStandardItemModel(this);
        for (const KnownRelease& release : knownReleases()) {
            if (release.kind != kind)
                continue;
            const QString name = QLatin1String(release.repository),
                          about = QLatin1String(release.about);
            auto* item = new QStandardItem(kind == HubKind::Model
                    ? QStringLiteral("%1 (%2)").arg(name, about)
                    : HubQuestion::tr("%1 for %2").arg(name, about));
            item->setData(name, Qt::UserRole);
            model->appendRow(item);
        }
        setModel(model);
        setFilterMode(Qt::MatchContains);
        setCaseSensitivity(Qt::CaseInsensitive);
    }

    QString pathFromIndex(const QModelIndex& index) const override
    {
        return index.data(Qt::UserRole).toString();
    }
};

} // namespace

HubQuestion::HubQuestion(QWidget* parent)
    : QWidget(parent)
    , m_kind(new QButtonGroup(this))
{
    auto* grid = new QGridLayout(this);
    grid->setContentsMargins(0, 0, 0, 0);
    grid->setSpacing(gap(this));
    auto* kinds = new QHBoxLayout;
    const QString texts[]{tr("&Model"), tr("&Dictionary")};
    for (const HubKind kind : {HubKind::Model, HubKind::Dictionary}) {
        auto* button = new QRadioButton(texts[static_cast<int>(kind)], this);
        button->setChecked(kind == HubKind::Model);
        m_kind->addButton(button, static_cast<int>(kind));
        kinds->addWidget(button);
    }
    kinds->addStretch(1);
    grid->addWidget(new QLabel(tr("Kind"), this), 0, 0);
    grid->addLayout(kinds, 0, 1, 1, 4);

    const auto addField = [&](const QString& text, const QString& name, const QString& hint,
                              int row, int column, int span) {
        auto* label = new QLabel(text, this);
        auto* field = new QLineEdit(this);
        field->setObjectName(name);
        field->setPlaceholderText(hint);
        label->setBuddy(field);
        grid->addWidget(label, row, column);
        grid->addWidget(field, row, column + 1, 1, span);
        return field;
    };
    m_name = addField(tr("&Repository"), QStringLiteral("hubName"),
        tr("owner/name, or the address of its page"), 1, 0, 1);
    m_revision
        = addField(tr("Re&vision"), QStringLiteral("hubRevision"), QStringLiteral("main"), 1, 2, 1);
    m_revision->setMaximumWidth(ex(this) * 18);
    m_revision->setToolTip(tr("Branch, tag or commit"));
    m_list = new QPushButton(icon(Icon::Search), tr("&List files"), this);
    m_list->setObjectName(QStringLiteral("hubList"));
    m_list->setAutoDefault(false); // Enter in a field acts on that field.
    m_list->setEnabled(false);
    grid->addWidget(m_list, 1, 4);
    m_patterns = addField(tr("&Only"), QStringLiteral("hubPatterns"),
        tr("Everything; or folders and patterns: layer_12/width_16k, *.safetensors"), 2, 0, 4);
    m_patterns->setToolTip(
        tr("Words parted by spaces or commas. A word is a folder, a file, or has "
           "wildcards: * within one name, ** across folders."));

    connect(m_list, &QPushButton::clicked, this, &HubQuestion::askIfNamed);
    connect(m_name, &QLineEdit::returnPressed, this, &HubQuestion::askIfNamed);
    connect(m_revision, &QLineEdit::returnPressed, this, &HubQuestion::askIfNamed);
    connect(m_name, &QLineEdit::textChanged, this,
        [this](const QString& text) { m_list->setEnabled(!text.trimmed().isEmpty()); });
    connect(m_patterns, &QLineEdit::textChanged, this, &HubQuestion::narrowed);
    connect(m_kind, &QButtonGroup::idToggled, this, [this](int, bool isOn) {
        if (!isOn)
            return;
        suggestReleases();
        Q_EMIT narrowed();
    });
    suggestReleases();
}

void HubQuestion::suggestReleases()
{
    delete m_name->completer();
    m_name->setCompleter(new ReleaseCompleter(kind(), m_name));
}

HubKind HubQuestion::kind() const
{
    return static_cast<HubKind>(m_kind->checkedId());
}

void HubQuestion::setKind(HubKind kind)
{
    m_kind->button(static_cast<int>(kind))->setChecked(true);
}

QString HubQuestion::patterns() const
{
    return m_patterns->text();
}

HubResult<HubAddress> HubQuestion::address()
{
    auto address = HubAddress::parse(m_name->text());
    if (!address)
        return address;
    const QString revision = m_revision->text().trimmed();
    if (address->revision != QLatin1String("main")) {
        m_revision->setText(address->revision);
    } else if (!revision.isEmpty()) {
        const auto other = HubAddress::parse(address->repository + QLatin1Char('@') + revision);
        if (!other)
            return other;
        address->revision = other->revision;
    }
    m_name->setText(address->repository);
    if (!address->folder.isEmpty())
        m_patterns->setText(address->folder);
    return address;
}

void HubQuestion::setRepository(const QString& name)
{
    m_name->setText(name);
}

void HubQuestion::fill(HubKind kind, const QString& repository, const QString& patterns)
{
    setKind(kind);
    setRepository(repository);
    m_revision->clear();
    m_patterns->setText(patterns);
}

void HubQuestion::askIfNamed()
{
    if (m_list->isEnabled())
        Q_EMIT listAsked();
}

} // namespace ui
