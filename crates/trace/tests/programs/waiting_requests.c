// Gives io_uring requests that are for a worker from the beginning (IOSQE_ASYNC): reads of empty
// sockets, N times one for each of 8. The worker finds nothing, the request waits by a poll, and is
// queued for a worker again when there is something.

#include <fcntl.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <time.h>

#include "../../../../fixtures/shared/ring.h"

#define PAIRS 8

int main(int count, char **arguments) {
    int rounds = count > 1 ? atoi(arguments[1]) : 4;
    struct ring ring = open_ring(PAIRS);
    int pairs[PAIRS][2];
    char byte[PAIRS];
    for (int i = 0; i < PAIRS; i++)
        if (socketpair(AF_UNIX, SOCK_STREAM, 0, pairs[i]) < 0)
            fail("socketpair");
    for (int round = 0; round < rounds; round++) {
        for (int i = 0; i < PAIRS; i++) {
            struct io_uring_sqe *request = next_request(&ring);
            request->opcode = IORING_OP_RECV;
            request->flags = IOSQE_ASYNC;
            request->fd = pairs[i][0];
            request->addr = (unsigned long)&byte[i];
            request->len = 1;
            request->user_data = 7;
        }
        submit_and_wait(&ring, 0);
        struct timespec time = {.tv_nsec = 30000000};
        nanosleep(&time, NULL);
        for (int i = 0; i < PAIRS; i++)
            if (write(pairs[i][1], "x", 1) != 1)
                fail("write");
        submit_and_wait(&ring, PAIRS);
        struct io_uring_cqe completion;
        for (int i = 0; next_completion(&ring, &completion); i++)
            if (completion.res != 1)
                fail("request");
    }
    return 0;
}
