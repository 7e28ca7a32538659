#include "ui/models/hub/hub_messages.h"

#include "ui/models/hub/hub_text.h"

namespace ui {

namespace {

QString gated(const QString& repository)
{
    return hubText(
        "%1 is gated: accept its licence on the repository's page, then set a token of that "
        "account under Connection (or in HF_TOKEN) and try again.")
        .arg(repository);
}

QString notFound(const QByteArray& code, const HubSubject& subject)
{
    const HubAddress& address = subject.address;
    if (code == "RevisionNotFound")
        return hubText(
            "%1 has no revision “%2”. Write a branch, a tag or a commit that its page lists; "
            "main is the usual one.")
            .arg(address.repository, address.revision);
    if (!subject.path.isEmpty())
        return hubText("%1 is no longer in %2. List the files again.")
            .arg(subject.path, address.repository);
    return hubText(
        "There is no repository %1 with revision “%2”%3. Check the spelling on its page.")
        .arg(address.repository, address.revision,
            address.folder.isEmpty() ? QString() : hubText(" and folder “%1”").arg(address.folder));
}

std::optional<int> waitOf(const QNetworkReply& reply)
{
    bool isNumber = false;
    const int seconds = reply.rawHeader("Retry-After").trimmed().toInt(&isNumber);
    return isNumber && seconds >= 0 ? std::optional(seconds) : std::nullopt;
}

HubFailure fromStatus(int status, const QNetworkReply& reply, const HubSubject& subject)
{
    const QByteArray code = reply.rawHeader("X-Error-Code");
    const QString& repository = subject.address.repository;
    const QString host = reply.url().host();
    const bool isElsewhere = reply.url().authority() != subject.hub.authority();
    if (isElsewhere && (status == 401 || status == 403)) // The address it was sent to has expired.
        return {hubText("%1, where the hub keeps %2, refused it. Download again.")
                    .arg(host, subject.path),
            true};
    switch (status) {
    case 401:
        if (code == "GatedRepo")
            return {gated(repository)};
        // Without a token the hub does not tell a private repository from none.
        return {subject.hasToken
                ? hubText(
                    "The hub does not accept the token for %1: check the token under Connection, "
                    "and that its account may see the repository.")
                      .arg(repository)
                : hubText(
                    "The hub shows no repository %1 without a token. Check the spelling; if it is "
                    "private or gated, accept its licence on its page and set a token under "
                    "Connection (or in HF_TOKEN).")
                      .arg(repository)};
    case 403:
        if (code == "GatedRepo" || code.isEmpty())
            return {gated(repository)};
        return {hubText("The hub refuses access to %1 (%2).")
                    .arg(repository, QString::fromLatin1(code))};
    case 404:
        return {notFound(code, subject)};
    case 407:
        return {hubText("The proxy asks for a user name and a password: write the proxy as "
                        "http://user:password@host:port under Connection.")};
    case 429: {
        const auto wait = waitOf(reply);
        return {wait
                ? hubText(
                    "%1 has had too many requests and asks to wait %2 seconds. Download again "
                    "then; it goes on where it stopped.")
                      .arg(host)
                      .arg(*wait)
                : hubText("%1 has had too many requests. Wait some minutes and download again; it "
                          "goes on where it stopped.")
                      .arg(host),
            true, wait};
    }
    default:
        break;
    }
    if (status >= 500)
        return {
            hubText(
                "%1 has a fault of its own at the moment (%2). Try again later; what has come is "
                "kept.")
                .arg(host)
                .arg(status),
            true, waitOf(reply)};
    return {hubText("%1 answered %2 to the request for %3.")
                .arg(host)
                .arg(status)
                .arg(subject.path.isEmpty() ? repository : subject.path)};
}

} // namespace

QString withoutNetwork(HubKind kind)
{
    return kind == HubKind::Model
        ? hubText(
            "Without a network: on another machine take config.json, tokenizer.json (or "
            "tokenizer.model, or vocab.json and merges.txt) and the .safetensors files with their "
            "index from the repository, copy them into one folder here and open that folder.")
        : hubText(
            "Without a network: on another machine take the dictionary's folder with its "
            "configuration (cfg.json, config.json or config.yaml) and weights, copy it here under "
            "the same name and add that folder.");
}

HubFailure failureOf(const QNetworkReply& reply, const HubSubject& subject)
{
    const int status = reply.attribute(QNetworkRequest::HttpStatusCodeAttribute).toInt();
    if (status >= 300)
        return fromStatus(status, reply, subject);
    const QString host = reply.url().host();
    const auto unreachable = [&](const QString& what) {
        return HubFailure{what + QLatin1Char(' ') + withoutNetwork(subject.kind), true};
    };
    switch (reply.error()) {
    case QNetworkReply::HostNotFoundError:
        return unreachable(
            hubText("%1 cannot be found; is this machine on the network? A proxy or another "
                    "address can be set under Connection.")
                .arg(host));
    case QNetworkReply::ConnectionRefusedError:
        return unreachable(hubText("%1 refuses the connection.").arg(host));
    case QNetworkReply::TemporaryNetworkFailureError:
    case QNetworkReply::NetworkSessionFailedError:
    case QNetworkReply::UnknownNetworkError:
        return unreachable(
            hubText("There is no connection to %1 (%2).").arg(host, reply.errorString()));
    case QNetworkReply::SslHandshakeFailedError:
        return {hubText(
            "No secure connection to %1 could be made (%2). Check this machine's clock and its "
            "certificates; a proxy that opens secure connections needs its own certificate "
            "installed.")
                    .arg(host, reply.errorString())};
    case QNetworkReply::ProxyNotFoundError:
    case QNetworkReply::ProxyConnectionRefusedError:
    case QNetworkReply::ProxyConnectionClosedError:
    case QNetworkReply::ProxyTimeoutError:
    case QNetworkReply::UnknownProxyError:
        return {
            hubText(
                "The proxy cannot be reached (%1). Check it under Connection or in the variables "
                "http_proxy and https_proxy.")
                .arg(reply.errorString()),
            true};
    case QNetworkReply::ProxyAuthenticationRequiredError:
        return fromStatus(407, reply, subject);
    case QNetworkReply::OperationCanceledError: // The time without a byte is over.
    case QNetworkReply::TimeoutError:
        return {
            hubText("%1 has been silent for too long. Download again; it goes on where it stopped.")
                .arg(host),
            true};
    default:
        return {
            hubText("The connection to %1 broke (%2). Download again; it goes on where it stopped.")
                .arg(host, reply.errorString()),
            true};
    }
}

} // namespace ui
