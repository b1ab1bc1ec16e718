// Waits on many descriptors, each of which is a timer that it reads: N of them once, one of them ten
// times for 20 ms, and N others once. Prints how many reads there were.

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/timerfd.h>
#include <unistd.h>

static int reads;

static int timer(long nanoseconds) {
    int fd = timerfd_create(CLOCK_MONOTONIC, 0);
    struct itimerspec each = {.it_value.tv_nsec = nanoseconds, .it_interval.tv_nsec = nanoseconds};
    if (fd < 0 || timerfd_settime(fd, 0, &each, NULL) < 0) {
        perror("timerfd");
        exit(1);
    }
    return fd;
}

// A read that returns at once, of a timer that has expired meanwhile, is no wait.
static void wait_for(int fd) {
    uint64_t expired;
    if (read(fd, &expired, sizeof expired) == sizeof expired)
        reads++;
}

static void wait_for_each(int count) {
    for (int i = 0; i < count; i++)
        wait_for(timer(200000));
}

int main(int count, char **arguments) {
    int others = count > 1 ? atoi(arguments[1]) : 200;
    wait_for_each(others);
    int costly = timer(20000000);
    for (int i = 0; i < 10; i++)
        wait_for(costly);
    wait_for_each(others);
    printf("%d %d\n", reads, costly);
    return 0;
}
