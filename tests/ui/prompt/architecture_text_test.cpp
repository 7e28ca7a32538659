#include "tests/ui/support/painted_text.h"
#include "tests/ui/support/ui_test.h"
#include "ui/prompt/architecture_diagram.h"
#include "ui/prompt/prompt_page.h"
#include "ui/style/theme.h"

#include <algorithm>

#include <QApplication>
#include <QDir>
#include <QScrollArea>

namespace {

using Texts = std::vector<tests::PaintedText>;

core::ArchitectureView architectureOf(core::DictionaryKind kind, const char* architecture)
{
    core::ArchitectureRequest request;
    request.text = "The Golden Gate Bridge";
    request.dictionary = "saes/layer_2";
    request.position = core::Position(3);
    core::ArchitectureView view = tests::sampleArchitecture(request);
    view.dictionary.kind = kind;
    view.dictionary.architecture = architecture;
    return view;
}

int timesPainted(const Texts& texts, const QString& word)
{
    return static_cast<int>(std::count_if(texts.begin(), texts.end(),
        [&](const tests::PaintedText& one) { return one.text == word; }));
}

/// Gives the application's font back as it was.
struct TextSize {
    explicit TextSize(double scale) { ui::applyFontScale(*qApp, scale); }
    ~TextSize() { ui::applyFontScale(*qApp, 1.0); }
};

TEST(ArchitectureTextTest, NoTwoTextsMeetAndAllLieInsideAtEveryTextSize)
{
    struct Case {
        core::DictionaryKind kind;
        const char* architecture;
    };
    for (const double scale : {0.8, 1.0, 1.5}) {
        const TextSize size(scale);
        for (const Case& one : {Case{core::DictionaryKind::Sae, "standard"},
                 Case{core::DictionaryKind::Sae, "matryoshka_batchtopk"},
                 Case{core::DictionaryKind::Transcoder, "relu_transcoder"},
                 Case{core::DictionaryKind::CrossLayerTranscoder, "jumprelu_skip_transcoder"}}) {
            ui::ArchitectureDiagram diagram;
            diagram.setView(std::make_shared<const core::ArchitectureView>(
                architectureOf(one.kind, one.architecture)));
            const QSize least = diagram.minimumSizeHint();
            for (const QSize& at : {least, QSize(least.width() + 40, least.height() * 2),
                     QSize(least.width() * 2, least.height() * 3 / 2)}) {
                diagram.resize(at);
                const Texts texts = tests::paintedText(diagram);
                ASSERT_GT(texts.size(), 15u);
                const QRectF inside = QRectF(diagram.rect()).adjusted(-1, -1, 1, 1);
                for (std::size_t i = 0; i < texts.size(); ++i) {
                    const auto where = [&](const tests::PaintedText& text) {
                        return text.text.toStdString() + " of " + one.architecture + " at "
                            + std::to_string(scale) + ", " + std::to_string(at.width()) + " x "
                            + std::to_string(at.height());
                    };
                    EXPECT_TRUE(inside.contains(texts[i].box)) << where(texts[i]);
                    for (std::size_t j = i + 1; j < texts.size(); ++j) {
                        const QRectF both = texts[i].box & texts[j].box;
                        EXPECT_TRUE(both.width() <= 1.0 || both.height() <= 1.0)
                            << texts[j].text.toStdString() << " over " << where(texts[i]);
                    }
                }
            }
        }
    }
}

TEST(ArchitectureTextTest, InputReconstructionTargetAndErrorAreNamed)
{
    ui::ArchitectureDiagram diagram;
    diagram.resize(1200, 500);
    diagram.setView(std::make_shared<const core::ArchitectureView>(
        architectureOf(core::DictionaryKind::Sae, "standard")));
    Texts texts = tests::paintedText(diagram);
    for (const char* word : {"input", "reconstruction", "target", "error"})
        EXPECT_EQ(timesPainted(texts, QLatin1String(word)), 1) << word;
    EXPECT_EQ(timesPainted(texts, QStringLiteral("x")), 1); // one pane alone is x
    EXPECT_EQ(timesPainted(texts, QStringLiteral("x − x̂")), 1);
    EXPECT_TRUE(diagram.lossText().startsWith(QStringLiteral("Reconstruction loss Σ(x − x̂)²")));

    diagram.setView(std::make_shared<const core::ArchitectureView>(
        architectureOf(core::DictionaryKind::Transcoder, "relu_transcoder")));
    texts = tests::paintedText(diagram);
    for (const char* word : {"input", "prediction", "target", "error"})
        EXPECT_EQ(timesPainted(texts, QLatin1String(word)), 1) << word;
    EXPECT_EQ(timesPainted(texts, QStringLiteral("y")), 1);
    EXPECT_EQ(timesPainted(texts, QStringLiteral("y − ŷ")), 1);
    EXPECT_EQ(timesPainted(texts, QStringLiteral("reconstruction")), 0);
    EXPECT_TRUE(diagram.lossText().contains(QStringLiteral("transcoder")));
    EXPECT_TRUE(diagram.lossText().contains(QStringLiteral("Σ(y − ŷ)²")));
    EXPECT_FALSE(diagram.lossText().contains(QStringLiteral("x̂")));
}

class ArchitecturePageTest : public tests::UiTest { };

TEST_F(ArchitecturePageTest, ANarrowPageScrollsTheDiagramAndDoesNotSqueezeIt)
{
    openSample();
    ui::PromptPage page(&session, &selection);
    page.resize(500, 600);
    page.show();
    page.setPrompt(QStringLiteral("The fog over the bridge"));
    page.showArchitecture(true);
    auto* diagram = find<ui::ArchitectureDiagram>(page, "architecture");
    ASSERT_TRUE(await([&] { return diagram->shownFeatures() > 0; }));
    settle();
    EXPECT_GE(diagram->width(), diagram->minimumSizeHint().width());
    EXPECT_LT(page.minimumSizeHint().width(), diagram->minimumSizeHint().width());
    const QString pictures = qEnvironmentVariable("FEATURESCOPE_PICTURES");
    for (const double scale : {0.8, 1.0, 1.5}) {
        const TextSize size(scale);
        for (const auto kind : {core::DictionaryKind::Sae, core::DictionaryKind::Transcoder}) {
            ui::ArchitectureDiagram alone;
            alone.setView(std::make_shared<const core::ArchitectureView>(architectureOf(
                kind, kind == core::DictionaryKind::Sae ? "topk" : "relu_transcoder")));
            alone.resize(alone.minimumSizeHint() + QSize(60, 100));
            if (!pictures.isEmpty()) {
                EXPECT_TRUE(alone.grab().save(QDir(pictures).filePath(
                    QStringLiteral("diagram-%1-%2.png").arg(scale).arg(static_cast<int>(kind)))));
            }
        }
    }
}

} // namespace
