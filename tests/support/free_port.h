#pragma once

#include <stdexcept>

#include <arpa/inet.h>
#include <sys/socket.h>
#include <unistd.h>

namespace tests {

/// A TCP port of this machine that nothing listened on just now.
inline int freePort()
{
    const int socket = ::socket(AF_INET, SOCK_STREAM, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof(address);
    auto* const general = reinterpret_cast<sockaddr*>(&address);
    const bool isBound = socket >= 0 && ::bind(socket, general, size) == 0
        && ::getsockname(socket, general, &size) == 0;
    if (socket >= 0)
        ::close(socket);
    if (!isBound)
        throw std::runtime_error("no free port");
    return ntohs(address.sin_port);
}

} // namespace tests
