// Has as many threads at once as the first argument says; each sleeps for as many milliseconds as
// the second one says.
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

static pthread_barrier_t all_there;
static long milliseconds;

static void *sleeps(void *nothing) {
    struct timespec pause = {milliseconds / 1000, milliseconds % 1000 * 1000000};
    pthread_barrier_wait(&all_there);
    nanosleep(&pause, NULL);
    return nothing;
}

int main(int count, char **arguments) {
    int threads = atoi(arguments[count - 2]);
    milliseconds = atol(arguments[count - 1]);
    pthread_t *thread = calloc(threads, sizeof *thread);
    pthread_attr_t small;
    pthread_attr_init(&small);
    pthread_attr_setstacksize(&small, 65536);
    pthread_barrier_init(&all_there, NULL, threads);
    for (int index = 0; index < threads; index++)
        if (pthread_create(&thread[index], &small, sleeps, NULL) != 0)
            return 1;
    for (int index = 0; index < threads; index++)
        pthread_join(thread[index], NULL);
    printf("%d threads\n", threads);
    return 0;
}
