#include "ui/models/hub/catalogue_model.h"
#include "ui/models/hub/catalogue_view.h"

#include <set>

#include <QLabel>
#include <QPushButton>
#include <QSignalSpy>
#include <QTableView>
#include <QTest>

#include <gtest/gtest.h>

namespace {

using ui::CatalogueModel;
using ui::HubKind;

QByteArray entryWith(const QByteArray& parts)
{
    return R"({"entries": [{"name": "A", "licence": "MIT", "parameters": 5, "with": "an SAE", "parts": )"
        + parts + "}]}";
}

TEST(CatalogueTest, AnEntryIsReadWithItsParts)
{
    const auto entries = ui::parseCatalogue(entryWith(
        R"([{"kind": "model", "repository": "lab/m", "bytes": 7000000000},
            {"kind": "dictionary", "repository": "lab/d", "only": "layer_3"}])"));
    ASSERT_TRUE(entries) << entries.error().toStdString();
    ASSERT_EQ(entries->size(), 1u);
    const ui::CatalogueEntry& entry = entries->front();
    ASSERT_EQ(entry.parts.size(), 2u);
    EXPECT_EQ(entry.parts[0].kind, HubKind::Model);
    EXPECT_EQ(entry.parts[1].only, QStringLiteral("layer_3"));
    EXPECT_EQ(entry.bytes(), 7'000'000'000);
    EXPECT_TRUE(entry.hasUnknownSizes());
    EXPECT_FALSE(entry.isGated);
}

TEST(CatalogueTest, WhatIsWrongIsNamed)
{
    const auto error = [](const QByteArray& json) {
        const auto entries = ui::parseCatalogue(json);
        EXPECT_FALSE(entries) << json.toStdString();
        return entries ? std::string() : entries.error().toStdString();
    };
    EXPECT_NE(error("{").find("no JSON"), std::string::npos);
    EXPECT_NE(error("{}").find("`entries`"), std::string::npos);
    EXPECT_NE(error(R"({"entries": [{"name": "A"}]})").find("Entry 1"), std::string::npos);
    EXPECT_NE(error(R"({"entries": [{"name": "A", "licence": "MIT", "parameters": 5, "parts": [
        {"kind": "model", "repository": "a/b"}, {"kind": "dictionary", "repository": "a/c"}]}]})")
                  .find("`with`"),
        std::string::npos);
    EXPECT_NE(error(entryWith("[]")).find("`parts`"), std::string::npos);
    EXPECT_NE(error(entryWith(R"([{"kind": "sae", "repository": "a/b"}])")).find("`kind`"),
        std::string::npos);
    EXPECT_NE(error(entryWith(R"([{"kind": "dictionary", "repository": "a/b"}])"))
                  .find("must be a model"),
        std::string::npos);
    EXPECT_NE(error(entryWith(R"([{"kind": "model", "repository": "../b"}])")).find("owner/name"),
        std::string::npos);
    EXPECT_NE(error(entryWith(R"([{"kind": "model", "repository": "a/b", "bytes": -1}])"))
                  .find("`bytes`"),
        std::string::npos);
}

TEST(CatalogueTest, OurOwnNamesEachModelOnceAndKnowsItsSize)
{
    std::set<QString> names, models;
    for (const ui::CatalogueEntry& entry : ui::catalogue()) {
        EXPECT_TRUE(names.insert(entry.name).second) << entry.name.toStdString();
        EXPECT_TRUE(models.insert(entry.parts.front().repository).second);
        EXPECT_FALSE(entry.about.isEmpty());
        // Between half a byte a weight (four bits) and four (float32), with some for the names.
        const auto bytes = static_cast<double>(entry.parts.front().bytes);
        const auto parameters = static_cast<double>(entry.parameters);
        EXPECT_GT(bytes, 0.5 * parameters) << entry.name.toStdString();
        EXPECT_LT(bytes, 4.5 * parameters) << entry.name.toStdString();
    }
    EXPECT_GE(names.size(), 8u);
}

TEST(CatalogueTest, ARowSaysWhatComesAndWhetherItFits)
{
    ui::CatalogueEntry entry{.name = QStringLiteral("A"),
        .about = QStringLiteral("Small."),
        .licence = QStringLiteral("MIT"),
        .with = QStringLiteral("SAE, layer 3"),
        .isGated = true,
        .parameters = 134'515'008,
        .parts = {{.repository = QStringLiteral("lab/m"), .bytes = qint64(1) << 30},
            {.kind = HubKind::Dictionary,
                .repository = QStringLiteral("lab/d"),
                .only = QStringLiteral("layer_3"),
                .bytes = qint64(1) << 30}}};
    ui::CatalogueEntry unknown = entry;
    unknown.isGated = false;
    unknown.parts[1].bytes = 0;
    ui::CatalogueView view({entry, unknown});
    auto* table = view.findChild<QTableView*>();
    const auto cell
        = [&](int row, int column) { return table->model()->index(row, column).data().toString(); };
    EXPECT_EQ(cell(0, CatalogueModel::With), QStringLiteral("SAE, layer 3"));
    EXPECT_EQ(table->model()->index(0, CatalogueModel::With).data(Qt::ToolTipRole).toString(),
        QStringLiteral("lab/m\nlab/d: layer_3"));
    EXPECT_EQ(cell(0, CatalogueModel::Parameters), QStringLiteral("135 M"));
    EXPECT_EQ(cell(0, CatalogueModel::Download), QStringLiteral("about 2.0 GB"));
    EXPECT_EQ(cell(1, CatalogueModel::Download), QStringLiteral("over 1.0 GB"));
    EXPECT_EQ(cell(0, CatalogueModel::Memory), QStringLiteral("not known"));
    view.setFreeMemory(qint64(3) << 30);
    EXPECT_EQ(cell(0, CatalogueModel::Memory), QStringLiteral("fits"));
    view.setFreeMemory(qint64(1) << 29);
    EXPECT_EQ(cell(0, CatalogueModel::Memory), QStringLiteral("1.5 GB too much"));

    const auto* about = view.findChild<QLabel*>(QStringLiteral("catalogueAbout"));
    EXPECT_TRUE(
        about->text().contains(QStringLiteral("accept its terms on the hub's page of lab/m")));
    table->setFocus();
    QTest::keyClick(table, Qt::Key_Down);
    EXPECT_EQ(about->text(), QStringLiteral("Small."));
    QSignalSpy asked(&view, &ui::CatalogueView::asked);
    view.setRunning(true);
    EXPECT_FALSE(view.findChild<QPushButton*>(QStringLiteral("catalogueGet"))->isEnabled());
    QTest::keyClick(table, Qt::Key_Return);
    EXPECT_EQ(asked.count(), 0);
    view.setRunning(false);
    QTest::keyClick(table, Qt::Key_Return);
    EXPECT_EQ(asked.count(), 1);
}

} // namespace
