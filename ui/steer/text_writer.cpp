#include "ui/steer/text_writer.h"

#include "ui/style/text.h"

namespace ui {

TextWriter::TextWriter(Session* session, QObject* parent)
    : QObject(parent)
    , m_session(session)
{
    connect(
        session, &Session::modelOpened, this, [this] { m_isOfOtherModel = m_asked.has_value(); });
}

void TextWriter::write(core::GenerateRequest request, std::shared_ptr<core::GenerationPace> pace)
{
    m_asked = request;
    m_isOfOtherModel = false;
    m_live = std::make_shared<core::SharedInterventions>(request.interventions);
    request.live = m_live;
    request.pace = std::move(pace);
    m_session->ask(
        this, std::move(request),
        [this](const Shared<core::Generation>& generation) { finish(generation); }, {},
        [this](const std::vector<core::GenerateStep>& steps) { Q_EMIT stepped(steps); });
}

void TextWriter::stop()
{
    m_session->cancel(kTag<core::GenerateRequest>);
}

bool TextWriter::isRunning() const
{
    return m_session->isBusy(kTag<core::GenerateRequest>);
}

void TextWriter::setInterventions(const std::vector<core::Intervention>& interventions)
{
    if (m_live)
        m_live->set(interventions);
    if (m_asked && isRunning())
        m_asked->interventions = interventions;
}

bool TextWriter::isOld(const core::GenerateRequest& now) const
{
    if (!m_asked)
        return false;
    const core::GenerateRequest& then = *m_asked;
    return m_isOfOtherModel || now.prompt != then.prompt || now.isChat != then.isChat
        || now.earlier != then.earlier || now.settings != then.settings
        || now.interventions != then.interventions || now.topic != then.topic
        || now.normalStart != then.normalStart || now.steeredStart != then.steeredStart
        || now.changeShare != then.changeShare;
}

QString TextWriter::answer() const
{
    if (!m_generation || m_isOfOtherModel)
        return {};
    const core::StreamText& said
        = m_generation->steered.tokens.empty() ? m_generation->normal : m_generation->steered;
    return toQString(said.text).trimmed();
}

void TextWriter::finish(const Shared<core::Generation>& generation)
{
    m_generation = generation;
    // What was steered while it was written cannot be run again from a request.
    if (generation->isComplete && m_live && m_live->get().first == 0) {
        m_step = {generation->request, generation, {}};
        auto& again = std::get<core::GenerateRequest>(m_step->request);
        again.live.reset();
        again.pace.reset();
    }
    Q_EMIT finished();
}

} // namespace ui
