// Listens at a TCP port and at the Unix socket of the path that it is given, is connected to itself,
// has an epoll for all of them, says so, and waits for ever.

#include <arpa/inet.h>
#include <stdio.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

int main(int count, char **arguments) {
    struct sockaddr_in near = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    struct sockaddr_un path = {.sun_family = AF_UNIX};
    socklen_t size = sizeof near;
    if (count < 2)
        return 1;
    unlink(arguments[1]);
    strncpy(path.sun_path, arguments[1], sizeof path.sun_path - 1);
    int fds[4] = {socket(AF_INET, SOCK_STREAM, 0), socket(AF_UNIX, SOCK_STREAM, 0),
                  socket(AF_INET, SOCK_STREAM, 0)};
    if (bind(fds[0], (struct sockaddr *)&near, size) < 0 || listen(fds[0], 1) < 0 ||
        bind(fds[1], (struct sockaddr *)&path, sizeof path) < 0 || listen(fds[1], 1) < 0 ||
        getsockname(fds[0], (struct sockaddr *)&near, &size) < 0 ||
        connect(fds[2], (struct sockaddr *)&near, size) < 0)
        return 1;
    fds[3] = accept(fds[0], NULL, NULL);
    int epoll = epoll_create1(0);
    for (int i = 0; i < 4; i++) {
        struct epoll_event event = {.events = EPOLLIN, .data.fd = fds[i]};
        if (epoll_ctl(epoll, EPOLL_CTL_ADD, fds[i], &event) < 0)
            return 1;
    }
    printf("%d %d %d %d %d\n", epoll, fds[0], fds[1], fds[2], fds[3]);
    fflush(stdout);
    struct epoll_event event;
    for (;;)
        if (epoll_wait(epoll, &event, 1, 20) > 0)
            return 0;
}
