// An event loop that turns for a while, and then reads from a pipe into which nobody writes until
// its child ends, some seconds later.
#include <stdint.h>
#include <sys/epoll.h>
#include <sys/timerfd.h>
#include <sys/wait.h>
#include <unistd.h>

#define TURNS 30
#define HANG_S 9

int main(void) {
    int ends[2], status;
    if (pipe(ends) != 0)
        return 1;
    pid_t child = fork();
    if (child == 0) {
        close(ends[0]);
        sleep(HANG_S);
        _exit(0);
    }
    close(ends[1]);
    int timer = timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC), loop = epoll_create1(EPOLL_CLOEXEC);
    struct itimerspec every = {{0, 10000000}, {0, 10000000}};
    struct epoll_event event = {.events = EPOLLIN};
    if (timerfd_settime(timer, 0, &every, NULL) != 0 ||
        epoll_ctl(loop, EPOLL_CTL_ADD, timer, &event) != 0)
        return 1;
    for (int turn = 0; turn < TURNS; turn++) {
        uint64_t times;
        if (epoll_wait(loop, &event, 1, -1) != 1 || read(timer, &times, sizeof times) < 0)
            return 1;
    }
    char byte;
    if (read(ends[0], &byte, 1) != 0)
        return 1;
    return waitpid(child, &status, 0) == child ? 0 : 1;
}
