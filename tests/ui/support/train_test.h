#pragma once

#include "core/api/train.h"
#include "tests/ui/support/sample_training.h"
#include "tests/ui/support/ui_test.h"
#include "ui/session/settings.h"
#include "ui/train/train_page.h"
#include "ui/train/training_form.h"
#include "ui/train/training_job.h"

#include <QLabel>
#include <QPushButton>
#include <QTemporaryDir>

namespace tests {

/// The Train page on a FakeEngine.
class TrainTest : public UiTest {
protected:
    void SetUp() override
    {
        page.resize(1300, 850);
        page.show();
    }
    void open()
    {
        openSample();
        ASSERT_TRUE(await([this] { return canStart(); }));
    }
    bool canStart() { return button("trainStart")->isEnabled() && !estimate().isEmpty(); }
    QPushButton* button(const char* name) { return find<QPushButton>(page, name); }
    QString estimate() { return page.form()->estimateText(); }
    void click(const char* name) { QTest::mouseClick(button(name), Qt::LeftButton); }
    /// The next training is stopped at half of the run, when the test says so.
    void holdAPausedOne()
    {
        auto& script = engine->script<core::TrainDictionaryRequest>();
        script.parts.resize(25);
        script.answer = [](const core::TrainDictionaryRequest& request) {
            core::TrainingOutcome outcome = sampleTrainingOutcome(request);
            outcome.isPaused = true;
            outcome.dictionaries.clear();
            return outcome;
        };
        engine->hold();
    }
    QString figures() { return find<QLabel>(page, "trainFigures")->text(); }

    QTemporaryDir folder;
    ui::Settings settings{folder.path()};
    ui::TrainPage page{&session, &settings};
};

} // namespace tests
