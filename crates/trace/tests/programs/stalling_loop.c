// A loop over epoll that sleeps for 30 ms in each of N iterations, and once before its first question
// for events and once after its last.

#include <stdlib.h>
#include <sys/epoll.h>
#include <time.h>
#include <unistd.h>

static void rest(void) {
    struct timespec time = {.tv_nsec = 30000000};
    nanosleep(&time, NULL);
}

int main(int count, char **arguments) {
    int stalls = count > 1 ? atoi(arguments[1]) : 40;
    int epoll = epoll_create1(0);
    struct epoll_event event;
    rest();
    epoll_wait(epoll, &event, 1, 1);
    for (int i = 0; i < stalls; i++) {
        rest();
        epoll_wait(epoll, &event, 1, 1);
    }
    rest();
    return 0;
}
