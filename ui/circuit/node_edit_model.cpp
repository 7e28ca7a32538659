#include "ui/circuit/node_edit_model.h"

#include "ui/style/text.h"

#include <algorithm>
#include <map>
#include <utility>

namespace ui {

namespace {

double newValue(const NodeEdit& edit, float activation)
{
    switch (edit.mode) {
    case NodeEdit::Mode::Ablate:
        return 0.0;
    case NodeEdit::Mode::Scale:
        return edit.value * static_cast<double>(activation);
    case NodeEdit::Mode::Set:
        break;
    }
    return edit.value;
}

QString changeText(const NodeEdit& edit)
{
    switch (edit.mode) {
    case NodeEdit::Mode::Ablate:
        return NodeEditModel::tr("ablate");
    case NodeEdit::Mode::Scale:
        return NodeEditModel::tr("× %1").arg(formatNumber(edit.value));
    case NodeEdit::Mode::Set:
        break;
    }
    return NodeEditModel::tr("set to %1").arg(formatNumber(edit.value));
}

QString placeText(const NodeEdit& edit)
{
    QStringList positions;
    for (const NodeEdit::Feature& feature : edit.features)
        if (const QString at = QString::number(feature.at.position.value); !positions.contains(at))
            positions << at;
    if (edit.isEverywhere)
        return NodeEditModel::tr("wherever it stands");
    return positions.size() == 1
        ? NodeEditModel::tr("position %1").arg(positions.constFirst())
        : NodeEditModel::tr("positions %1").arg(positions.join(QStringLiteral(", ")));
}

} // namespace

std::vector<core::FeatureSetting> settingsOf(
    const std::vector<NodeEdit>& edits, const core::AttributionGraph& graph)
{
    std::map<core::FeatureAt, double> values;
    for (const NodeEdit& edit : edits)
        for (const NodeEdit::Feature& feature : edit.features) {
            values[feature.at] = newValue(edit, feature.activation);
            if (!edit.isEverywhere)
                continue;
            for (const core::GraphNode& node : graph.nodes)
                if (node.kind == core::NodeKind::Feature && node.layer == feature.at.layer
                    && node.feature == feature.at.feature)
                    values[{node.layer, node.position, node.feature}]
                        = newValue(edit, node.activation);
        }
    std::vector<core::FeatureSetting> settings;
    for (const auto& [place, value] : values)
        settings.push_back({place, value});
    return settings;
}

QString editText(const NodeEdit& edit)
{
    return QStringLiteral("%1: %2, %3")
        .arg(toQString(edit.name), changeText(edit), placeText(edit));
}

NodeEditModel::NodeEditModel(QObject* parent)
    : RowModel({{tr("Node"), {},
                    [](const NodeEdit& edit) {
                        return edit.features.size() == 1
                            ? toQString(edit.name)
                            : tr("%1 (%2 features)")
                                  .arg(toQString(edit.name), formatCount(countOf(edit.features)));
                    },
                    {}, {}},
                   {tr("Where"), {}, placeText, {}, {}}, {tr("Change"), {}, changeText, {}, {}}},
        parent)
{
}

QVariant NodeEditModel::more(const NodeEdit& edit, int, int role) const
{
    if (role != Qt::ToolTipRole)
        return {};
    QStringList lines{editText(edit)};
    for (const NodeEdit::Feature& feature : edit.features)
        lines << tr("layer %1, position %2, feature %3: activation %4 becomes %5")
                     .arg(QString::number(feature.at.layer.value),
                         QString::number(feature.at.position.value),
                         QString::number(feature.at.feature.value),
                         formatNumber(static_cast<double>(feature.activation)),
                         formatNumber(newValue(edit, feature.activation)));
    return lines.join(QLatin1Char('\n'));
}

} // namespace ui
