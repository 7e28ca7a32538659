#pragma once

#include "core/api/swap_test.h"
#include "core/base/result.h"

#include <string>
#include <vector>

#include <QByteArray>
#include <QString>
#include <QStringList>

/// Pairs of the swap test as text: files, the clipboard, and sentences with a gap.
namespace ui {

/// JSON as the command line reads it, [{"prompt": ..., "donor": ..., "answer": ...}, ...] ("answer"
/// may be missing, a pair may also be an array), or lines of two or three fields parted by tabs or
/// commas; fields with commas stand in double quotes. A first line of column names is passed over.
core::Result<std::vector<core::SwapPair>> parseSwapPairs(const QString& text);
QByteArray swapPairsJson(const std::vector<core::SwapPair>& pairs);

/// Every ordered pair of two different fillers put into the gap "{}" of a sentence.
std::vector<core::SwapPair> makeSwapPairs(const QString& sentence, const QStringList& fillers);
/// Parted by commas or lines; trimmed, without empty ones and repeats.
QStringList parseFillers(const QString& text);

bool hasText(const std::string& text); ///< More than spaces.
bool isComplete(const core::SwapPair& pair); ///< Has a prompt and a donor.
bool isEmpty(const core::SwapPair& pair);
bool isSame(const core::SwapPair& a, const core::SwapPair& b);

} // namespace ui
