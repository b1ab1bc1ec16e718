// Has three threads, the second of which executes sleep(1): the others end, and it takes over the
// number of the first.
#include <pthread.h>
#include <time.h>
#include <unistd.h>

static void *executes(void *nothing) {
    struct timespec pause = {0, 50000000};
    nanosleep(&pause, NULL);
    execlp("sleep", "sleep", "0.2", NULL);
    return nothing;
}

static void *waits(void *nothing) {
    pause();
    return nothing;
}

int main(void) {
    pthread_t executing, waiting;
    if (pthread_create(&executing, NULL, executes, NULL) != 0 ||
        pthread_create(&waiting, NULL, waits, NULL) != 0)
        return 1;
    pause();
    return 1;
}
