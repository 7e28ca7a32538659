#pragma once

#include <functional>
#include <map>
#include <memory>
#include <vector>

#include <QByteArray>
#include <QPointer>
#include <QTcpServer>
#include <QTcpSocket>
#include <QUrl>

namespace tests {

/// What a client asked, as it came.
struct HttpRequest {
    QByteArray method;
    QByteArray target; ///< Path and query; the whole address when asked as a proxy.
    std::map<QByteArray, QByteArray> headers; ///< Names in lower case.

    QByteArray header(const QByteArray& name) const;
    QByteArray path() const; ///< Decoded, without query and host.
};

struct HttpAnswer {
    int status = 200;
    std::vector<std::pair<QByteArray, QByteArray>> headers;
    QByteArray body;
    qint64 announced = -1; ///< Content-Length; -1 is the body's.
    bool isChunked = false; ///< No length is announced.
    bool isCut = false; ///< The connection ends after the body, whatever was announced.
    bool isHeld = false; ///< After the body nothing comes, and the connection stays.
};

/// As much HTTP/1.1 as a download needs, on a free port of this machine: keep-alive, and answers as
/// broken as a test wants them.
class HttpServer : public QObject {
    Q_OBJECT
public:
    using Handler = std::function<HttpAnswer(const HttpRequest&)>;

    /// `server` may be one that speaks TLS.
    explicit HttpServer(
        Handler handler, std::unique_ptr<QTcpServer> server = std::make_unique<QTcpServer>());

    QUrl url() const;
    void setHandler(Handler handler) { m_handler = std::move(handler); }
    const std::vector<HttpRequest>& requests() const { return m_requests; }
    int connections() const { return m_connections; }
    /// Of held answers: whether the clients have hung up.
    bool isAbandoned() const;

private:
    void read(QTcpSocket* socket);
    void answer(QTcpSocket* socket, const HttpRequest& request);

    Handler m_handler;
    std::unique_ptr<QTcpServer> m_server;
    std::vector<HttpRequest> m_requests;
    std::vector<QPointer<QTcpSocket>> m_held;
    int m_connections = 0;
};

} // namespace tests
