#pragma once

#include "core/api/generate.h"
#include "core/api/session.h"
#include "ui/session/session.h"

#include <memory>
#include <optional>
#include <vector>

#include <QObject>

namespace ui {

/// Has texts written and remembers what they were asked with, so that a page can tell when they are
/// old. The newest texts win.
class TextWriter : public QObject {
    Q_OBJECT
public:
    TextWriter(Session* session, QObject* parent);

    void write(core::GenerateRequest request, std::shared_ptr<core::GenerationPace> pace);
    void stop();
    bool isRunning() const;
    /// They act from the next token on where texts are being written or wait for it.
    void setInterventions(const std::vector<core::Intervention>& interventions);

    /// What the newest texts were asked with, changes made meanwhile included; none before the
    /// first.
    const std::optional<core::GenerateRequest>& asked() const { return m_asked; }
    /// Another model has been opened since: their token ids mean nothing to it.
    bool isOfOtherModel() const { return m_isOfOtherModel; }
    /// Whether `now` would ask for other texts than the newest.
    bool isOld(const core::GenerateRequest& now) const;
    const Shared<core::Generation>& generation() const { return m_generation; } ///< The last whole.
    /// The steered text, or the normal one where nothing was changed; empty before there is one.
    QString answer() const;

    const std::optional<core::SavedStep>& step() const { return m_step; } ///< Can be run again.
    void setStep(std::optional<core::SavedStep> step) { m_step = std::move(step); }

Q_SIGNALS:
    void stepped(const std::vector<core::GenerateStep>& steps);
    void finished(); ///< Read generation().

private:
    void finish(const Shared<core::Generation>& generation);

    Session* m_session;
    std::optional<core::GenerateRequest> m_asked;
    /// Of the newest texts; the engine reads them before each token.
    std::shared_ptr<core::SharedInterventions> m_live;
    Shared<core::Generation> m_generation;
    bool m_isOfOtherModel = false;
    std::optional<core::SavedStep> m_step;
};

} // namespace ui
