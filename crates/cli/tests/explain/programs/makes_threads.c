// Makes as many threads as the argument says, one after the other, and waits for each; about 4,000 a
// second.
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

static void *pauses(void *nothing) {
    usleep(100);
    return nothing;
}

int main(int count, char **arguments) {
    int threads = atoi(arguments[count - 1]);
    for (int index = 0; index < threads; index++) {
        pthread_t thread;
        if (pthread_create(&thread, NULL, pauses, NULL) != 0 || pthread_join(thread, NULL) != 0)
            return 1;
    }
    printf("%d threads\n", threads);
    return 0;
}
