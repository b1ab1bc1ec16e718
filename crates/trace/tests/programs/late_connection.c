// Connects to itself, over TCP and over a Unix socket at the path that it is given, as libpq does: the
// socket is used, by fcntl(2), before it is connected, and is made non-blocking. Then it waits by
// poll(2) for a byte from each peer, and ends.

#include <arpa/inet.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

static void check(int result) {
    if (result < 0) {
        perror("late_connection");
        exit(1);
    }
}

static void wait_for_byte(int family, struct sockaddr *address, socklen_t size) {
    int listener = socket(family, SOCK_STREAM, 0);
    check(bind(listener, address, size));
    check(listen(listener, 1));
    check(getsockname(listener, address, &size));
    if (fork() == 0) {
        int connection = accept(listener, NULL, NULL);
        usleep(20000);
        exit(write(connection, "x", 1) != 1);
    }
    int client = socket(family, SOCK_STREAM, 0);
    check(fcntl(client, F_SETFL, fcntl(client, F_GETFL) | O_NONBLOCK));
    connect(client, address, size);
    struct pollfd ready = {.fd = client, .events = POLLIN};
    check(poll(&ready, 1, -1));
    wait(NULL);
}

int main(int count, char **arguments) {
    struct sockaddr_in near = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    struct sockaddr_un path = {.sun_family = AF_UNIX};
    if (count < 2)
        return 1;
    unlink(arguments[1]);
    strncpy(path.sun_path, arguments[1], sizeof path.sun_path - 1);
    wait_for_byte(AF_UNIX, (struct sockaddr *)&path, sizeof path);
    wait_for_byte(AF_INET, (struct sockaddr *)&near, sizeof near);
    return 0;
}
