// Ends by exit_group(2) while another of its threads is in read(2) and a third computes.
#include <pthread.h>
#include <time.h>
#include <unistd.h>

static int ends[2];

static void *reads(void *nothing) {
    char byte;
    if (read(ends[0], &byte, 1) == 1)
        _exit(1);
    return nothing;
}

static void *computes(void *nothing) {
    for (volatile long turn = 0;; turn++)
        ;
    return nothing;
}

int main(void) {
    pthread_t reader, computer;
    if (pipe(ends) != 0 || pthread_create(&reader, NULL, reads, NULL) != 0 ||
        pthread_create(&computer, NULL, computes, NULL) != 0)
        return 1;
    struct timespec pause = {0, 200000000};
    nanosleep(&pause, NULL);
    _exit(7);
}
