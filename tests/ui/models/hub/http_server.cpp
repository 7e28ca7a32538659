#include "tests/ui/models/hub/http_server.h"

#include <algorithm>

#include <QSslServer>

#include <gtest/gtest.h>

namespace tests {

QByteArray HttpRequest::header(const QByteArray& name) const
{
    const auto found = headers.find(name.toLower());
    return found == headers.end() ? QByteArray() : found->second;
}

QByteArray HttpRequest::path() const
{
    return QUrl::fromEncoded(target).path(QUrl::FullyDecoded).toUtf8();
}

HttpServer::HttpServer(Handler handler, std::unique_ptr<QTcpServer> server)
    : m_handler(std::move(handler))
    , m_server(std::move(server))
{
    EXPECT_TRUE(m_server->listen(QHostAddress::LocalHost));
    connect(m_server.get(), &QTcpServer::pendingConnectionAvailable, this, [this] {
        while (QTcpSocket* socket = m_server->nextPendingConnection()) {
            ++m_connections;
            connect(socket, &QTcpSocket::readyRead, this, [this, socket] { read(socket); });
            connect(socket, &QTcpSocket::disconnected, socket, &QObject::deleteLater);
        }
    });
}

QUrl HttpServer::url() const
{
    const bool isSecure = qobject_cast<QSslServer*>(m_server.get());
    return QUrl(QStringLiteral("%1://127.0.0.1:%2")
                    .arg(isSecure ? QStringLiteral("https") : QStringLiteral("http"))
                    .arg(m_server->serverPort()));
}

bool HttpServer::isAbandoned() const
{
    return !m_held.empty()
        && std::all_of(m_held.begin(), m_held.end(), [](const QPointer<QTcpSocket>& socket) {
               return !socket || socket->state() != QAbstractSocket::ConnectedState;
           });
}

void HttpServer::read(QTcpSocket* socket)
{
    const QByteArray end("\r\n\r\n");
    QByteArray waiting = socket->peek(socket->bytesAvailable());
    for (auto at = waiting.indexOf(end); at >= 0; at = waiting.indexOf(end)) {
        const QList<QByteArray> lines = waiting.left(at).replace("\r\n", "\n").split('\n');
        socket->read(at + end.size());
        waiting = waiting.mid(at + end.size());
        const QList<QByteArray> first = lines.first().split(' ');
        HttpRequest request{first.value(0), first.value(1)};
        for (const QByteArray& line : lines.mid(1)) {
            const auto colon = line.indexOf(':');
            request.headers[line.left(colon).toLower()] = line.mid(colon + 1).trimmed();
        }
        m_requests.push_back(request);
        answer(socket, request);
    }
}

void HttpServer::answer(QTcpSocket* socket, const HttpRequest& request)
{
    const HttpAnswer answer = m_handler(request);
    QByteArray head = "HTTP/1.1 " + QByteArray::number(answer.status) + " Answer\r\n";
    for (const auto& [name, value] : answer.headers)
        head += name + ": " + value + "\r\n";
    if (answer.isChunked)
        head += "Transfer-Encoding: chunked\r\n";
    else
        head += "Content-Length: "
            + QByteArray::number(answer.announced >= 0 ? answer.announced : answer.body.size())
            + "\r\n";
    socket->write(head + "\r\n");
    if (answer.isChunked)
        socket->write(
            QByteArray::number(answer.body.size(), 16) + "\r\n" + answer.body + "\r\n0\r\n\r\n");
    else
        socket->write(answer.body);
    if (answer.isHeld)
        m_held.emplace_back(socket);
    if (answer.isCut)
        socket->disconnectFromHost();
}

} // namespace tests
