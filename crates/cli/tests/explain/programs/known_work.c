// Does a known amount of each kind of work in its first thread, and sleeps in a second one; then
// says how long they lived and what CPU time the process took by getrusage(2), as JSON.
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

static double seconds_of(clockid_t clock) {
    struct timespec now;
    clock_gettime(clock, &now);
    return now.tv_sec + now.tv_nsec / 1e9;
}

static double second_thread_lived_s;

static void *second(void *nothing) {
    double began = seconds_of(CLOCK_MONOTONIC);
    struct timespec pause = {0, 50000000};
    for (int turn = 0; turn < 10; turn++)
        nanosleep(&pause, NULL);
    second_thread_lived_s = seconds_of(CLOCK_MONOTONIC) - began;
    return nothing;
}

static double seconds_of_time(struct timeval time) {
    return time.tv_sec + time.tv_usec / 1e6;
}

int main(void) {
    double began = seconds_of(CLOCK_MONOTONIC), before_main_s = seconds_of(CLOCK_PROCESS_CPUTIME_ID);
    static char data[1 << 20];
    pthread_t thread;
    int ends[2];
    if (pthread_create(&thread, NULL, second, NULL) != 0 || pipe(ends) != 0)
        return 1;
    for (int turn = 0; turn < 50; turn++) {
        struct timespec pause = {0, 10000000};
        nanosleep(&pause, NULL);
    }
    for (int turn = 0; turn < 1000; turn++)
        syscall(SYS_getppid);
    for (int turn = 0; turn < 500; turn++)
        if (write(ends[1], data, 4096) != 4096 || read(ends[0], data, 4096) != 4096)
            return 1;
    int zero = open("/dev/zero", O_RDONLY);
    double reads = seconds_of(CLOCK_THREAD_CPUTIME_ID);
    while (seconds_of(CLOCK_THREAD_CPUTIME_ID) < reads + 0.3)
        if (read(zero, data, sizeof data) != sizeof data)
            return 1;
    double computes = seconds_of(CLOCK_THREAD_CPUTIME_ID);
    while (seconds_of(CLOCK_THREAD_CPUTIME_ID) < computes + 0.3)
        for (volatile int turn = 0; turn < 100000; turn++)
            ;
    double did = seconds_of(CLOCK_THREAD_CPUTIME_ID);
    pthread_join(thread, NULL);
    struct rusage usage;
    getrusage(RUSAGE_SELF, &usage);
    printf("{\"cpu_s\": %f, \"reading_s\": %f, \"computing_s\": %f, \"before_main_s\": %f, "
           "\"first_thread_lived_s\": %f, \"second_thread_lived_s\": %f}\n",
           seconds_of_time(usage.ru_utime) + seconds_of_time(usage.ru_stime), computes - reads,
           did - computes, before_main_s, seconds_of(CLOCK_MONOTONIC) - began, second_thread_lived_s);
    return 0;
}
