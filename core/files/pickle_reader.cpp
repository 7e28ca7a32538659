#include "core/files/pickle_reader.h"

#include "core/files/torch_objects.h"
#include "core/files/utf8_check.h"

#include <bit>
#include <cstdio>
#include <cstring>

namespace core {

namespace {

/// No file of tensors needs more. Bounds memory: a step makes at most one node, of some 80 bytes.
constexpr std::size_t kMostSteps = 20'000'000;

} // namespace

std::uint8_t PickleReader::byte()
{
    if (m_at == m_bytes.size())
        brokenPickle("its pickle ends early");
    return static_cast<std::uint8_t>(m_bytes[m_at++]);
}

std::uint64_t PickleReader::little(std::size_t bytes)
{
    std::uint64_t value = 0;
    for (std::size_t i = 0; i < bytes; ++i)
        value |= std::uint64_t{byte()} << (8 * i);
    return value;
}

std::string PickleReader::text(std::uint64_t length)
{
    if (length > m_bytes.size() - m_at)
        brokenPickle("a text in its pickle claims " + std::to_string(length) + " bytes, but only "
            + std::to_string(m_bytes.size() - m_at) + " follow");
    const auto* start = reinterpret_cast<const char*>(m_bytes.data()) + m_at;
    m_at += length;
    return {start, static_cast<std::size_t>(length)};
}

std::string PickleReader::utf8(std::uint64_t length)
{
    std::string value = text(length);
    if (!isUtf8(value))
        brokenPickle("a text in its pickle is not UTF-8");
    return value;
}

std::string PickleReader::line()
{
    std::string value;
    for (char c = 0; (c = static_cast<char>(byte())) != '\n';)
        value += c;
    if (!isUtf8(value))
        brokenPickle("a name in its pickle is not UTF-8");
    return value;
}

PickleNode* PickleReader::make(PickleNode node)
{
    return &m_nodes.emplace_back(std::move(node));
}

PickleNode* PickleReader::top()
{
    if (m_stack.size() <= (m_marks.empty() ? 0 : m_marks.back()))
        brokenPickle("its pickle uses a value that is not there");
    return m_stack.back();
}

PickleNode* PickleReader::pop()
{
    PickleNode* node = top();
    m_stack.pop_back();
    return node;
}

std::vector<PickleNode*> PickleReader::popToMark()
{
    if (m_marks.empty())
        brokenPickle("its pickle ends a list that never began");
    const auto begin = m_stack.begin() + static_cast<std::ptrdiff_t>(m_marks.back());
    m_marks.pop_back();
    std::vector<PickleNode*> items(begin, m_stack.end());
    m_stack.erase(begin, m_stack.end());
    return items;
}

std::string PickleReader::popName()
{
    const auto* name = as<std::string>(pop());
    if (!name)
        brokenPickle("a name in its pickle is no text");
    return *name;
}

PickleNode* PickleReader::next()
{
    m_stack.clear();
    m_marks.clear();
    m_memo.clear();
    constexpr std::uint8_t kStop = '.';
    for (std::uint8_t operation = byte(); operation != kStop; operation = byte()) {
        if (++m_steps <= kMostSteps)
            step(operation);
        else
            brokenPickle("its pickle takes more than " + std::to_string(kMostSteps) + " steps");
    }
    PickleNode* result = pop();
    if (!m_stack.empty() || !m_marks.empty())
        brokenPickle("its pickle leaves values over");
    return result;
}

void PickleReader::step(std::uint8_t operation)
{
    switch (operation) {
    case 0x80: // PROTO
        if (const std::uint8_t protocol = byte(); protocol > 5)
            throw PickleProblem{
                Error::Code::Unsupported, "its pickle has protocol " + std::to_string(protocol)};
        return;
    case 0x95: // FRAME
        if (little(8) > m_bytes.size() - m_at)
            brokenPickle("a frame of its pickle reaches past the end");
        return;
    case 'c': { // GLOBAL
        std::string module = line();
        return pushGlobal({std::move(module), line()});
    }
    case 0x93: { // STACK_GLOBAL
        std::string name = popName();
        return pushGlobal({popName(), std::move(name)});
    }
    case '(': // MARK
        return m_marks.push_back(m_stack.size());
    case '0': // POP
        return dropTop();
    case 'q': // BINPUT
        return remember(little(1));
    case 'r': // LONG_BINPUT
        return remember(little(4));
    case 0x94: // MEMOIZE
        return remember(m_memo.size());
    case 'h': // BINGET
        return recall(little(1));
    case 'j': // LONG_BINGET
        return recall(little(4));
    case 'N': // NONE
        return push({PickleNone{}});
    case 0x88: // NEWTRUE
        return push({true});
    case 0x89: // NEWFALSE
        return push({false});
    case 'J': // BININT
        return push({std::int64_t{static_cast<std::int32_t>(little(4))}});
    case 'K': // BININT1
        return push({static_cast<std::int64_t>(little(1))});
    case 'M': // BININT2
        return push({static_cast<std::int64_t>(little(2))});
    case 0x8a: // LONG1
        return pushLong();
    case 'G': // BINFLOAT
        return pushFloat();
    case 'X': // BINUNICODE
        return push({utf8(little(4))});
    case 0x8c: // SHORT_BINUNICODE
        return push({utf8(little(1))});
    case 0x8d: // BINUNICODE8
        return push({utf8(little(8))});
    case 'B': // BINBYTES
        return pushBytes(little(4), false);
    case 'C': // SHORT_BINBYTES
        return pushBytes(little(1), false);
    case 'T': // BINSTRING
        return pushBytes(little(4), true);
    case 'U': // SHORT_BINSTRING
        return pushBytes(little(1), true);
    case ')': // EMPTY_TUPLE
        return pushTuple(0);
    case 0x85: // TUPLE1
        return pushTuple(1);
    case 0x86: // TUPLE2
        return pushTuple(2);
    case 0x87: // TUPLE3
        return pushTuple(3);
    case 't': // TUPLE
        return push({PickleList{popToMark(), true}});
    case ']': // EMPTY_LIST
    case 0x8f: // EMPTY_SET
        return push({PickleList{}});
    case 'a': // APPEND
        return append({pop()});
    case 'e': // APPENDS
    case 0x90: // ADDITEMS
        return append(popToMark());
    case '}': // EMPTY_DICT
        return push({PickleDict{}});
    case 's': { // SETITEM
        PickleNode* value = pop();
        return setItems({pop(), value});
    }
    case 'u': // SETITEMS
        return setItems(popToMark());
    case 'R': // REDUCE
    case 0x81: // NEWOBJ
        return call();
    case 'b': { // BUILD
        const PickleNode* state = pop();
        return setState(*top(), *state);
    }
    case 'Q': { // BINPERSID
        const PickleNode* id = pop();
        return push(resolvePersistentId(*id));
    }
    default: {
        char code[8];
        std::snprintf(code, sizeof code, "0x%02X", static_cast<unsigned>(operation));
        throw PickleProblem{Error::Code::Unsupported,
            std::string("its pickle uses operation ") + code + ", which torch.save does not write"};
    }
    }
}

void PickleReader::pushLong()
{
    const std::string bytes = text(little(1));
    if (bytes.size() > 8)
        return push({PickleBigInteger{bytes}});
    std::uint64_t value = !bytes.empty() && (bytes.back() & 0x80) ? ~std::uint64_t{0} : 0;
    std::memcpy(&value, bytes.data(), bytes.size());
    push({static_cast<std::int64_t>(value)});
}

void PickleReader::pushFloat()
{
    std::uint64_t bits = 0;
    for (int i = 0; i < 8; ++i)
        bits = bits << 8 | byte();
    push({std::bit_cast<double>(bits)});
}

void PickleReader::pushBytes(std::uint64_t length, bool isText)
{
    std::string bytes = text(length);
    if (isText && isUtf8(bytes))
        return push({std::move(bytes)});
    push({PickleBytes{std::move(bytes)}});
}

void PickleReader::pushTuple(std::size_t count)
{
    PickleList tuple{std::vector<PickleNode*>(count), true};
    while (count > 0)
        tuple.items[--count] = pop();
    push({std::move(tuple)});
}

void PickleReader::pushGlobal(PickleGlobal global)
{
    checkGlobal(global);
    push({std::move(global)});
}

void PickleReader::remember(std::uint64_t slot)
{
    m_memo[slot] = top();
}

void PickleReader::recall(std::uint64_t slot)
{
    const auto found = m_memo.find(slot);
    if (found == m_memo.end())
        brokenPickle("its pickle recalls a value that it never stored");
    m_stack.push_back(found->second);
}

void PickleReader::append(std::vector<PickleNode*> items)
{
    auto* list = as<PickleList>(top());
    if (!list || list->isTuple)
        brokenPickle("its pickle appends to something that is no list");
    list->items.insert(list->items.end(), items.begin(), items.end());
}

void PickleReader::setItems(const std::vector<PickleNode*>& items)
{
    auto* dict = as<PickleDict>(top());
    if (!dict || items.size() % 2 != 0)
        brokenPickle("its pickle sets items of something that is no dictionary");
    for (std::size_t i = 0; i < items.size(); i += 2)
        dict->entries.emplace_back(items[i], items[i + 1]);
}

void PickleReader::call()
{
    const auto* arguments = as<PickleList>(pop());
    const auto* global = as<PickleGlobal>(pop());
    if (!arguments || !arguments->isTuple || !global)
        brokenPickle("its pickle calls something that has no name");
    push(callGlobal(*global, *arguments));
}

void PickleReader::dropTop()
{
    if (!m_marks.empty() && m_marks.back() == m_stack.size())
        m_marks.pop_back();
    else
        (void)pop();
}

} // namespace core
