#include "ui/circuit/patching/patch_form.h"

#include "ui/circuit/circuit_document.h"
#include "ui/circuit/patching/patch_maps.h"
#include "ui/shared/job_progress.h"
#include "ui/shared/prompt_line.h"
#include "ui/shared/snapshot_command.h"
#include "ui/style/icons.h"
#include "ui/style/metrics.h"

#include <algorithm>
#include <utility>

#include <QCheckBox>
#include <QComboBox>
#include <QGridLayout>
#include <QHBoxLayout>
#include <QLabel>
#include <QLineEdit>
#include <QPointer>
#include <QPushButton>
#include <QVBoxLayout>

namespace ui {

namespace {

enum class Method : std::uint8_t { Both, Exact, Approximate };

QString siteTip(core::PatchSite site)
{
    switch (site) {
    case core::PatchSite::ResidPre:
        return PatchForm::tr("The residual stream before each layer, by layer and position");
    case core::PatchSite::AttnOut:
        return PatchForm::tr("What attention adds, by layer and position");
    case core::PatchSite::MlpOut:
        return PatchForm::tr("What the MLP adds, by layer and position");
    case core::PatchSite::Head:
        return PatchForm::tr(
            "The output z of each attention head at all positions, by layer and head");
    case core::PatchSite::Feature:
        break;
    }
    return PatchForm::tr("Features and error terms of the open transcoders, each alone; the map "
                         "adds them up by layer and position");
}

} // namespace

PatchForm::PatchForm(CircuitDocument* document, QWidget* parent)
    : QWidget(parent)
    , m_session(document->session())
{
    auto* column = new QVBoxLayout(this);
    column->setContentsMargins(0, 0, 0, 0);
    column->setSpacing(gap(this));
    column->addWidget(makePrompts());
    column->addWidget(makeOptions());
    connect(document, &CircuitDocument::statusChanged, this, &PatchForm::updateButtons);
    connect(this, &PatchForm::edited, this, &PatchForm::updateButtons);
    m_before = request();
    updateButtons();
}

QWidget* PatchForm::makePrompts()
{
    auto* box = new QWidget(this);
    const auto field = [&](const char* name, const QString& what, const QString& placeholder,
                           const QString& tip) {
        auto* made = new QLineEdit(box);
        made->setObjectName(QLatin1String(name));
        made->setAccessibleName(what);
        made->setPlaceholderText(placeholder);
        made->setToolTip(tip);
        connect(made, &QLineEdit::textChanged, this, [this] {
            showMetric({}, {}); // other prompts have other answers
            Q_EMIT edited();
        });
        connect(made, &QLineEdit::textEdited, this, [this] { m_hasOwnPrompts = true; });
        connect(made, &QLineEdit::editingFinished, this, [this] { remember(-1); });
        connect(made, &QLineEdit::returnPressed, this, &PatchForm::run);
        return made;
    };
    m_clean = field("patchClean", tr("Clean prompt"),
        tr("The capital of the state containing Dallas is"),
        tr("The prompt whose answer is to be explained"));
    m_corrupt = field("patchCorrupt", tr("Corrupt prompt"),
        tr("The capital of the state containing Oakland is"),
        tr("The same prompt with what matters replaced; it must have as many tokens"));
    m_run = new QPushButton(box);
    m_run->setObjectName(QStringLiteral("patchRun"));
    auto* clean = new QLabel(tr("C&lean"), box);
    clean->setBuddy(m_clean);
    auto* corrupt = new QLabel(tr("Corr&upt"), box);
    corrupt->setBuddy(m_corrupt);
    auto* grid = new QGridLayout(box);
    grid->setContentsMargins(0, 0, 0, 0);
    grid->setVerticalSpacing(0);
    grid->addWidget(clean, 0, 0);
    grid->addWidget(m_clean, 0, 1);
    grid->setColumnMinimumWidth(2, pad(this));
    grid->addWidget(corrupt, 0, 3);
    grid->addWidget(m_corrupt, 0, 4);
    grid->addWidget(m_run, 0, 5);
    grid->addWidget(new PromptLine(m_session, m_clean, box), 1, 1);
    grid->addWidget(new PromptLine(m_session, m_corrupt, box), 1, 4);
    grid->setColumnStretch(1, 1);
    grid->setColumnStretch(4, 1);
    connect(m_run, &QPushButton::clicked, this, [this] {
        if (m_session->isBusy(kTag<core::PatchRequest>))
            m_session->cancel(kTag<core::PatchRequest>);
        else
            run();
    });
    return box;
}

QWidget* PatchForm::makeOptions()
{
    auto* box = new QWidget(this);
    const auto token = [&](const char* name, const QString& what, const QString& tip) {
        auto* made = new QLineEdit(box);
        made->setObjectName(QLatin1String(name));
        made->setAccessibleName(what);
        made->setToolTip(tip);
        made->setFixedWidth(ex(this) * 14);
        connect(made, &QLineEdit::textChanged, this, &PatchForm::edited);
        connect(made, &QLineEdit::editingFinished, this, [this] { remember(-1); });
        connect(made, &QLineEdit::returnPressed, this, &PatchForm::run);
        return made;
    };
    m_answer = token("patchAnswer", tr("Answer token of the metric"),
        tr("The metric is logit(answer) − logit(other) at the last position. Empty: the most "
           "probable next token of the clean prompt"));
    m_other = token("patchOther", tr("Other token of the metric"),
        tr("The token to compare with. Empty: the most probable next token of the corrupt prompt"));
    auto* metric = new QLabel(tr("&Metric: logit"), box);
    metric->setBuddy(m_answer);
    auto* row = new QHBoxLayout; // two rows, so that the panel fits a small window
    auto* places = new QHBoxLayout;
    auto* rows = new QVBoxLayout(box);
    rows->setContentsMargins(0, 0, 0, 0);
    rows->addLayout(row);
    rows->addLayout(places);
    row->addWidget(metric);
    row->addWidget(m_answer);
    row->addWidget(new QLabel(tr("− logit"), box));
    row->addWidget(m_other);
    row->addSpacing(pad(this));
    showMetric({}, {});
    for (const core::PatchSite site : {core::PatchSite::ResidPre, core::PatchSite::AttnOut,
             core::PatchSite::MlpOut, core::PatchSite::Head, core::PatchSite::Feature}) {
        auto* made = new QCheckBox(patchSiteName(site), box);
        made->setObjectName(QStringLiteral("patchSite_") + patchSiteName(site));
        made->setToolTip(siteTip(site));
        made->setChecked(true);
        connect(made, &QCheckBox::toggled, this, &PatchForm::edited);
        connect(made, &QCheckBox::toggled, this, [this] { remember(-1); });
        m_sites.push_back({site, made});
        places->addWidget(made);
    }
    m_direction = new QComboBox(box);
    m_direction->setObjectName(QStringLiteral("patchDirection"));
    m_direction->setAccessibleName(tr("Direction of patching"));
    m_direction->addItem(tr("Denoise"), static_cast<int>(core::PatchDirection::Denoise));
    m_direction->addItem(tr("Noise"), static_cast<int>(core::PatchDirection::Noise));
    const QString denoise = tr("Denoise puts one clean activation into the corrupt run: what "
                               "brings the answer back is enough for it.");
    const QString noise = tr("Noise puts one corrupt activation into the clean run: what breaks "
                             "the answer is needed for it.");
    m_direction->setItemData(0, denoise, Qt::ToolTipRole);
    m_direction->setItemData(1, noise, Qt::ToolTipRole);
    m_direction->setToolTip(denoise + QLatin1Char('\n') + noise);
    m_method = new QComboBox(box);
    m_method->setObjectName(QStringLiteral("patchMethod"));
    m_method->setAccessibleName(tr("Method of patching"));
    const auto addMethod = [&](Method method, const QString& name, const QString& tip) {
        m_method->addItem(name, static_cast<int>(method));
        m_method->setItemData(m_method->count() - 1, tip, Qt::ToolTipRole);
    };
    addMethod(Method::Both, tr("Exact and approximate"),
        tr("Both, with their correlation, so that one can see where the approximation holds"));
    addMethod(Method::Exact, tr("Exact"), tr("Activation patching: one pass for every cell"));
    addMethod(Method::Approximate, tr("Approximate"),
        tr("Attribution patching: two forward passes and one backward pass for all cells"));
    m_method->setToolTip(tr("Exact is activation patching, a pass for every cell. Approximate is "
                            "attribution patching, a first-order estimate of all cells at once"));
    row->addWidget(m_direction);
    row->addWidget(m_method);
    auto* progress = new JobProgress(tr("Patching progress"), box);
    progress->setObjectName(QStringLiteral("patchProgress"));
    progress->follow(m_session, kTag<core::PatchRequest>);
    places->addWidget(progress, 1);
    places->addStretch(0);
    row->addStretch(1);
    connect(m_direction, &QComboBox::currentIndexChanged, this, &PatchForm::edited);
    connect(m_method, &QComboBox::currentIndexChanged, this, &PatchForm::edited);
    connect(m_direction, &QComboBox::currentIndexChanged, this, [this] { remember(-1); });
    connect(m_method, &QComboBox::currentIndexChanged, this, [this] { remember(-1); });
    return box;
}

void PatchForm::setPrompts(const QString& clean, const QString& corrupt)
{
    const auto put = [](QLineEdit* field, const QString& text) {
        if (field->text() == text)
            return;
        field->setText(text);
        field->setCursorPosition(0); // the beginning says which prompt it is
    };
    put(m_clean, clean);
    put(m_corrupt, corrupt);
    m_before.clean = m_clean->text().toStdString(); // filled in, not written: nothing to undo
    m_before.corrupt = m_corrupt->text().toStdString();
}

void PatchForm::remember(int control)
{
    core::PatchRequest now = request();
    if (m_isApplying || now == m_before)
        return;
    const QPointer<PatchForm> self(this); // the stack may outlive the page
    m_session->undoStack()->push(new SnapshotCommand<core::PatchRequest>(tr("patching set-up"),
        m_before, std::move(now), control, [self](const core::PatchRequest& value) {
            if (self)
                self->apply(value);
        }));
}

void PatchForm::apply(const core::PatchRequest& request)
{
    m_isApplying = true;
    const auto put = [](QLineEdit* field, const std::string& text) {
        if (field->text().toStdString() != text) // else what is typed on keeps its place
            field->setText(QString::fromStdString(text));
    };
    put(m_clean, request.clean);
    put(m_corrupt, request.corrupt);
    put(m_answer, request.answer);
    put(m_other, request.other);
    for (const Site& site : m_sites)
        site.box->setChecked(std::find(request.sites.begin(), request.sites.end(), site.site)
            != request.sites.end());
    m_direction->setCurrentIndex(m_direction->findData(static_cast<int>(request.direction)));
    const Method method = request.isExact && request.isApproximate ? Method::Both
        : request.isExact                                          ? Method::Exact
                                                                   : Method::Approximate;
    m_method->setCurrentIndex(m_method->findData(static_cast<int>(method)));
    m_isApplying = false;
    m_before = this->request();
}

void PatchForm::setRequest(const core::PatchRequest& request)
{
    apply(request);
    m_hasOwnPrompts = !request.clean.empty() || !request.corrupt.empty();
}

core::PatchRequest PatchForm::request() const
{
    core::PatchRequest request;
    request.clean = m_clean->text().toStdString();
    request.corrupt = m_corrupt->text().toStdString();
    request.answer = m_answer->text().toStdString();
    request.other = m_other->text().toStdString();
    for (const Site& site : m_sites)
        if (site.box->isChecked())
            request.sites.push_back(site.site);
    request.direction = static_cast<core::PatchDirection>(m_direction->currentData().toInt());
    const auto method = static_cast<Method>(m_method->currentData().toInt());
    request.isExact = method != Method::Approximate;
    request.isApproximate = method != Method::Exact;
    return request;
}

bool PatchForm::asksFor(const core::PatchRequest& made) const
{
    core::PatchRequest now = request();
    std::vector<core::PatchSite> before = made.sites;
    std::sort(now.sites.begin(), now.sites.end());
    std::sort(before.begin(), before.end());
    return now.clean == made.clean && now.corrupt == made.corrupt && now.answer == made.answer
        && now.other == made.other && now.sites == before && now.direction == made.direction
        && now.isExact == made.isExact && now.isApproximate == made.isApproximate;
}

void PatchForm::showMetric(const QString& answer, const QString& other)
{
    m_answer->setPlaceholderText(answer.isEmpty() ? tr("top token") : answer);
    m_other->setPlaceholderText(other.isEmpty() ? tr("top token") : other);
}

QString PatchForm::problem() const
{
    if (!m_session->hasModel())
        return tr("Open a model first.");
    if (m_clean->text().trimmed().isEmpty() || m_corrupt->text().trimmed().isEmpty())
        return tr("Write a clean and a corrupt prompt first.");
    if (std::none_of(
            m_sites.begin(), m_sites.end(), [](const Site& site) { return site.box->isChecked(); }))
        return tr("Choose at least one place to patch.");
    return {};
}

void PatchForm::run()
{
    if (!problem().isEmpty())
        return;
    Q_EMIT started();
    m_session->ask(this, request(),
        [this](const Shared<core::PatchResult>& result) { Q_EMIT patched(result); });
}

void PatchForm::updateButtons()
{
    const bool isRunning = m_session->isBusy(kTag<core::PatchRequest>);
    const QString why = problem();
    m_run->setText(isRunning ? tr("S&top") : tr("&Patch"));
    m_run->setIcon(icon(isRunning ? Icon::Stop : Icon::Play));
    m_run->setEnabled(isRunning || why.isEmpty());
    m_run->setToolTip(isRunning ? tr("Stop; the maps stay as they are")
            : why.isEmpty()     ? tr("Patch every place of the chosen maps (Enter)")
                                : why);
}

} // namespace ui
